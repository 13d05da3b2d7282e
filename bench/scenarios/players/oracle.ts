import { cheapestHeads } from '../report/costs.ts';
import type { Player } from '../world.ts';
import { playedOf } from './desk.ts';

/** The oracle moves only if another chain is cheaper by more than this share. */
const hysteresis = 0.01;

/**
 * A player that knows the true cost of builds. Every ten seconds it takes the cheapest chain. Its cost is a lower bound
 * for other players.
 */
export const oracle: Player = knowing('oracle', 0);

/**
 * The oracle with a delay of ten seconds. Its cost is a lower bound for a player that needs ten seconds to see a
 * change.
 */
export const told: Player = knowing('told', 1);

function knowing(name: string, latePoints: number): Player {
  return { name, play: (world) => playedOf(cheapestHeads(world, hysteresis, latePoints), { scheduled: 0, extra: 0 }) };
}
