import { expect, test } from 'vitest';
import {
  ArtifactTimes,
  averageFactorOf,
  recordArtifactTime,
} from '../../../../src/advise/comparison/artifact-times.ts';
import { pairOf } from '../../../../src/advise/comparison/choose.ts';
import { Contest } from '../../../../src/advise/comparison/contest.ts';
import { findTimeAlarm, timeBoundOf } from '../../../../src/advise/comparison/pair.ts';
import { addResponse } from '../../../../src/advise/comparison/replay.ts';
import { answer, around } from './answers.ts';

/** Downloads of a small and a large artifact, so many of each. */
function timesOf(small: number, large: number): ArtifactTimes {
  const times = new ArtifactTimes();
  for (let n = 0; n < Math.max(small, large); n += 1) {
    if (n < small) recordArtifactTime(times, 'a', 'small', 1_000);
    if (n < large) recordArtifactTime(times, 'a', 'large', 4_000);
  }
  return times;
}

const asAverage = (times: ArtifactTimes): readonly number[] => [
  Math.round(1_000 * averageFactorOf(times, 'small')),
  Math.round(4_000 * averageFactorOf(times, 'large')),
];

test('with many downloads, both artifacts count as one that takes 2 s', () => {
  const [small = 0, large = 0] = asAverage(timesOf(50, 50));
  expect(small).toBeGreaterThan(1_900);
  expect(small).toBeLessThan(2_000);
  expect(large).toBeGreaterThan(2_000);
  expect(large).toBeLessThan(2_100);
});

test.each<[string, ArtifactTimes, readonly number[]]>([
  ['with none', new ArtifactTimes(), [1_000, 4_000]],
  ['where one artifact alone is known', timesOf(9, 0), [1_000, 4_000]],
  ['with few downloads, times stay near to those measured', timesOf(1, 1), [1_189, 3_364]],
])('%s', (_name, times, want) => expect(asAverage(times)).toEqual(want));

test('an artifact that is downloaded from slow mirrors most often does not count as a large one', () => {
  const times = new ArtifactTimes();
  for (let n = 0; n < 40; n += 1) {
    recordArtifactTime(times, 'fast', 'one', 20);
    if (n % 4 === 0) recordArtifactTime(times, 'slow', 'one', 80);
    recordArtifactTime(times, 'slow', 'other', 80);
  }
  expect(averageFactorOf(times, 'one')).toBe(1);
  expect(averageFactorOf(times, 'other')).toBe(1);
});

test('older downloads lose their weight', () => {
  const times = timesOf(500, 500);
  for (let n = 0; n < 300; n += 1)
    for (const question of ['small', 'large']) recordArtifactTime(times, 'a', question, 1_000);
  const [, large = 0] = asAverage(times);
  expect(large).toBeGreaterThan(3_900);
});

test('artifacts of five sizes do not hide that downloads take 1.8 times as long', () => {
  const contest = new Contest('a');
  const surroundings = around({ a: 'a,b', b: 'b,a' });
  const bound = timeBoundOf(false);
  // Alike at first, then the head gets slower.
  const isFound = (moments: number): boolean => {
    for (let n = 0; n < moments; n += 1) {
      const ms = 1_000 * 2 ** (n % 5);
      const over = { question: `zip m${n % 5}@v1`, isHeavy: true };
      const atMs = n * 60_000;
      for (const [name, factor] of [
        ['a', n < 20 ? 1 : 1.8],
        ['b', 1],
      ] as const)
        addResponse(contest, answer(name, factor * ms, atMs, over), surroundings);
      if (findTimeAlarm(pairOf(contest, 'a', 'b'), 'heavy', bound, 1.25) !== null) return true;
    }
    return false;
  };
  expect(isFound(40)).toBe(true);
});
