import { expect, test } from 'vitest';
import { besideMs, lateShareOf, limitMsOf, recordTime } from '../../../../src/advise/comparison/patience.ts';
import type { Weight } from '../../../../src/core/mirror.ts';

function recorded(all: readonly number[]): readonly number[] {
  const kept: number[] = [];
  for (const ms of all) recordTime(kept, ms);
  return kept;
}

const times = (count: number, ms: number): number[] => Array.from({ length: count }, () => ms);

test.each<[string, Weight, readonly number[], number]>([
  ['light, nothing answered yet: 10 s', 'light', [], 10_000],
  ['heavy: 60 s', 'heavy', [], 60_000],
  ['19 answers teach nothing yet', 'light', times(19, 2_000), 10_000],
  ['from 20 on: four times the usual', 'light', times(20, 2_000), 8_000],
  ['5 s at least', 'light', times(20, 100), 5_000],
  ['10 s at most', 'light', times(20, 4_000), 10_000],
  ['four artifacts teach nothing yet', 'heavy', times(4, 9_000), 60_000],
  ['from 5 on: four times the usual', 'heavy', times(5, 9_000), 36_000],
  // Of six, floor(5 × .95) leaves out the largest.
  ['looked at anew with each', 'heavy', [...times(4, 6_000), 9_000, 9_000], 36_000],
  ['an artifact 12 s at least', 'heavy', times(20, 100), 12_000],
  ['four times the usual', 'heavy', times(20, 9_000), 36_000],
  ['60 s at most', 'heavy', times(20, 30_000), 60_000],
  ['one slow answer in twenty changes nothing', 'light', [...times(19, 1_500), 9_000], 6_000],
  ['two do', 'light', [...times(18, 1_500), 2_000, 9_000], 8_000],
  ['the last 200 count', 'light', [...times(20, 2_400), ...times(200, 1_500)], 6_000],
])('how long clients are taken to wait: %s', (_name, weight, said, want) =>
  expect(limitMsOf(recorded(said), weight)).toBe(want),
);

test.each<[string, readonly number[], number, number]>([
  ['12 s at least', [900, 2_000], 300, 12_000],
  ['four times the longer', [900, 5_000], 300, 20_000],
  ['eight deviations more than the longer, where times scatter', [900, 2_000], 3_000, 26_000],
  ['60 s at most', [900, 30_000], 300, 60_000],
])('how long an artifact is waited for that siblings served: %s', (_name, took, scatterMs, want) =>
  expect(besideMs(took, scatterMs)).toBe(want),
);

test.each<[string, Weight, readonly number[], number, number]>([
  ['one of twenty', 'light', [...times(19, 600), 2_000], 1_200, 0.05],
  ['none that took as long', 'light', times(20, 1_200), 1_200, 0],
  ['of nineteen it is not known', 'light', times(19, 2_000), 1_200, 0],
  ['of downloads, five are enough', 'heavy', [...times(4, 600), 2_000], 1_200, 0.2],
  ['the last 200 count', 'light', [...times(20, 2_000), ...times(200, 600)], 1_200, 0],
])('the share of good responses that took longer: %s', (_name, weight, said, ms, want) => {
  expect(lateShareOf(recorded(said), weight, ms)).toBeCloseTo(want, 9);
});
