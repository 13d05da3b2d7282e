import type { Family } from '../world.ts';
import { calmFamilies } from './families/calm.ts';
import { countedFamilies } from './families/counted.ts';
import { courseFamilies } from './families/course.ts';
import { flakyFamilies, tailFamilies } from './families/flaky.ts';
import { hardFamilies } from './families/hard.ts';
import { networkFamilies } from './families/network.ts';
import { ownFamilies } from './families/own.ts';
import { restartFamilies } from './families/restarts.ts';
import { nextFamilies, scopeFamilies, sharedFamilies } from './families/scope.ts';
import { sizeFamilies } from './families/sizes.ts';
import { belowFamilies, stepFamilies } from './families/slow.ts';
import { waitFamilies } from './families/waits.ts';

/** Families with something wrong, those of one kind together. */
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
];

/** Every family of worlds: what goes wrong, then a year of what does not. */
export const families: readonly Family[] = [...incidentFamilies, ...calmFamilies()];

/** Every family, the calm ones `calmDays` long: for a short run. */
export function familiesWithCalm(calmDays: number): readonly Family[] {
  return [...incidentFamilies, ...calmFamilies(calmDays)];
}
