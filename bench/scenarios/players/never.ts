import type { Player } from '../world.ts';

/** Stays with the declared chain whatever happens. */
export const never: Player = {
  name: 'never',
  play: () => ({ moves: [], notices: [], probes: { scheduled: 0, extra: 0 } }),
};
