import { describe, expect, test } from 'vitest';
import {
  countGood,
  type FailureTest,
  failureBound,
  failureSumOf,
  isFailureAlarm,
  newFailureTest,
  updateFailureTest,
  usualRateOf,
} from '../../../../src/advise/comparison/failures.ts';
import { compareRates } from '../../../../src/core/statistics.ts';
import { bad, good } from './answers.ts';

/** Where others do not fail. */
const quiet = (p0: number) => ({ p0, everybody: 0 });

/** Head and candidate of each moment, a second apart: `h` the head alone failed, `c` the candidate alone, `2` both, `.` none. */
function heard(moments: string, p0 = 0.005, into: FailureTest = newFailureTest(), everybody = 0): FailureTest {
  for (const [at, one] of [...moments].entries()) {
    if (one === 'c' || one === '.') countGood(into);
    updateFailureTest(
      into,
      one === 'h' || one === '2' ? bad(1_000 * at) : good(1_000 * at, 40),
      one === 'c' || one === '2',
      {
        p0,
        everybody,
      },
    );
  }
  return into;
}

/** In thousandths. */
const sums = (made: FailureTest): readonly number[] => made.map((run) => Math.round(run.sum * 1e3));

describe('the increment of each rate (.05, .2, .9)', () => {
  test.each<[string, string, number, readonly number[]]>([
    // ln(.05/.005), ln(.2/.005), ln(.9/.005)
    ['the head alone fails', 'h', 0.005, [2303, 3689, 5193]],
    // + ln(.95/.995), ln(.8/.995), ln(.1/.995)
    ['then both answer', 'h.', 0.005, [2256, 3471, 2895]],
    ['the candidate alone fails: the head did not', 'hc', 0.005, [2256, 3471, 2895]],
    ['both fail: nothing of their difference', 'h2', 0.005, [2303, 3689, 5193]],
    ['never below zero', '......', 0.005, [0, 0, 0]],
    ['three good ones take the largest back to zero', 'h...', 0.005, [2164, 3034, 0]],
    ['and the next failure starts there', 'h...h', 0.005, [4466, 6723, 5193]],
    // p1 = .23, .32, .9
    ['a candidate that fails one in five', 'h', 0.2, [140, 470, 1504]],
    // p1 = .63, .72, and .97 at most
    ['a candidate that fails most of the time: .97 at most', 'h', 0.6, [49, 182, 480]],
  ])('%s', (_name, moments, p0, want) => expect(sums(heard(moments, p0))).toEqual(want));

  test('grows to 2.5 × its bound, no further', () => {
    const made = heard('h'.repeat(30));
    expect(sums(made)).toEqual([25_000, 20_000, 20_000]);
    expect(failureSumOf(made)).toBe(2.5 * failureBound);
  });

  test('the largest sum is what is shown; that of the lowest rate as of the bound of the others', () => {
    expect(failureSumOf(heard('h'))).toBeCloseTo(Math.log(180), 10);
    expect(failureSumOf(newFailureTest())).toBe(0);
    // 2 ln 10 − 50 × .0463 is left of .05 alone, and its bound is 1.25 times as high.
    const made = heard(`hh${'.'.repeat(50)}`);
    expect(sums(made).slice(1)).toEqual([0, 0]);
    expect(failureSumOf(made)).toBeCloseTo((2 * Math.log(10) - 50 * Math.log(0.995 / 0.95)) / 1.25, 10);
  });
});

test.each([0.97, 0.98, 0.99, 1])('good responses are no evidence against the head if the candidate fails %d', (p0) => {
  expect(sums(heard('c'.repeat(40), p0))).toEqual([0, 0, 0]);
  expect(sums(heard('hhhh', p0))).toEqual([0, 0, 0]);
});

test.each<[string, number, number, number, number]>([
  ['never failed: the floor', 0, 0, 0, 0.005],
  ['failed below the floor', 0.004, 0, 0.003, 0.005],
  ['over the long run', 0.03, 0, 0, 0.03],
  ['lately', 0.03, 0.125, 0, 0.125],
  ['the long run says more', 0.4, 0.2, 0, 0.4],
  ['everybody fails more often', 0.01, 0, 0.02, 0.02],
  ['everybody fails less often', 0.03, 0, 0.02, 0.03],
])('the usual rate of a candidate: %s', (_name, usual, recent, everybody, want) =>
  expect(usualRateOf({ usual, recent }, everybody)).toBe(want),
);

const rule = { failuresMin: 3, spanMs: 4_000, requests: 'all', ease: 1 } as const;

describe('an alarm', () => {
  test.each<[string, string, boolean]>([
    ['three failures over two seconds are too close', 'hhh', false],
    ['three failures over four seconds', 'h2h2h', true],
    ['four over three seconds', 'hhhh', false],
    ['five over four', 'hhhhh', true],
    ['and three good ones since', 'hhhhh...', true],
    ['four good ones since: only another failure decides', 'hhhhh....', false],
    ['which it does', 'hhhhh....h', true],
    ['two failures are too few, however far apart', 'h2222h', false],
    ['none', '........', false],
    ['three among many: 3 × ln 10 − 52 × .0463 = 4.5, below the bound', `h${'.'.repeat(26)}h${'.'.repeat(26)}h`, false],
    ['one in five', 'h....h....h....h', true],
    ['the candidate fails as often', '2222222', false],
  ])('%s', (_name, moments, want) => expect(isFailureAlarm(heard(moments), rule, false)).toBe(want));

  test.each([
    ['that are confirming probes: they count from their start', 1_500, true],
    ['that are other probes', 0, false],
  ])('three failures in a row, each after 1.5 s, %s', (_name, tookMs, want) => {
    const made = newFailureTest();
    for (const atMs of [1_500, 3_000, 4_500])
      updateFailureTest(made, bad(atMs, { fromMs: atMs - tookMs }), false, quiet(0.005));
    expect(isFailureAlarm(made, rule, false)).toBe(want);
  });

  test.each<[string, string, number, boolean]>([
    // 4 × ln(.21/.01) − 12 × ln(.99/.79) = 9.5
    ['four in sixteen, where nobody else fails', 'h....h....h....h', 0, true],
    ['where everybody fails half a percent: 11', 'h....h....h....h', 0.005, false],
    // 5 × ln(.2/.01) − 16 × ln(.99/.8) = 11.6
    ['five in 21, where everybody fails 1 %: 14', 'h....h....h....h....h', 0.01, false],
    ['seven in 31: 15.9', 'h....h....h....h....h....h....h', 0.01, true],
    // 3 × ln(.9/.01) = 13.5
    ['three in a row may be chance', 'h2h2h', 0.01, false],
    ['four are none', 'hh2hh', 0.01, true],
    // p₀ is .01 here, so that 20 of ln(.9/.01) = 4.5 each are kept.
    ['nor is a dead head where everybody fails a tenth: the bound is 18.8 at most', 'hhhhh', 0.1, true],
  ])('%s', (_name, moments, everybody, want) =>
    expect(isFailureAlarm(heard(moments, 0.01, undefined, everybody), rule, false)).toBe(want),
  );

  test('the progress of a test is reported as a share of the bound', () => {
    // Of .2: p₁ is the larger of .2 and .01 + .6 × .2.
    const made = heard('h.....h.....h', 0.01, undefined, 0.01);
    const sum = 3 * Math.log(20) - 10 * Math.log(0.99 / 0.8);
    expect(failureSumOf(made)).toBeCloseTo(sum / 1.75, 10);
  });

  test('the sum rests on the failures since it left zero', () => {
    // Three good answers end the run of .9, the others go on from the first failure.
    const [slow, , fast] = heard('h...hh');
    expect([slow?.failures, slow?.firstMs, slow?.lastMs]).toEqual([3, 0, 5_000]);
    expect([fast?.failures, fast?.firstMs, fast?.lastMs]).toEqual([2, 4_000, 5_000]);
    expect([slow?.head, slow?.candidate]).toEqual([
      { bad: 3, all: 6 },
      { bad: 0, all: 6 },
    ]);
  });

  test('what was given up early is as likely as the share of good answers that take longer, without any trouble', () => {
    const sumOf = (late: number): number => {
      const made = newFailureTest();
      updateFailureTest(made, { ...bad(0), late }, false, quiet(0.005));
      return made[2]?.sum ?? 0;
    };
    expect(sumOf(0)).toBeCloseTo(Math.log(0.9 / 0.005), 10);
    expect(sumOf(0.1)).toBeCloseTo(Math.log((0.9 + 0.1 * 0.1) / (0.005 + 0.995 * 0.1)), 10);
    expect(sumOf(1)).toBeCloseTo(0, 10);
  });

  test.each<[string, readonly number[], boolean]>([
    // Each adds ln((.9 + .1 × .01) / (.005 + .995 × .01)) = 4.1, and the bound is 8 × 1.75.
    ['three of which one in a hundred healthy responses is as late', [0.01, 0.01, 0.01], false],
    ['four of them', [0.01, 0.01, 0.01, 0.01], true],
    ['two of them and one that can not be late: the bound is 8 × 1.5', [0.01, 0.01, 0], true],
  ])('failures that may be late responses: %s', (_name, lates, want) => {
    const made = newFailureTest();
    for (const [at, late] of lates.entries())
      updateFailureTest(made, { ...bad(2_000 * at), late }, false, quiet(0.005));
    expect(isFailureAlarm(made, rule, false)).toBe(want);
  });

  test('downloads come to an end in another order than they began', () => {
    const made = newFailureTest();
    for (const atMs of [9_000, 5_000, 7_000]) updateFailureTest(made, bad(atMs), false, quiet(0.005));
    expect(made.map((run) => [run.firstMs, run.lastMs])).toEqual([
      [5_000, 9_000],
      [5_000, 9_000],
      [5_000, 9_000],
    ]);
    expect(isFailureAlarm(made, rule, false)).toBe(true);
  });

  test('half of the bound will do where an alert says the same', () => {
    // One failure in 20, three times: 3 × 2.303 − 39 × .0463 = 5.10.
    const made = heard(`h${'.'.repeat(19)}h${'.'.repeat(19)}h.`);
    // Of the bound 8 × 1.25 of the lowest rate.
    expect(failureSumOf(made)).toBeCloseTo((3 * Math.log(10) - 39 * Math.log(0.995 / 0.95)) / 1.25, 10);
    expect(isFailureAlarm(made, rule, false)).toBe(false);
    expect(isFailureAlarm(made, { ...rule, ease: 0.5 }, false)).toBe(true);
  });
});

describe('the comparison of failure rates', () => {
  test.each<[string, [number, number], [number, number], number]>([
    ['as often', [2, 10], [2, 10], 0],
    // 3 ln 1 + ln 1 − (3 ln .5 + 3 ln .5)
    ['three of three against none of three', [3, 3], [0, 3], 6 * Math.log(2)],
    ['none at all', [0, 5], [0, 5], 0],
    [
      'three of ten against none',
      [3, 10],
      [0, 10],
      3 * Math.log(0.3) + 7 * Math.log(0.7) - (3 * Math.log(0.15) + 17 * Math.log(0.85)),
    ],
  ])('%s', (_name, [a, ofA], [b, ofB], want) =>
    expect(compareRates({ bad: a, all: ofA }, { bad: b, all: ofB })).toBeCloseTo(want, 10),
  );

  /** Runs with the sum long past the bound, over enough time, and these answers behind it. */
  const past = (head: [number, number], candidate: [number, number]): FailureTest =>
    newFailureTest().map((run) => ({
      ...run,
      sum: 9,
      failures: head[0],
      firstMs: 0,
      lastMs: 60_000,
      head: { bad: head[0], all: head[1] },
      candidate: { bad: candidate[0], all: candidate[1] },
    }));

  test.each<[string, [number, number], [number, number], 'all' | 'heavy', boolean, boolean]>([
    ['4 of 8 against none: 3.45', [4, 8], [0, 8], 'all', false, true],
    ['3 of 10 against none: 2.35', [3, 10], [0, 10], 'all', false, true],
    ['and a third mirror fails too: 3.1 is asked', [3, 10], [0, 10], 'all', true, false],
    ['4 of 8 while a third fails too', [4, 8], [0, 8], 'all', true, true],
    ['3 of 10 against 1 of 10: .65', [3, 10], [1, 10], 'all', false, false],
    ['heavy: .8 will do; 3 of 8 against 1 of 8 is .69', [3, 8], [1, 8], 'heavy', false, false],
    ['heavy: 4 of 8 against 1 of 8 is 1.38', [4, 8], [1, 8], 'heavy', false, true],
    ['which of all steps is too little', [4, 8], [1, 8], 'all', false, false],
    ['the candidate fails more often: never', [3, 20], [15, 20], 'all', false, false],
  ])('%s', (_name, head, candidate, requests, isShared, want) =>
    expect(isFailureAlarm(past(head, candidate), { ...rule, requests }, isShared)).toBe(want),
  );

  test.each<[string, [number, number], number, 'all' | 'heavy', boolean, boolean]>([
    ['3 of 10 against none over two minutes: 2.35', [3, 10], 120_000, 'all', false, true],
    ['over more: 3.0 is asked', [3, 10], 120_001, 'all', false, false],
    ['4 of 8 over more: 3.45', [4, 8], 120_001, 'all', false, true],
    ['and while a third fails too: 4.5 is asked', [4, 8], 120_001, 'all', true, false],
    ['heavy ones are rare: .8 will do', [3, 10], 3_600_000, 'heavy', false, true],
  ])('%s', (_name, head, spanMs, requests, isShared, want) => {
    const made = past(head, [0, head[1]]).map((run) => ({ ...run, lastMs: spanMs }));
    expect(isFailureAlarm(made, { ...rule, requests }, isShared)).toBe(want);
  });

  test.each<[string, [number, number], number, boolean, boolean]>([
    ['2 of 10 against none: 1.50, and .8 is asked', [2, 10], 60_000, false, true],
    ['1 of 10 against none: .72', [1, 10], 60_000, false, false],
    ['and a third fails too: 1.55 is asked', [2, 10], 60_000, true, false],
    ['over more than two minutes: 1.5 is asked, and 1.498 is less', [2, 10], 120_001, false, false],
    ['3 of 10 over more than two minutes: 2.35', [3, 10], 120_001, false, true],
  ])('half of the bound will do where an alert says the same: %s', (_name, head, spanMs, isShared, want) => {
    const made = past(head, [0, 10]).map((run) => ({ ...run, lastMs: spanMs }));
    expect(isFailureAlarm(made, { ...rule, failuresMin: 1, ease: 0.5 }, isShared)).toBe(want);
    expect(isFailureAlarm(made, { ...rule, failuresMin: 1 }, isShared)).toBe(false);
  });

  test.each<[string, readonly [number, number, number], boolean]>([
    ['the lowest rate is believed from 10 on', [10, 0, 0], true],
    ['and not below', [9.99, 0, 0], false],
    ['the others from 8 on', [0, 8, 0], true],
    ['each of them', [0, 0, 8], true],
    ['and not below', [9.99, 7.99, 7.99], false],
  ])('%s', (_name, at, want) => {
    const made = past([4, 8], [0, 8]).map((run, i) => ({ ...run, sum: at[i] ?? 0 }));
    expect(isFailureAlarm(made, rule, false)).toBe(want);
  });
});
