import { otherGroup } from './families/others.ts';
import { families } from './families.ts';

/**
 * Families that a short run (`--short`) leaves out, by name, each with the family that stays in: the rules of the judge
 * that decide in one decide in the other too. A run without `--short` plays all families.
 */
export const leftOutOfShort: Readonly<Record<string, string>> = {
  reset: 'refused',
  'cut-in-body': 'server-errors',
  'slow-now-and-then': 'slow-again-and-again',
  'slow-and-timing-out': 'slow-then-hanging',
  'fails-5-to-10': 'fails-10-to-20',
  'fails-20-to-35': 'fails-10-to-20',
  'flapping-30s': 'flapping-8s',
  'backend-slow': 'tail',
  'lossy-path': 'stalls',
  'forty-to-240': 'below-floor',
  'always-slower': 'always-slow',
  swell: 'drift',
  'zip-slower': 'zip-crawls',
  'nine-modules-of-20': 'one-module-of-20',
  'refused-off-canary': 'denied-off-canary',
  'next-flaps': 'next-fails-15',
  'refused-and-502': 'six-of-ten',
  'seven-of-ten-one-flaky': 'six-of-ten',
  'recovery-half': 'recovery-false',
  'recovery-slow': 'recovery-true',
  'poisoned-gradually': 'poisoned-module',
  'certificate-name': 'certificate-expired',
  'interception-of-one': 'portal-of-one',
  'six-refused': 'six-hangs',
  'own-slow-spell': 'own-slow',
  'own-lossy': 'own-very-lossy',
  'own-slows-and-is-cut': 'own-frays-and-is-cut',
  'own-resolver-lying': 'own-resolver-dead',
  'own-interception': 'own-portal',
  'counts-beside-blinks': 'counts-beside-a-tail',
  'restart-at-onset': 'restart-in-trouble',
  'restart-while-flaky': 'restart-in-trouble',
  'two-mirrors-dead': 'two-mirrors-slow',
  'twenty-mirrors': 'ten-mirrors',
  'upstream-dead-no-control': 'three-upstreams',
  'every-5-minutes-slow': 'every-5-minutes-dead',
  'downloads-40-times-slower': 'downloads-trickle',
  'small-downloads-blink': 'small-downloads-fail',
  'calm-sigma-0.6': 'calm-sigma-1',
  'calm-sigma-0.8': 'calm-sigma-1',
  'calm-misses': 'calm-retransmits',
  'calm-failures-3': 'calm-failures-10',
  'calm-reloads': 'calm-restarts',
  'calm-slow-pace': 'calm-daily',
};

/** The names of the families of a short run. npm and pip are not part of it: the guard does not count them. */
export const shortFamilies: readonly string[] = families
  .filter(({ name, group }) => group !== otherGroup && leftOutOfShort[name] === undefined)
  .map(({ name }) => name);
