import { describe, expect, test } from 'vitest';
import { failureShareOf } from '../../../../src/advise/comparison/costs.ts';
import { HeadRecord, isWorseEachHour, recordOutcome } from '../../../../src/advise/comparison/record.ts';
import { bad, good } from './answers.ts';

const minute = 60_000;
const hour = 60 * minute;

/**
 * A record with one outcome a minute. `failures`: in each hour, so many outcomes fail, spread over the hour. The hour
 * after the last is begun.
 */
function hours(failures: readonly number[]): HeadRecord {
  const record = new HeadRecord();
  for (const [at, count] of failures.entries())
    for (let i = 0; i < 60; i += 1) {
      const atMs = at * hour + i * minute;
      const isBad = count > 0 && i % Math.floor(60 / count) === 1 && i < count * Math.floor(60 / count);
      recordOutcome(record, isBad ? bad(atMs) : good(atMs, 200));
    }
  recordOutcome(record, good(failures.length * hour, 200));
  return record;
}

const isWorse = (mirror: HeadRecord, other: HeadRecord): boolean => isWorseEachHour(mirror.hourly, other.hourly);
const times = (count: number, failures: number): number[] => Array.from({ length: count }, () => failures);

describe('failures every hour', () => {
  test.each<[string, readonly number[], readonly number[], boolean]>([
    ['two in each of six hours, and none elsewhere', times(6, 2), times(6, 0), true],
    ['of five hours: too few to know', times(5, 2), times(5, 0), false],
    ['as many elsewhere', times(6, 2), times(6, 2), false],
    ['fewer than elsewhere', times(6, 2), times(6, 3), false],
    ['in two thirds of the hours', [3, 3, 3, 3, 0, 0], times(6, 0), false],
    ['in more than two thirds', [3, 0, 3, 3, 3, 3], times(6, 0), true],
    ['a trouble of three hours', [0, 0, 0, 0, 0, 9, 9, 9], times(8, 0), false],
    ['eleven in eleven hours: too few', times(11, 1), times(11, 0), false],
    ['twelve in twelve hours', times(12, 1), times(12, 0), true],
  ])('%s', (_name, mirror, other, want) => expect(isWorse(hours(mirror), hours(other))).toBe(want));

  test('only hours in which both were probed are compared', () => {
    const late = new HeadRecord();
    for (let at = 20 * hour; at < 26 * hour; at += minute) recordOutcome(late, good(at, 200));
    expect(isWorse(hours(times(8, 2)), late)).toBe(false);
  });

  test('an outage, however long, does not count', () => {
    const dead = new HeadRecord();
    for (let at = 0; at < 8 * hour; at += minute)
      recordOutcome(dead, at > hour && at < 5 * hour ? bad(at) : good(at, 200));
    expect(dead.hourly.hours.reduce((sum, one) => sum + one.bad, 0)).toBe(0);
    expect(isWorse(dead, hours(times(8, 0)))).toBe(false);
  });

  test('shares are compared, not counts: the other one was probed ten times less and failed more often', () => {
    const rare = new HeadRecord();
    for (let at = 0; at < 9 * hour; at += 10 * minute)
      recordOutcome(rare, at % hour === 10 * minute ? bad(at) : good(at, 200));
    expect(isWorse(hours(times(8, 3)), rare)).toBe(false);
  });

  test('the present hour, which is not over, does not count', () => {
    const begun = hours(times(6, 3));
    begun.hourly.hours[begun.hourly.hours.length - 1] = { hour: 6, bad: 0, all: 1_000_000 };
    expect(isWorse(begun, hours(times(6, 0)))).toBe(true);
  });

  test('a mirror that has not failed for three hours is healed, however long it failed before', () => {
    expect(isWorse(hours([...times(20, 3), 0, 0]), hours(times(22, 0)))).toBe(true);
    expect(isWorse(hours([...times(20, 3), 0, 0, 0]), hours(times(23, 0)))).toBe(false);
    expect(hours([...times(20, 3), 0, 0]).hourly.usualShare).toBeCloseTo(1 / 60, 9);
    expect(hours([...times(20, 3), 0, 0, 0]).hourly.usualShare).toBe(0);
  });

  test('after a pause of two days nothing of before counts', () => {
    const paused = hours(times(10, 3));
    recordOutcome(paused, good(58 * hour, 200));
    expect(paused.hourly.hours).toHaveLength(1);
    expect(paused.hourly.usualShare).toBe(0);
  });

  test('the sums must show it too, not only most hours', () => {
    // Home fails once in five of six hours; the other one fails in one hour alone, but then often.
    expect(isWorse(hours([3, 3, 3, 0, 3, 3]), hours([0, 0, 0, 20, 0, 0]))).toBe(false);
  });

  test('a probe that may only have been late is no failure', () => {
    const late = new HeadRecord();
    for (let at = 0; at < 9 * hour; at += minute)
      recordOutcome(late, at % hour < 3 * minute ? bad(at, { late: 0.3 }) : good(at, 200));
    expect(late.hourly.hours.every((one) => one.bad === 0)).toBe(true);
  });

  test('an outcome that comes late stays in the hour that has begun', () => {
    const record = hours(times(6, 2));
    recordOutcome(record, good(6 * hour - 1, 200));
    recordOutcome(record, good(6 * hour + 1, 200));
    expect(record.hourly.hours.map((one) => one.hour)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test('of each mirror, a day is kept', () => expect(hours(times(34, 2)).hourly.hours).toHaveLength(25));

  test('the costs of a mirror that fails every hour count its share in the median hour', () => {
    expect(hours(times(6, 2)).hourly.usualShare).toBeCloseTo(2 / 60, 9);
    expect(hours(times(5, 2)).hourly.usualShare).toBe(0);
    const quiet = hours([...times(7, 3), 3, 3]);
    expect(failureShareOf(quiet, 12 * hour)).toBeCloseTo(3 / 60, 9);
    expect(failureShareOf(hours(times(9, 0)), 12 * hour)).toBeLessThan(0.01);
  });
});
