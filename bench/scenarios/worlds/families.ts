import type { Family } from '../world.ts';
import { flakyFamilies, tailFamilies } from './families/flaky.ts';
import { hardFamilies } from './families/hard.ts';
import { belowFamilies, stepFamilies } from './families/slow.ts';

/** Every family of worlds, those of one kind together. */
export const families: readonly Family[] = [
  ...hardFamilies,
  ...stepFamilies,
  ...flakyFamilies,
  ...tailFamilies,
  ...belowFamilies,
];
