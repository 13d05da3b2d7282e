import tiers from '../tiers.json' with { type: 'json' };

/**
 * What `npm test` runs beside the tests of code by itself: a short test of each kind that starts a daemon, injects a
 * fault, or needs a real server or client. `npm run test:rest` runs all the others.
 */
export const representatives: readonly string[] = tiers.representatives;

/** Tests of code by itself that take more than some 10 s: `npm run test:rest` runs them. */
export const slow: readonly string[] = tiers.slow;

/** Files that take twenty seconds or longer, the longest first: begun last, one of them would keep a whole run waiting. */
export const longest: readonly string[] = tiers.longest;
