import { cheapestHeads } from '../report/costs.ts';
import type { Move, Player } from '../world.ts';
import { playedOf } from './desk.ts';

/** Share by which another chain must be cheaper before the oracle bothers to move. */
const hysteresis = 0.01;

/** Knows what builds cost: every ten seconds takes the chain with the cheapest head. No player may do what it does. */
export const oracle: Player = {
  name: 'oracle',
  play(world) {
    const moves: Move[] = [];
    for (const { upstream, atMs, chain, why } of cheapestHeads(world, hysteresis))
      moves.push({ atMs, upstream, chain, why });
    return playedOf(moves, { scheduled: 0, extra: 0 });
  },
};
