import type { Family } from '../world.ts';
import { calmFamilies } from './families/calm.ts';
import { countedFamilies } from './families/counted.ts';
import { courseFamilies } from './families/course.ts';
import { flakyFamilies, tailFamilies } from './families/flaky.ts';
import { hardFamilies } from './families/hard.ts';
import { networkFamilies } from './families/network.ts';
import { otherFamilies } from './families/others.ts';
import { ownFamilies } from './families/own.ts';
import { restartFamilies } from './families/restarts.ts';
import { nextFamilies, scopeFamilies, sharedFamilies } from './families/scope.ts';
import { sizeFamilies } from './families/sizes.ts';
import { belowFamilies, stepFamilies } from './families/slow.ts';
import { waitFamilies } from './families/waits.ts';

/** The families with a fault, sorted by group. */
export const incidentFamilies: readonly Family[] = [
  ...hardFamilies,
  ...stepFamilies,
  ...flakyFamilies,
  ...tailFamilies,
  ...belowFamilies,
  ...scopeFamilies,
  ...nextFamilies,
  ...sharedFamilies,
  ...courseFamilies,
  ...networkFamilies,
  ...ownFamilies,
  ...countedFamilies,
  ...restartFamilies,
  ...sizeFamilies,
  ...waitFamilies,
  ...otherFamilies,
];

/** All families: those with a fault, then the calm ones (without a fault). The calm ones make a year over ten seeds. */
export const families: readonly Family[] = [...incidentFamilies, ...calmFamilies()];

/** All families, with calm worlds of `calmDays` days each, for a short run. */
export function familiesWithCalm(calmDays: number): readonly Family[] {
  return [...incidentFamilies, ...calmFamilies(calmDays)];
}
