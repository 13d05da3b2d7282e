import { describe, expect, it } from 'vitest';
import { chainOf } from '../../../../bench/scenarios/players/chain.ts';
import { Budget } from '../../../../bench/scenarios/players/policy/budget.ts';
import { failures } from '../../../../bench/scenarios/players/policy/constants.ts';
import {
  alternative,
  FailureTest,
  increment,
  witness,
} from '../../../../bench/scenarios/players/policy/failure-test.ts';
import { HomeAgain } from '../../../../bench/scenarios/players/policy/home.ts';
import { buildBoundMs, failureBound } from '../../../../bench/scenarios/players/policy/record.ts';
import { Patience, type Seen, walk } from '../../../../bench/scenarios/players/policy/replay.ts';
import { Shares } from '../../../../bench/scenarios/players/policy/running.ts';
import { Spread, TimeTest, timeIncrement } from '../../../../bench/scenarios/players/policy/time-test.ts';
import { good } from './tiny-world.ts';

const minute = 60_000;

describe('failures: the sequential likelihood ratio', () => {
  it('the head alone bad: ln(p1 / p0)', () => expect(increment(0.005, 0.9, true, false)).toBeCloseTo(5.19296, 5));
  it('both bad: nothing', () => expect(increment(0.005, 0.9, true, true)).toBe(0));
  it('the head good: ln((1 - p1) / (1 - p0))', () => {
    expect(increment(0.005, 0.2, false, false)).toBeCloseTo(-0.21813, 5);
    expect(increment(0.005, 0.2, false, true)).toBeCloseTo(-0.21813, 5);
  });
  it.each([
    [0.05, 0.005, 0.05],
    [0.2, 0.1, 0.22],
    [0.9, 0.005, 0.9],
    [0.9, 0.6, 0.97],
  ])('the alternative of %d beside %d is %d', (p, p0, p1) => expect(alternative(p, p0)).toBeCloseTo(p1, 9));
  it('the witness: 3 of 3 against none is 6 ln 2, the same share is 0', () => {
    expect(witness(3, 0, 3)).toBeCloseTo(6 * Math.LN2, 9);
    expect(witness(2, 2, 5)).toBeCloseTo(0, 9);
  });
  it('three failures over four seconds are an alarm, two or within two seconds are none', () => {
    const isAlarmAt = (...timesMs: number[]) => {
      const test = new FailureTest(failures.light);
      for (const atMs of timesMs) test.add(atMs, 0.005, true, false);
      return test.isAlarm(false);
    };
    expect([isAlarmAt(0, 4_000), isAlarmAt(0, 1_000, 2_000), isAlarmAt(0, 2_000, 4_000)]).toEqual([false, false, true]);
  });
  it('what all share is never an alarm', () => {
    const test = new FailureTest(failures.light);
    for (let atMs = 0; atMs < 60_000; atMs += 1_000) test.add(atMs, 0.005, true, true);
    expect(test.isAlarm(false)).toBe(false);
  });
});

describe('time: the paired CUSUM', () => {
  it('one round adds (y_h - 1.15 y_c) / sd - .5, and .2 for home', () => {
    expect(timeIncrement(500, 200, 135, false)).toBeCloseTo(1.5, 9);
    expect(timeIncrement(500, 200, 135, true)).toBeCloseTo(1.7, 9);
    expect(timeIncrement(9_000, 200, 100, false)).toBe(7.5);
    expect(timeIncrement(0, 9_000, 100, false)).toBe(-8.5);
  });
  it('two enormous answers are no alarm, three are', () => {
    const test = new TimeTest(3);
    test.add(5_000, 100, 100, false);
    test.add(5_000, 100, 100, false);
    expect(test.isAlarm(14)).toBe(false);
    test.add(5_000, 100, 100, false);
    expect(test.isAlarm(14)).toBe(true);
  });
  it('a difference below 100 ms is never an alarm', () => {
    const test = new TimeTest(3);
    for (let round = 0; round < 1_000; round += 1) test.add(130, 40, 100, true);
    expect(test.isAlarm(14)).toBe(false);
  });
  it('sd is at least a quarter of the level and 100 ms', () => {
    expect([new Spread().deviationMs(200), new Spread().deviationMs(2_000)]).toEqual([100, 500]);
  });
});

describe('which candidate', () => {
  it('p̄ over half an hour, and over three minutes from two failures on', () => {
    expect(failureBound({ n: 132, f: 4 }, { n: 13, f: 1 })).toBeCloseTo((4 + 0.5 + 2.6) / 232, 9);
    expect(failureBound({ n: 132, f: 4 }, { n: 13, f: 3 })).toBeCloseTo(3 / 18, 9);
    expect(failureBound({ n: 0, f: 0 }, { n: 0, f: 0 })).toBeCloseTo(0.005, 9);
  });
  it('a build: 300 s x (1 - (1 - p)^15) + (10 light + 5 heavy) / 3', () => {
    expect(buildBoundMs(0, 300, 900)).toBeCloseTo(2_500, 9);
    expect(buildBoundMs(0.01, 0, 0)).toBeCloseTo(300_000 * (1 - 0.99 ** 15), 6);
  });
  it('counts fall out of their minutes', () => {
    const shares = new Shares();
    shares.add(0, true);
    shares.add(20 * minute, false);
    expect(shares.over(20 * minute, 30 * minute)).toEqual({ n: 2, f: 1 });
    expect(shares.over(20 * minute, 3 * minute)).toEqual({ n: 1, f: 0 });
    expect(shares.over(31 * minute, 30 * minute)).toEqual({ n: 1, f: 0 });
    expect(shares.over(500 * minute, 30 * minute)).toEqual({ n: 0, f: 0 });
  });
});

describe('walking a chain', () => {
  const seen: Record<string, Seen> = {
    dead: { ms: 30, isBad: true, status: null },
    gone: { ms: 40, isBad: true, status: 404 },
    well: { ms: 100, isBad: false, status: 200 },
  };
  it.each([
    ['well,direct', { ms: 100, isBad: false, status: 200 }],
    ['dead,well,direct', { ms: 30, isBad: true, status: null }],
    ['dead|well,direct', { ms: 130, isBad: false, status: 200 }],
    ['gone,well', { ms: 140, isBad: false, status: 200 }],
    ['gone,direct', { ms: 5_040, isBad: true, status: null }],
    ['dead|off', { ms: 30, isBad: true, status: null }],
    ['gone,unasked', null],
  ])('%s', (chain, expected) => expect(walk(chainOf(chain), (member) => seen[member] ?? null)).toEqual(expected));
});

describe('patience', () => {
  it('four times the 95th percentile, within 5 to 10 s', () => {
    const question = { step: 'mod', module: 'm', version: 'v1.0.0' } as const;
    const limit = (tookMs: number) => {
      const patience = new Patience();
      for (let turn = 0; turn < 10; turn += 1) patience.judge(question, { ...good, tookMs }, false);
      return patience.limitMs(false);
    };
    expect([new Patience().limitMs(false), limit(100), limit(2_000), limit(4_000)]).toEqual([
      10_000, 5_000, 8_000, 10_000,
    ]);
  });
});

describe('tokens and home', () => {
  it('a full bucket, a reserve for what is urgent, and a refill of .18 x the scheduled', () => {
    const budget = new Budget(1 / 1_000);
    expect(budget.take(300, 0, false)).toBe(true);
    expect([budget.take(1, 0, false), budget.take(900, 0, true), budget.take(1, 0, true)]).toEqual([
      false,
      true,
      false,
    ]);
    expect([budget.take(19, 100_000, false), budget.take(18, 100_000, false)]).toEqual([false, true]);
  });
  it('48 clean answers and ten minutes; twenty after the second departure', () => {
    const home = new HomeAgain();
    const well = (n: number) => {
      for (let turn = 0; turn < n; turn += 1) home.see(false);
    };
    home.leave(0);
    well(47);
    expect(home.isReady(10 * minute)).toBe(false);
    well(1);
    expect([home.isReady(10 * minute - 1), home.isReady(10 * minute)]).toEqual([false, true]);
    home.see(true);
    expect(home.isReady(11 * minute)).toBe(false);
    home.leave(60 * minute);
    well(48);
    expect([home.isReady(79 * minute), home.isReady(80 * minute)]).toEqual([false, true]);
  });
});
