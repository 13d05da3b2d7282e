import { describe, expect, test } from 'vitest';
import {
  type ChoiceRule,
  chooseAnyway,
  isAnyPast,
  isGoodNow,
  listUnsure,
  pairOf,
} from '../../../../src/advise/comparison/choose.ts';
import { Contest } from '../../../../src/advise/comparison/contest.ts';
import { costOf, recordOf } from '../../../../src/advise/comparison/costs.ts';
import { failureSumOf } from '../../../../src/advise/comparison/failures.ts';
import { recordOutcome } from '../../../../src/advise/comparison/record.ts';
import { around, bad, choose, good, momentsOf, order, type Reply1, rule } from './answers.ts';

const by = around(Object.fromEntries(order.map((name) => [name, `${name},direct`])), { home: null });

/** Stretches of moments with the head `a`, 30 s apart; and the time of the last. */
function told(...stretches: readonly (readonly [number, Readonly<Record<string, Reply1>>])[]): {
  readonly contest: Contest;
  readonly nowMs: number;
} {
  const contest = new Contest('a');
  let fromMs = 0;
  for (const [count, said] of stretches) {
    momentsOf(contest, by, fromMs, count, said);
    fromMs += 30_000 * count;
  }
  return { contest, nowMs: fromMs - 30_000 };
}

/** In each of nine hours `b` fails three times, and `a` never. */
function failEachHour(contest: Contest): void {
  for (let hour = 1; hour < 10; hour += 1) {
    recordOf(contest, 'a').hourly.hours.push({ hour, bad: 0, all: 120 });
    recordOf(contest, 'b').hourly.hours.push({ hour, bad: 3, all: 120 });
  }
}

/** `alarm: to`; `null`: no move. */
function chosen(contest: Contest, candidates: readonly string[], by: ChoiceRule): string | null {
  const choice = choose(contest, candidates, by);
  return choice === null ? null : `${choice.alarm}: ${choice.to}`;
}

const all = ['b', 'c', 'd'];
const fast = { a: 200, b: 200, c: 200, d: 200 } as const;

describe('a head that fails', () => {
  type Stretch = readonly [number, Readonly<Record<string, Reply1>>];
  const dead = { ...fast, a: 'x' } as const;
  test.each<[string, ReturnType<typeof chosen>, ...Stretch[]]>([
    ['nothing is wrong', null, [40, fast]],
    ['twice', null, [20, fast], [2, dead]],
    ['three times: to the first of the equal', 'failures: b', [20, fast], [3, dead]],
    [
      'to the cheapest',
      'failures: c',
      [20, { a: 200, b: 900, c: 300, d: 800 }],
      [3, { a: 'x', b: 900, c: 300, d: 800 }],
    ],
    ['to no one whose last answer was bad', 'failures: c', [20, fast], [3, dead], [1, { ...dead, b: 'x' }]],
    ['to nobody where all fail as often', null, [20, fast], [6, { a: 'x', b: 'x', c: 'x', d: 'x' }]],
  ])('%s', (_name, want, ...stretches) => {
    const { contest, nowMs } = told(...stretches);
    expect(chosen(contest, all, rule(nowMs))).toEqual(want);
  });

  test('only those who may be proposed', () => {
    const { contest, nowMs } = told([20, fast], [4, { ...fast, a: 'x' }]);
    expect(chosen(contest, ['d'], rule(nowMs))).toEqual('failures: d');
    expect(chosen(contest, [], rule(nowMs))).toBeNull();
  });

  test('a candidate that came a moment later than the first may be chosen at half of the bound', () => {
    // d, the cheapest, was asked in two of the five moments only.
    const late = (d?: number) => ({ a: 'x', b: 900, c: 900, ...(d === undefined ? {} : { d }) }) as const;
    const usual = { a: 200, b: 900, c: 900, d: 100 };
    const one = told([20, usual], [4, late()], [1, late(100)]);
    expect(failureSumOf(pairOf(one.contest, 'a', 'd').failures.all)).toBeCloseTo(Math.log(180), 6);
    expect(chosen(one.contest, all, rule(one.nowMs))).toEqual('failures: d');
    const none = told([20, usual], [4, late()]);
    expect(chosen(none.contest, all, rule(none.nowMs))).toEqual('failures: b');
  });

  test('so it is where downloads fail', () => {
    const late = (d?: number) => ({ a: 'x', b: 900, c: 900, ...(d === undefined ? {} : { d }) }) as const;
    const usual = { a: 200, b: 900, c: 900, d: 100 };
    const { contest, nowMs } = told([20, usual]);
    const asked = { question: 'zip', isHeavy: true };
    momentsOf(contest, by, nowMs + 30_000, 8, usual, asked);
    const fromMs = nowMs + 9 * 30_000;
    for (const [at, d] of [undefined, undefined, undefined, 100].entries()) {
      momentsOf(contest, by, fromMs + at * 300_000, 1, late(d), asked);
      // Nine light ones in between are well.
      momentsOf(contest, by, fromMs + at * 300_000 + 30_000, 9, usual);
    }
    expect(chosen(contest, all, rule(fromMs + 900_000 + 9 * 30_000))).toEqual('heavy_failures: d');
  });

  test('shared fate asks for more: a third mirror that fails now', () => {
    // Three of six within two minutes, against none: G is 6 ln .5 − 3 ln .25 − 9 ln .75 = 2.6; 3.1 is asked while c fails.
    const story = (c: Reply1) =>
      [
        [20, fast],
        [1, { ...fast, a: 'x' }],
        [1, fast],
        [1, { ...fast, a: 'x' }],
        [1, fast],
        [1, { ...fast, a: 'x', c }],
        [1, { ...fast, c }],
      ] as const;
    const alone = told(...story(200));
    expect(chosen(alone.contest, ['b'], rule(alone.nowMs))).toEqual('failures: b');
    const shared = told(...story('x'));
    expect(chosen(shared.contest, ['b'], rule(shared.nowMs))).toBeNull();
  });

  test('half of the bound will do where an alert says the same', () => {
    // 3 ln 40 − 15 × .218 = 7.8 of 8 for one in five.
    const { contest, nowMs } = told(
      [20, fast],
      [1, { ...fast, a: 'x' }],
      [1, fast],
      [1, { ...fast, a: 'x' }],
      [1, fast],
      [1, { ...fast, a: 'x' }],
      [13, fast],
    );
    expect(chosen(contest, ['b'], rule(nowMs))).toBeNull();
    expect([
      isAnyPast(contest, { isRecent: false, ease: 1 }),
      isAnyPast(contest, { isRecent: false, ease: 0.5 }),
    ]).toEqual([false, true]);
    expect(chosen(contest, ['b'], rule(nowMs, { ease: 0.5 }))).toEqual('failures: b');
  });
});

describe('a head that is slower', () => {
  test.each<[string, Readonly<Record<string, Reply1>>, number, ReturnType<typeof chosen>]>([
    // (1000 − 250) / 100 − .5 = 7 at first; the deviation learns.
    ['by 5 ×, once', { ...fast, a: 1_000 }, 1, null],
    ['by 5 ×', { ...fast, a: 1_000 }, 10, 'time: b'],
    ['by no more than the ratio', { ...fast, a: 250 }, 200, null],
    ['by less than 100 ms', { a: 130, b: 40, c: 40, d: 40 }, 200, null],
  ])('%s', (_name, said, count, want) => {
    const { contest, nowMs } = told([20, fast], [count, said]);
    expect(chosen(contest, all, rule(nowMs))).toEqual(want);
  });

  test('is left for one that is worse each hour only if builds there cost less by `minGain`', () => {
    const { contest, nowMs } = told([20, { a: 600, b: 600 }], [30, { a: 1_000, b: 600 }]);
    const free = { failureCostMs: 0 };
    expect(chosen(contest, ['b'], rule(nowMs, { ...free, minGain: 0.6 }))).toBe('time: b');
    failEachHour(contest);
    expect(chosen(contest, ['b'], rule(nowMs, { ...free, minGain: 0.6 }))).toBeNull();
    expect(chosen(contest, ['b'], rule(nowMs, { ...free, minGain: 0.2 }))).toBe('time: b');
  });

  test('is not left for one that is worse each hour because of two failures in the last minutes', () => {
    const slow = { a: 1_000, b: 600 };
    const { contest, nowMs } = told([20, { a: 600, b: 600 }], [27, slow], [2, { ...slow, a: 'x' }], [1, slow]);
    expect(chosen(contest, ['b'], rule(nowMs))).toBe('time: b');
    failEachHour(contest);
    expect(chosen(contest, ['b'], rule(nowMs))).toBeNull();
  });

  test('is left only for what costs less by an upper bound: not for one that fails besides', () => {
    const failing: (readonly [number, Readonly<Record<string, Reply1>>])[] = Array.from({ length: 6 }, (_, i) => [
      i % 2 === 0 ? 9 : 1,
      { a: 1_000, b: i % 2 === 0 ? 200 : 'x' },
    ]);
    const { contest, nowMs } = told(...failing, [4, { a: 1_000, b: 200 }]);
    expect(isAnyPast(contest, rule(nowMs))).toBe(true);
    expect(isGoodNow(contest, 'b', nowMs)).toBe(true);
    expect(chosen(contest, ['b'], rule(nowMs))).toBeNull();
    // Where a failure costs nothing, or the chain catches it, it is.
    expect(chosen(contest, ['b'], rule(nowMs, { failureCostMs: 0 }))).toEqual('time: b');
  });

  test('that alone makes no other one a choice whose test is behind', () => {
    const failing: (readonly [number, Readonly<Record<string, Reply1>>])[] = Array.from({ length: 6 }, (_, i) => [
      i % 2 === 0 ? 9 : 1,
      { a: 1_000, b: i % 2 === 0 ? 200 : 'x', c: 300 },
    ]);
    const { contest, nowMs } = told(...failing, [4, { a: 1_000, b: 200, c: 300 }]);
    const { light, steady } = pairOf(contest, 'a', 'c').time;
    light.sum = 7.1;
    steady.sum = 0;
    expect(chosen(contest, ['b', 'c'], rule(nowMs))).toBeNull();
    expect(chosen(contest, ['b', 'c'], rule(nowMs, { failureCostMs: 0 }))).toEqual('time: b');
  });

  test.each<[string, readonly number[], string | null]>([
    ['as long as here', [950, 950, 950, 950, 950, 950], 'time: b'],
    ['that in the mean, and scatter by half of it', [350, 1_550, 350, 1_550, 350, 1_550], null],
  ])('for a small difference that lasts to one whose downloads take %s', (_name, zips, want) => {
    const { contest, nowMs } = told([20, fast]);
    for (const [at, b] of zips.entries())
      momentsOf(contest, by, nowMs + 30_000 * at, 1, { a: 1_000, b }, { question: 'zip', isHeavy: true });
    momentsOf(contest, by, nowMs + 240_000, 1, { a: 440, b: 315 });
    const summed = {
      sum: 15,
      rounds: 200,
      slower: 100,
      headMs: 88_000,
      headTookMs: 88_000,
      candidateMs: 63_000,
    };
    const { steady } = pairOf(contest, 'a', 'b').time;
    Object.assign(steady, summed);
    expect(steady.ratios.variance).toBeLessThan(0.1);
    expect(chosen(contest, ['b'], rule(nowMs + 240_000))).toBe(want);
  });

  test.each<[string, number, number, string | null]>([
    ['one of sixty', 1, 1, 'time: b'],
    ['one download', 1, 0, 'time: b'],
    ['three of sixty, one by one', 3, 1, null],
  ])('a candidate that failed %s may have failed by chance', (_name, times, light, want) => {
    const { contest, nowMs } = told(
      ...Array.from({ length: times }, () => [20 - light, fast] as const).flatMap((one) =>
        light === 0 ? [one] : [one, [1, { ...fast, b: 'x' }] as const],
      ),
      [60 - 20 * times, fast],
    );
    const zip = { question: 'zip', isHeavy: true } as const;
    momentsOf(contest, by, nowMs, 6, { a: 900, b: 900 }, zip);
    if (light === 0) momentsOf(contest, by, nowMs + 200_000, 1, { a: 900, b: 'x' }, zip);
    momentsOf(contest, by, nowMs + 240_000, 9, { a: 1_200, b: 200 });
    expect(chosen(contest, ['b'], rule(nowMs + 240_000 + 270_000))).toBe(want);
  });

  test.each<[string, Readonly<Record<string, number>>, string | null]>([
    ['as long', { a: 900, b: 900 }, 'time: b'],
    ['longer, and so does a build', { a: 900, b: 2_400 }, null],
    ['longer, and a build does not', { a: 900, b: 1_000 }, 'time: b'],
  ])('and its downloads take %s where it would go', (_name, zips, want) => {
    const { contest, nowMs } = told([20, fast]);
    const zip = { question: 'zip', isHeavy: true } as const;
    momentsOf(contest, by, nowMs, 6, zips, zip);
    momentsOf(contest, by, nowMs + 240_000, 9, { a: 1_200, b: 200 });
    expect(chosen(contest, ['b'], rule(nowMs + 240_000 + 270_000))).toBe(want);
  });

  test('one download that was slow by chance does not favour a mirror with slower downloads', () => {
    const { contest, nowMs } = told([20, fast]);
    const zip = { question: 'zip', isHeavy: true } as const;
    momentsOf(contest, by, nowMs, 6, { a: 900, b: 2_800 }, zip);
    momentsOf(contest, by, nowMs + 200_000, 1, { a: 11_000, b: 2_800 }, zip);
    momentsOf(contest, by, nowMs + 240_000, 7, { a: 1_200, b: 200 });
    expect(chosen(contest, ['b'], rule(nowMs + 240_000 + 210_000))).toBeNull();
  });

  test.each<[string, number, number, string | null]>([
    ['far beyond the bound', 4, 1_200, 'time: b'],
    ['just past it', 9, 500, null],
  ])('what is remembered weighs little beside moments that went %s', (_name, count, a, want) => {
    const { contest, nowMs } = told([20, fast]);
    momentsOf(contest, by, nowMs, 6, { a: 900, b: 1_750 }, { question: 'zip', isHeavy: true });
    momentsOf(contest, by, nowMs + 240_000, count, { a, b: 200 });
    expect(isAnyPast(contest, rule(nowMs))).toBe(true);
    expect(chosen(contest, ['b'], rule(nowMs + 240_000 + 30_000 * count))).toBe(want);
  });

  test.each<[string, number, string | null]>([
    ['three times', 3, null],
    ['five times of eight', 5, 'time: b'],
  ])('and waited for in vain %s is worth leaving for slower downloads', (_name, waits, want) => {
    const { contest, nowMs } = told([20, fast]);
    momentsOf(contest, by, nowMs, 6, { a: 900, b: 3_000 }, { question: 'zip', isHeavy: true });
    for (let at = 0; at < 8; at += 1)
      momentsOf(contest, by, nowMs + 240_000 + 30_000 * at, 1, { a: at < waits ? 5_000 : 600, b: 200 });
    expect(isAnyPast(contest, rule(nowMs))).toBe(true);
    expect(chosen(contest, ['b'], rule(nowMs + 480_000))).toBe(want);
  });

  test.each<[string, number, string | null]>([
    ['past half of its bound: the cheaper one', 7.1, 'time: c'],
    ['below half of its bound', 6.9, 'time: b'],
  ])('a candidate whose test is behind the first, %s', (_name, sum, want) => {
    const { contest, nowMs } = told([20, { ...fast, b: 300 }], [6, { ...fast, b: 300, a: 1_500 }]);
    pairOf(contest, 'a', 'c').time.light.sum = sum;
    expect(chosen(contest, ['b', 'c'], rule(nowMs, { failureCostMs: 0 }))).toBe(want);
  });

  test('within hold of a move needs more', () => {
    const { contest, nowMs } = told(
      [20, fast],
      [2, { ...fast, a: 1_000 }],
      [1, { ...fast, a: 700 }],
      [1, { ...fast, a: 600 }],
    );
    // 7 with the first; then a deviation is √(600² × 20 / 21²) = 127.8, and 750, 450 and 350 of it less .5 each: 17.6.
    const { sum } = pairOf(contest, 'a', 'b').time.light;
    expect([sum >= 14, sum < 21]).toEqual([true, true]);
    expect(chosen(contest, all, rule(nowMs))).toEqual('time: b');
    expect(chosen(contest, all, rule(nowMs, { isRecent: true }))).toBeNull();
  });
});

describe('costs that are equal', () => {
  /** Mirrors that took always as long: no scatter, so a build costs 10 light and 5 heavy ones over 3 connections. */
  function costing(light: Readonly<Record<string, number>>): Contest {
    const contest = new Contest('a');
    for (const [name, ms] of Object.entries(light))
      for (let at = 0; at < 20; at += 1) {
        recordOutcome(recordOf(contest, name), good(at, ms));
        recordOutcome(recordOf(contest, name), good(at, ms, { isHeavy: true }));
      }
    return contest;
  }
  const free = rule(20, { failureCostMs: 0 });

  test('a build is 10 light and 5 heavy fetches over 3 connections, and what failing costs', () => {
    const contest = costing({ b: 300 });
    expect(costOf(contest, 'b', free)).toBeCloseTo(1.5, 10);
    // The prior: .5 of (28 + 100) fail, over 15 fetches.
    const share = 0.5 / 128;
    expect(costOf(contest, 'b', rule(20))).toBeCloseTo(1.5 + 300 * (1 - (1 - share) ** 15), 8);
    expect(costOf(contest, 'b', rule(20, { uncaught: 0.25 }))).toBeCloseTo(1.5 + 300 * (1 - (1 - share / 4) ** 15), 8);
    expect(costOf(contest, 'z', free)).toBeNull();
  });

  test.each<[string, Readonly<Record<string, number>>, string]>([
    ['the lowest', { b: 400, c: 300, d: 310 }, 'c'],
    // 1.5 against 1.575 s: a quarter of minGain of the least.
    ['within a quarter of minGain the order decides', { b: 314, c: 300, d: 300 }, 'b'],
    ['beyond it the lower', { b: 316, c: 300, d: 300 }, 'c'],
    ['within 10 ms a build the order decides', { b: 5.9, c: 4, d: 4 }, 'b'],
    ['beyond it the lower one', { b: 6.1, c: 4, d: 4 }, 'c'],
  ])('%s', (_name, light, want) => expect(chooseAnyway(costing(light), all, free)).toBe(want));

  test('no mirror whose last response was bad, and none without measurements', () => {
    const contest = costing({ b: 100 });
    expect(chooseAnyway(contest, ['c'], free)).toBeNull();
    recordOutcome(recordOf(contest, 'b'), bad(20));
    expect(chooseAnyway(contest, ['b'], free)).toBeNull();
  });
});

describe('whether a candidate is good just now', () => {
  /** Answers of the last minute, a second apart; the head beside it. */
  const minute = (candidate: string, head = '.'.repeat(candidate.length)): boolean => {
    const contest = new Contest('a');
    for (const [name, said] of [
      ['a', head],
      ['b', candidate],
    ] as const)
      for (const [at, one] of [...said].entries())
        recordOutcome(recordOf(contest, name), good(1_000 * at, 200, { bad: one === 'x' }));
    return isGoodNow(contest, 'b', 1_000 * candidate.length);
  };
  test.each<[string, string, string | undefined, boolean]>([
    ['it answered', '.', undefined, true],
    ['its last answer was bad', '....x', undefined, false],
    ['one bad', 'x..', undefined, true],
    ['two bad of 13: 15.4 %', `xx${'.'.repeat(11)}`, undefined, false],
    ['two bad of 14: 14.3 %', `xx${'.'.repeat(12)}`, undefined, true],
    ['two of four, and the head in all', 'xx..', 'xxxx', true],
    ['two of four, and the head in three', 'xx..', 'xxx.', false],
  ])('%s', (_name, candidate, head, want) => expect(minute(candidate, head)).toBe(want));

  test('a minute is a minute, and nothing heard is not good', () => {
    const contest = new Contest('a');
    for (const atMs of [0, 1]) recordOutcome(recordOf(contest, 'b'), bad(atMs));
    recordOutcome(recordOf(contest, 'b'), good(60_000, 200));
    expect([isGoodNow(contest, 'b', 60_000), isGoodNow(contest, 'b', 60_002)]).toEqual([false, true]);
    expect(isGoodNow(contest, 'c', 60_000)).toBe(false);
  });
});

test('what a build costs: is a bound where candidates are compared, and the mean where asked without standard errors', () => {
  const contest = new Contest('a');
  for (const [at, tookMs] of [100, 300, 100, 300].entries())
    recordOutcome(recordOf(contest, 'b'), good(1_000 * at, tookMs));
  const cost = (errors?: number) =>
    costOf(contest, 'b', {
      nowMs: 4_000,
      failureCostMs: 0,
      uncaught: 0,
      ...(errors === undefined ? {} : { errors }),
    });
  // Ten light fetches over three connections: 10 × .2 / 3, and 1.3 × 115.47 / √4 ms more on each.
  expect(cost(0)).toBeCloseTo(2 / 3, 9);
  expect(cost()).toBeCloseTo((10 * (0.2 + (1.3 * 0.11547005) / 2)) / 3, 6);
});

describe('a mirror without a download', () => {
  const zips = (ms: Readonly<Record<string, number>>) => {
    const { contest, nowMs } = told([20, { ...fast, b: 150 }], [3, { ...fast, b: 150, a: 'x' }]);
    for (const [name, tookMs] of Object.entries(ms))
      recordOutcome(recordOf(contest, name), good(nowMs, tookMs, { isHeavy: true }));
    return chosen(contest, ['c', 'b'], rule(nowMs, { inOrder: (a, b) => (a < b ? 1 : -1) }));
  };
  test('comes behind one with a usual download, however fast its light steps are', () => {
    expect(zips({ c: 2_000 })).toBe('failures: c');
    expect(zips({ b: 2_000, c: 2_000 })).toBe('failures: c');
    expect(zips({ b: 1_000, c: 2_000 })).toBe('failures: b');
  });
});

describe('a head that fails where moving costs more', () => {
  /** Everything but `a` takes so long; `a` fails one of eight. */
  function failingBeside(ms: number): { readonly contest: Contest; readonly nowMs: number } {
    const slow = { b: ms, c: ms, d: ms };
    const round = [
      [7, { a: 200, ...slow }],
      [1, { a: 'x', ...slow }],
    ] as const;
    return told(...Array.from({ length: 6 }, () => round).flat());
  }
  const hardlyCosts: Partial<ChoiceRule> = { failureCostMs: 10_000 };

  test('is left for what is as fast', () => {
    const { contest, nowMs } = failingBeside(250);
    expect(chosen(contest, all, rule(nowMs, hardlyCosts))).toBe('failures: b');
  });

  test('is not left where a failed build costs less than the slower ones', () => {
    const { contest, nowMs } = failingBeside(4_500);
    expect(isAnyPast(contest, rule(nowMs))).toBe(true);
    expect(chosen(contest, all, rule(nowMs, hardlyCosts))).toBeNull();
  });
});

describe('a move for light times while too few downloads are known', () => {
  const slower = (ms: number) => told([60, fast], [30, { ...fast, a: ms }]);

  test('waits for the downloads that were requested', () => {
    const { contest, nowMs } = slower(600);
    expect(chosen(contest, all, rule(nowMs))).toEqual('time: b');
    expect(chosen(contest, all, rule(nowMs, { isAwaited: () => true }))).toBeNull();
    expect(chosen(contest, all, rule(nowMs, { isAwaited: (name) => name !== 'c' }))).toEqual('time: c');
  });

  test('does not wait where the head takes four times as long', () => {
    const { contest, nowMs } = slower(2_000);
    expect(chosen(contest, all, rule(nowMs, { isAwaited: () => true }))).toEqual('time: b');
  });

  test('names the candidates in question, until two downloads of both are known', () => {
    const { contest, nowMs } = slower(600);
    expect(listUnsure(contest, all, rule(nowMs))).toEqual(all);
    const zip = { question: 'zip', isHeavy: true };
    momentsOf(contest, by, nowMs + 30_000, 2, { a: 900, b: 900, c: 900 }, zip);
    expect(listUnsure(contest, all, rule(nowMs + 60_000))).toEqual(['d']);
  });

  test('does not come where downloads take longer there', () => {
    const { contest, nowMs } = slower(600);
    momentsOf(
      contest,
      by,
      nowMs + 30_000,
      3,
      { a: 900, b: 3_000, c: 3_000, d: 3_000 },
      { question: 'zip', isHeavy: true },
    );
    expect(chosen(contest, all, rule(nowMs + 90_000))).toBeNull();
  });

  test('names none where the times are alike', () => {
    const { contest, nowMs } = told([60, fast]);
    expect(listUnsure(contest, all, rule(nowMs))).toEqual([]);
  });
});
