import { cheapestHeads, headsByRules } from '../report/costs.ts';
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

/**
 * `told` with the default rules of advice: a switch must save 20 %, and clients go back home after ten good minutes. Its
 * cost shows how much of the daemon's cost comes from these rules.
 */
export const toldByRules: Player = {
  name: 'told-by-rules',
  play: (world) => playedOf(headsByRules(world, { minGain: 0.2, holdMs: 600_000 }, 1), { scheduled: 0, extra: 0 }),
};

function knowing(name: string, latePoints: number): Player {
  return { name, play: (world) => playedOf(cheapestHeads(world, hysteresis, latePoints), { scheduled: 0, extra: 0 }) };
}
