import { otherGroup } from './families/others.ts';
import { families } from './families.ts';

/**
 * Families that a short run (`--short`) leaves out, by name, each with the family that stays in: it has the same kind of
 * fault, in a similar size or course, so that the same tests of the judge decide. A run without `--short` plays all families.
 */
export const leftOutOfShort: Readonly<Record<string, string>> = {
  reset: 'refused',
  'cut-in-body': 'server-errors',
  'slow-now-and-then': 'slow-again-and-again',
  'slow-each-day': 'slow-factor',
  'slow-and-timing-out': 'slow-then-hanging',
  'fails-20-to-35': 'fails-10-to-20',
  'flapping-30s': 'flapping-8s',
  'backend-slow': 'tail',
  'lossy-path': 'stalls',
  'forty-to-240': 'below-floor',
  'always-slower': 'always-slow',
  swell: 'creeping-queue',
  'nine-modules-of-20': 'one-module-of-20',
  'next-flaps': 'next-fails-15',
  'refused-and-502': 'six-of-ten',
  'seven-of-ten-one-flaky': 'six-of-ten',
  'recovery-half': 'recovery-false',
  'recovery-slow': 'refuge-sours',
  'certificate-name': 'certificate-expired',
  'interception-of-one': 'certificate-expired',
  'six-refused': 'six-hangs',
  'own-slow-spell': 'own-slow',
  'own-lossy': 'own-very-lossy',
  'own-loses-45': 'own-very-lossy',
  'own-slows-and-is-cut': 'own-frays-and-is-cut',
  'own-resolver-lying': 'own-resolver-dead',
  'own-interception': 'own-portal',
  'counts-beside-blinks': 'counts-for-seconds',
  'restart-at-onset': 'restart-in-trouble',
  'twenty-mirrors': 'ten-mirrors',
  'downloads-40-times-slower': 'downloads-trickle',
  'calm-sigma-0.6': 'calm-sigma-1',
  'calm-sigma-0.8': 'calm-sigma-1',
  'calm-misses': 'calm-retransmits',
  'calm-failures-3': 'calm-failures-10',
  'calm-slow-pace': 'calm-sigma-1',
};

/** The names of the families of a short run. npm, pip and cargo are not part of it: the guard does not count them. */
export const shortFamilies: readonly string[] = families
  .filter(({ name, group }) => group !== otherGroup && leftOutOfShort[name] === undefined)
  .map(({ name }) => name);
