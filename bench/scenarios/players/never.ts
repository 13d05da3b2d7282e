import type { Player } from '../world.ts';

/** A player that never changes the declared chain. */
export const never: Player = {
  name: 'never',
  play: () => ({ moves: [], notices: [], probes: { scheduled: 0, extra: 0 } }),
};
