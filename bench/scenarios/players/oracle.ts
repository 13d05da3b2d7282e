import { cheapestHeads } from '../report/costs.ts';
import type { Player } from '../world.ts';
import { playedOf } from './desk.ts';

/** Share by which another chain must be cheaper before the oracle bothers to move. */
const hysteresis = 0.01;

/** Knows what builds cost: every ten seconds takes the chain with the cheapest head. No player may do what it does. */
export const oracle: Player = knowing('oracle', 0);

/** The oracle, ten seconds late: how good a judge can be that needs ten seconds to see a change. */
export const told: Player = knowing('told', 1);

function knowing(name: string, latePoints: number): Player {
  return { name, play: (world) => playedOf(cheapestHeads(world, hysteresis, latePoints), { scheduled: 0, extra: 0 }) };
}
