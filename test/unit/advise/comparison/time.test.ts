import { describe, expect, test } from 'vitest';
import { alarmOf, newPair, timeBoundOf, updatePair } from '../../../../src/advise/comparison/pair.ts';
import { HeadRecord, recordOutcome } from '../../../../src/advise/comparison/record.ts';
import {
  deviationMsOf,
  isTimeAlarm,
  Ratios,
  TimeTest,
  timeBound,
  timeOfHead,
  updateTimeTest,
} from '../../../../src/advise/comparison/time.ts';
import { good } from './answers.ts';

const usual = { ratio: 1.25, isHome: false, bound: 14 };

/** A test whose deviation is `deviation`, for long: no single moment changes it much. */
function settled(deviation: number, levelMs = 0, meanMs = 0): TimeTest {
  return { ...new TimeTest(), variance: deviation ** 2, mean: meanMs, seen: 1_000, levelMs };
}

describe('what one moment adds', () => {
  test.each<[string, number, number, Partial<typeof usual>, number]>([
    // (1000 − 1.25 × 400) / 100 − .5
    ['the difference in deviations, less the drift', 1_000, 400, {}, 4.5],
    ['clipped at 8 deviations', 9_000, 400, {}, 7.5],
    ['as long as the candidate: nothing, and not below zero', 400, 400, {}, 0],
    ['the ratio exactly: the drift eats it', 500, 400, {}, 0],
    // (560 − 500) / 100 − .5
    ['a little more', 560, 400, {}, 0.1],
    ['the preferred mirror is given .2', 560, 400, { isHome: true }, 0.3],
    // (1000 − 1.5 × 400) / 100 − .5
    ['another ratio', 1_000, 400, { ratio: 1.5 }, 3.5],
  ])('%s', (_name, headMs, candidateMs, over, want) => {
    const test = settled(100, 0);
    updateTimeTest(test, headMs, candidateMs, { ...usual, ...over });
    expect(test.sum).toBeCloseTo(want, 10);
  });

  test.each<[string, number, number, number]>([
    // .35 × ((560 − 1.25 × 400) / 100 − .15)
    ['a third of the difference, less a smaller drift', 560, 400, 0.35 * 0.45],
    ['what the drift of the other eats', 540, 400, 0.35 * 0.25],
    ['two deviations at most', 9_000, 400, 0.35 * 1.85],
    ['the ratio exactly: nothing', 500, 400, 0],
  ])('in the steady test: %s, whoever the candidate is', (_name, headMs, candidateMs, want) => {
    const test = settled(100, 0);
    updateTimeTest(test, headMs, candidateMs, { ...usual, isHome: true, isSteady: true });
    expect(test.sum).toBeCloseTo(want, 10);
  });

  test('a moment in which the head is the faster one takes off no more than 8.5', () => {
    const made = { ...settled(100), sum: 12, rounds: 4, slower: 3, headMs: 4_000, candidateMs: 1_600 };
    updateTimeTest(made, 100, 60_000, usual);
    expect(made.sum).toBeCloseTo(3.5, 10);
    updateTimeTest(made, 100, 60_000, usual);
    expect([made.sum, made.rounds, made.slower, made.headMs, made.candidateMs]).toEqual([0, 0, 0, 0, 0]);
  });

  test('moments in which the head took more than the ratio and the drift are counted apart', () => {
    const made = { ...settled(100), sum: 9 };
    // 1.25 × 400 + .5 × 100 = 550
    for (const ms of [550, 551, 400, 9_000]) updateTimeTest(made, ms, 400, usual);
    expect([made.rounds, made.slower]).toEqual([4, 2]);
  });

  test('no single answer decides the mean: what lies beyond the clip counts as the clip', () => {
    const made = { ...settled(100), sum: 9 };
    // 1.25 × 400 + 8 × 100 = 1 300
    for (const ms of [1_300, 9_000, 700]) updateTimeTest(made, ms, 400, usual);
    expect([made.headMs, made.candidateMs]).toEqual([1_300 + 1_300 + 700, 1_200]);
  });

  test.each<[string, readonly number[], number]>([
    ['three times beyond the clip: as the clip', [9_000, 700, 8_000, 9_000], 3 * 1_300 + 700],
    [
      'again and again: but for the longest three, as it took',
      [7_000, 9_000, 700, 8_000, 9_000],
      7_000 + 3 * 1_300 + 700,
    ],
    ['never: as it took', [1_300, 900], 2_200],
  ])('what a move gains counts a head that went %s', (_name, took, want) => {
    const made = { ...settled(100), sum: 9 };
    for (const ms of took) updateTimeTest(made, ms, 400, usual);
    expect(timeOfHead(made)).toBe(want);
    // Where the sum is back at nothing, all of it is.
    for (const ms of [100, 100, 100, 100, 100]) updateTimeTest(made, ms, 60_000, usual);
    expect(timeOfHead(made)).toBe(0);
  });

  test('grows to twice its bound, no further', () => {
    const made = settled(100);
    for (let i = 0; i < 20; i += 1) updateTimeTest(made, 9_000, 100, usual);
    expect(made.sum).toBe(28);
  });
});

describe('the deviation', () => {
  test('does not take a shift after a few downloads for their scatter', () => {
    const made = new TimeTest();
    const context = { ...usual, isRare: true };
    for (const apart of [-300, 200, -100, 250, -200, 100]) updateTimeTest(made, 5_000 + apart, 5_000, context);
    let shifted = 0;
    while (made.sum < timeBound.usual && shifted < 20) {
      updateTimeTest(made, 10_000, 5_000, context);
      shifted += 1;
    }
    // 5 s against a floor of 1.25 s is 2.5 deviations past minGain in each.
    expect(shifted).toBeLessThanOrEqual(9);
  });

  test.each<[string, TimeTest, number]>([
    ['of nothing: 100 ms', new TimeTest(), 100],
    ['running', settled(300), 300],
    ['at least 100 ms', settled(3), 100],
    ['at least a quarter of the level', settled(100, 2_000), 500],
  ])('%s', (_name, made, want) => expect(deviationMsOf(made)).toBe(want));

  test('learns the scatter of the difference', () => {
    const made = new TimeTest();
    for (let i = 0; i < 2_000; i += 1) updateTimeTest(made, 1_000 + (i % 2 === 0 ? 300 : -300), 1_000, usual);
    expect(deviationMsOf(made)).toBeGreaterThan(295);
    expect(deviationMsOf(made)).toBeLessThan(305);
    expect(made.mean).toBeGreaterThan(-2);
    expect(made.mean).toBeLessThan(2);
  });

  test('one answer moves it by no more than 6 deviations', () => {
    const made = settled(100);
    updateTimeTest(made, 60_000, 100, { ...usual, bound: 100 });
    // (1 − 1/300) × (100² + (6 × 100)² / 300)
    expect(made.variance).toBeCloseTo((299 / 300) * (10_000 + 360_000 / 300), 6);
  });

  test('stands still above .6 of the bound: a shift must not hide itself', () => {
    const made = { ...settled(100), sum: 8.5 };
    updateTimeTest(made, 560, 400, usual);
    expect([made.sum, made.variance, made.mean]).toEqual([expect.closeTo(8.6, 10), 10_000, 0]);
    const below = { ...settled(100), sum: 8 };
    updateTimeTest(below, 560, 400, usual);
    expect(below.variance).not.toBe(10_000);
  });

  test('a pair that begins takes it from what both did before', () => {
    const [head, candidate] = [new HeadRecord(), new HeadRecord()];
    for (const [at, ms] of [1_000, 1_400, 1_000, 1_400].entries()) {
      recordOutcome(head, good(at, ms));
      recordOutcome(candidate, good(at, ms / 2));
    }
    const { light, heavy, steady } = newPair(head, candidate).time;
    // Sample variances: 160 000 / 3 and 40 000 / 3.
    expect(light).toEqual({
      ...new TimeTest(),
      mean: 600,
      variance: expect.closeTo(200_000 / 3, 6),
      seen: 4,
      levelMs: 600,
      levelVariance: expect.any(Number),
      // Twice ln(1.4)² / 3, because the times of both mirrors scatter by the same factor.
      ratios: {
        ...new Ratios(),
        mean: expect.closeTo(Math.log(2), 9),
        variance: expect.closeTo((2 * Math.log(1.4) ** 2) / 3, 9),
      },
    });
    expect(steady).toEqual(light);
    expect(steady.ratios).not.toBe(light.ratios);
    expect(heavy).toEqual(new TimeTest());
  });
});

describe('the bound', () => {
  test('is 14, and 21 within hold of a move', () => {
    expect(timeBound).toEqual({ usual: 14, recent: 21 });
    expect([timeBoundOf(false), timeBoundOf(true)]).toEqual([14, 21]);
  });

  /** `slower` moments, in all of which the head was. */
  const summed = (sum: number, slower: number, headMs: number, candidateMs: number): TimeTest => ({
    ...new TimeTest(),
    sum,
    rounds: slower,
    slower,
    headMs: headMs * slower,
    candidateMs: candidateMs * slower,
    ratios: { ...new Ratios(), sum: 100 },
  });

  test.each<[string, TimeTest, number, boolean]>([
    ['reached', summed(14, 3, 1_000, 400), 14, true],
    ['not yet reached', summed(13.9, 3, 1_000, 400), 14, false],
    ['within hold: not yet reached', summed(20.9, 3, 1_000, 400), 21, false],
    ['within hold: reached', summed(21, 3, 1_000, 400), 21, true],
    ['two moments are too few', summed(14, 2, 1_000, 400), 14, false],
    ['the mean keeps no more than the ratio', summed(14, 3, 1_000, 800), 14, false],
    ['the mean keeps the ratio', summed(14, 3, 1_001, 800), 14, true],
    ['100 ms apart in the mean are not worth a move', summed(14, 3, 140, 40), 14, false],
    ['101 ms are', summed(14, 3, 141, 40), 14, true],
  ])('%s', (_name, made, bound, want) => expect(isTimeAlarm(made, bound, 'heavy', 1.25)).toBe(want));

  test('moments in which the head was not slower do not count towards those asked for', () => {
    expect(isTimeAlarm({ ...summed(14, 5, 1_000, 400), slower: 2 }, 14, 'heavy', 1.25)).toBe(false);
    expect(isTimeAlarm({ ...summed(14, 5, 1_000, 400), slower: 3 }, 14, 'heavy', 1.25)).toBe(true);
  });

  // Four rounds. The standard deviation is 1.4, so the sum must be at least 6 × 1 × √4.
  const wide = 1.4 ** 2;
  test.each<[string, 'light' | 'heavy', Partial<Ratios>, number, boolean]>([
    ['light: below the bound of the ratios', 'light', { sum: 11.9, variance: wide }, 14, false],
    ['light: at it', 'light', { sum: 12.1, variance: wide }, 14, true],
    ['heavy: below', 'heavy', { sum: 11.9, variance: wide }, 14, false],
    ['heavy: at it', 'heavy', { sum: 12.1, variance: wide }, 14, true],
    ['few downloads scatter at least as light times do', 'heavy', { sum: 11.9, varianceLeast: wide }, 14, false],
    ['times that scatter little are not held to it', 'light', { sum: 0, variance: 0.4 ** 2 }, 14, true],
    ['half of the bound of the sum halves that of the ratios', 'light', { sum: 6.1, variance: wide }, 7, true],
    ['within hold it is no higher', 'light', { sum: 12.1, variance: wide }, 21, true],
  ])('the logarithms of the ratios: %s', (_name, weight, over, bound, want) => {
    const ratios = { ...new Ratios(), ...over };
    expect(isTimeAlarm({ ...summed(bound, 4, 1_000, 400), ratios }, bound, weight, 1.25)).toBe(want);
  });

  test('times that scatter by factors raise no alarm although some of them are very slow', () => {
    const made = settled(300, 400);
    made.ratios.variance = 2;
    for (const ms of [3_000, 350, 4_000, 500, 2_500, 2_800]) updateTimeTest(made, ms, 400, usual);
    expect(made.sum).toBeGreaterThan(14);
    expect(made.slower).toBe(4);
    expect(isTimeAlarm(made, 14, 'light', 1.25)).toBe(false);
    expect(isTimeAlarm({ ...made, ratios: { ...made.ratios, variance: 0.1 } }, 14, 'light', 1.25)).toBe(true);
  });

  test('after 60 comparisons, or 12 of downloads, it is no chance', () => {
    const wide = { ...new Ratios(), variance: 9 };
    const isAlarm = (weight: 'light' | 'heavy', rounds: number): boolean =>
      isTimeAlarm({ ...summed(14, rounds, 1_000, 400), ratios: wide }, 14, weight, 1.25);
    expect([isAlarm('light', 59), isAlarm('light', 60)]).toEqual([false, true]);
    expect([isAlarm('heavy', 11), isAlarm('heavy', 12)]).toEqual([false, true]);
  });

  test('the logarithms are of the times over the ratio, and start again with the sum', () => {
    const made = settled(100);
    updateTimeTest(made, 1_000, 400, usual);
    expect(made.ratios.sum).toBeCloseTo(Math.log(2), 9);
    updateTimeTest(made, 100, 60_000, usual);
    expect([made.sum, made.ratios.sum]).toEqual([0, 0]);
  });

  test('while the sum is high, their mean and variance stay', () => {
    const made = { ...settled(100), sum: 9 };
    updateTimeTest(made, 4_000, 400, usual);
    expect(made.ratios).toMatchObject({ mean: 0, variance: 0 });
    const below = { ...settled(100), sum: 8 };
    updateTimeTest(below, 560, 400, usual);
    expect(below.ratios.variance).toBeGreaterThan(0);
  });

  test('the scatter of light times is that within each request', () => {
    const [head, candidate] = [new HeadRecord(), new HeadRecord()];
    for (const [at, ms] of [20, 400, 20, 400, 20, 400].entries())
      for (const record of [head, candidate])
        recordOutcome(record, good(at, ms, { question: ms === 20 ? 'list' : 'mod' }));
    const { light } = newPair(head, candidate).time;
    expect(light.ratios.variance).toBeCloseTo(0, 9);
    const zip = { isHeavy: true };
    const pair = newPair(head, candidate);
    recordOutcome(candidate, good(7, 20 * Math.E, { question: 'list' }));
    updatePair(pair, good(9, 900, zip), good(9, 900, zip), {
      candidate,
      everybody: 0,
      isHome: false,
      ratio: 1.25,
      bound: 14,
    });
    // Of `list`, the logarithms are 3, 3, 3 and 4 (variance .25, of 3 degrees of freedom), of `mod` there are 2.
    expect(pair.time.heavy.ratios.varianceLeast).toBeCloseTo((2 * 0.75) / 5, 9);
  });

  test('the scatter of the first downloads is that of light times at least, until twelve are known', () => {
    const made = new TimeTest();
    const context = { ...usual, isRare: true, lightVariance: () => 2 };
    for (let i = 0; i < 12; i += 1) updateTimeTest(made, 900, 900, context);
    expect(made.ratios.varianceLeast).toBe(0);
    const early = new TimeTest();
    for (let i = 0; i < 4; i += 1) updateTimeTest(early, 4_400, 2_000, context);
    expect(early.ratios.varianceLeast).toBe(2);
    expect(early.ratios.variance).toBeCloseTo(0, 9);
  });

  test.each<[string, 'light' | 'heavy', number, ReturnType<typeof alarmOf>]>([
    ['light: three moments are too few', 'light', 3, null],
    ['four are enough', 'light', 4, 'time'],
    ['heavy: two moments are too few', 'heavy', 2, null],
    ['three are enough', 'heavy', 3, 'heavy_time'],
  ])('%s', (_name, weight, slower, want) => {
    const pair = newPair(new HeadRecord(), new HeadRecord());
    Object.assign(pair.time[weight], summed(14, slower, 9_000, 900));
    const by = { failuresMin: 3, spanMs: 4_000, ratio: 1.25, isRecent: false, ease: 1 };
    expect(alarmOf(pair, by, false)).toBe(want);
  });
});
