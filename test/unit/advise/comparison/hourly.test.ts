import { describe, expect, test } from 'vitest';
import { failureShareOf } from '../../../../src/advise/comparison/costs.ts';
import { isHomeAsGood } from '../../../../src/advise/comparison/home.ts';
import { isWorseEachHour } from '../../../../src/advise/comparison/hourly.ts';
import { type HeadRecord, newRecord, recordOutcome } from '../../../../src/advise/comparison/record.ts';
import { bad, good } from './answers.ts';

const minute = 60_000;
const hour = 60 * minute;

/**
 * A record with one outcome a minute. `failures`: in each hour, so many outcomes fail, spread over the hour. The hour
 * after the last is begun.
 */
function hours(failures: readonly number[]): HeadRecord {
  const record = newRecord();
  for (const [at, count] of failures.entries())
    for (let i = 0; i < 60; i += 1) {
      const atMs = at * hour + i * minute;
      const isBad = count > 0 && i % Math.floor(60 / count) === 1 && i < count * Math.floor(60 / count);
      recordOutcome(record, 'mod', isBad ? bad(atMs) : good(atMs, 200), true);
    }
  recordOutcome(record, 'mod', good(failures.length * hour, 200), true);
  return record;
}

const times = (count: number, failures: number): number[] => Array.from({ length: count }, () => failures);

describe('failures every hour', () => {
  test.each<[string, readonly number[], readonly number[], boolean]>([
    ['two in each of six hours, and none elsewhere', times(6, 2), times(6, 0), true],
    ['of five hours: too few to know', times(5, 2), times(5, 0), false],
    ['as many elsewhere', times(6, 2), times(6, 2), false],
    ['fewer than elsewhere', times(6, 2), times(6, 3), false],
    ['in two thirds of the hours', [3, 3, 3, 3, 0, 0], times(6, 0), false],
    ['in more than two thirds', [3, 3, 3, 3, 3, 0], times(6, 0), true],
    ['a trouble of three hours', [0, 0, 0, 0, 0, 20, 20, 20], times(8, 0), false],
    ['eleven in eleven hours: too few', times(11, 1), times(11, 0), false],
    ['twelve in twelve hours', times(12, 1), times(12, 0), true],
  ])('%s', (_name, mirror, other, want) => {
    expect(isWorseEachHour(hours(mirror), hours(other))).toBe(want);
  });

  test('only hours in which both were probed are compared', () => {
    const late = newRecord();
    for (let at = 20 * hour; at < 26 * hour; at += minute) recordOutcome(late, 'mod', good(at, 200), true);
    expect(isWorseEachHour(hours(times(8, 2)), late)).toBe(false);
  });

  test('an outage, however long, counts for no hour', () => {
    const dead = newRecord();
    for (let at = 0; at < 8 * hour; at += minute)
      recordOutcome(dead, 'mod', at % hour < 30 * minute ? bad(at) : good(at, 200), true);
    expect(isWorseEachHour(dead, hours(times(8, 0)))).toBe(false);
  });

  test('after a day they are forgotten', () => {
    const record = hours([...times(10, 2), ...times(24, 0)]);
    expect(record.hours).toHaveLength(25);
    expect(record.hourlyShare).toBe(0);
    expect(isWorseEachHour(record, hours(times(34, 0)))).toBe(false);
  });

  test('home is not as good as the mirror in use if it fails every hour, although it has not failed lately', () => {
    const of = (failures: number): HeadRecord => hours([...times(7, failures), 0, 0]);
    const isAsGood = (home: HeadRecord): boolean =>
      isHomeAsGood(home, of(0), 10 * minute, 10 * minute, 9 * hour + minute, false);
    expect(isAsGood(of(0))).toBe(true);
    expect(isAsGood(of(2))).toBe(false);
  });

  test('the costs of a mirror that fails every hour count its share in the median hour', () => {
    expect(hours(times(6, 2)).hourlyShare).toBeCloseTo(2 / 60, 9);
    const nowMs = 9 * hour;
    const quiet = hours([...times(7, 3), 0, 0]);
    expect(failureShareOf(quiet, nowMs)).toBeCloseTo(3 / 60, 9);
    expect(failureShareOf(hours(times(9, 0)), nowMs)).toBeLessThan(0.01);
  });
});
