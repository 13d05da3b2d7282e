import { describe, expect, test } from 'vitest';
import {
  besideMs,
  lateShareOf,
  newPatience,
  type Patience,
  recordTime,
} from '../../../../src/advise/comparison/patience.ts';

function learned(weight: Patience['weight'], times: readonly number[]): number {
  const patience = newPatience(weight);
  for (const ms of times) recordTime(patience, ms);
  return patience.limitMs;
}

const times = (count: number, ms: number): number[] => Array.from({ length: count }, () => ms);

describe('how long clients are taken to wait', () => {
  test.each<[string, Patience['weight'], readonly number[], number]>([
    ['light, nothing answered yet: 10 s', 'light', [], 10_000],
    ['heavy: 60 s', 'heavy', [], 60_000],
    ['19 answers teach nothing yet', 'light', times(19, 2_000), 10_000],
    ['from 20 on: four times the usual', 'light', times(20, 2_000), 8_000],
    ['looked at anew each 20 answers', 'light', [...times(20, 2_000), ...times(19, 1_500)], 8_000],
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
  ])('%s', (_name, weight, said, want) => {
    expect(learned(weight, said)).toBe(want);
  });
});

describe('how long an artifact is waited for that siblings served', () => {
  test.each<[string, readonly number[], number, number]>([
    ['12 s at least', [900, 2_000], 300, 12_000],
    ['four times the longer', [900, 5_000], 300, 20_000],
    ['eight deviations more than the longer, where times scatter', [900, 2_000], 3_000, 26_000],
    ['60 s at most', [900, 30_000], 300, 60_000],
  ])('%s', (_name, took, scatterMs, want) => {
    expect(besideMs(took, scatterMs)).toBe(want);
  });
});

/** 200 times of a log-normal distribution around `ms`, by its quantiles. */
function scattered(ms: number, sigma: number, count = 200, weight: Patience['weight'] = 'light'): Patience {
  const patience = newPatience(weight);
  const normal = Array.from({ length: count }, (_, at) => quantileOfNormal((at + 0.5) / count));
  for (const z of normal) recordTime(patience, ms * Math.exp(sigma * z));
  return patience;
}

/** By halving, from the error function (Abramowitz, Stegun 7.1.26). */
function quantileOfNormal(share: number): number {
  let [low, high] = [-6, 6];
  for (let halving = 0; halving < 60; halving += 1) {
    const middle = (low + high) / 2;
    if (belowOfNormal(middle) < share) low = middle;
    else high = middle;
  }
  return low;
}

function belowOfNormal(z: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(z / Math.SQRT2));
  const series = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];
  const sum = series.reduceRight((rest, one) => t * (one + rest), 0);
  return z < 0 ? (sum * Math.exp((-z * z) / 2)) / 2 : 1 - (sum * Math.exp((-z * z) / 2)) / 2;
}

describe('the share of good responses that take longer', () => {
  test.each<[string, Patience, number, number]>([
    ['49 of those remembered', scattered(600, 1), 1_200, 0.245],
    // The longest of 200 is 10.5 s. By truth 1 − Φ(ln(12 / .6)) = .0014 are above 12 s.
    ['later than any of them', scattered(600, 1), 12_000, 0.0014],
    ['the scatter of a usual mirror leaves nothing', scattered(200, 0.3), 1_500, 0],
    ['nor do equal times', scattered(200, 0), 1_500, 0],
    ['nor few: the tail of 99 is not known', scattered(600, 1, 99), 12_000, 0],
    ['of downloads 30 are enough, for there are not many', scattered(600, 1, 30, 'heavy'), 12_000, 0.0014],
    ['29 are not', scattered(600, 1, 29, 'heavy'), 12_000, 0],
  ])('%s', (_name, patience, ms, want) => {
    expect(lateShareOf(patience, ms)).toBeCloseTo(want, 3);
  });
});
