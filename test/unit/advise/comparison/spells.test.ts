import { describe, expect, test } from 'vitest';
import { type Departure, isCalmAgain, savedShareOf, slowForMs } from '../../../../src/advise/comparison/home.ts';
import { HeadRecord, recordOutcome } from '../../../../src/advise/comparison/record.ts';
import { isSlowFor, TimeTest, timeBound } from '../../../../src/advise/comparison/time.ts';
import { good } from './answers.ts';

const minute = 60_000;
const hold = 10 * minute;
const hour = 60 * minute;

describe('how long slowness of home must last', () => {
  const saved = (...shares: readonly (number | null)[]): Departure[] =>
    shares.map((savedShare, place) => ({ atMs: place * minute, isOfTime: savedShare !== null, savedShare }));
  test.each<[string, readonly Departure[], number]>([
    ['no departure', [], 0],
    ['one in vain is too few', saved(-0.5), 0],
    ['two in vain', saved(-0.1, -0.1), hold],
    ['a loss of 5 % on average is not more than 5 %', saved(-0.1, 0), 0],
    ['one saved more than the others lost', saved(-0.2, 0.5, -0.2), 0],
    ['departures of which nothing is known do not count', saved(null, -0.2, null), 0],
    ['only the last four count', saved(5, -0.1, -0.1, -0.1, -0.1), hold],
  ])('%s', (_name, departures, want) => {
    expect(slowForMs(departures, hold, hour)).toBe(want);
    expect(slowForMs(departures, hold, 13 * hour)).toBe(0);
  });

  test('the test must be that old, and the sum near its maximum', () => {
    const test = { ...new TimeTest(), fromMs: minute, sum: 2 * timeBound.usual };
    expect(isSlowFor(test, timeBound.usual, hold, minute + hold)).toBe(true);
    expect(isSlowFor(test, timeBound.usual, hold, minute + hold - 1)).toBe(false);
    expect(isSlowFor({ ...test, sum: 1.7 * timeBound.usual }, timeBound.usual, hold, minute + hold)).toBe(false);
    expect(isSlowFor({ ...test, sum: 0 }, timeBound.usual, 0, 0)).toBe(true);
  });
});

function recordWith(tookMs: (minuteNo: number) => number, minutes: number, heavyMs = 2_000): HeadRecord {
  const record = new HeadRecord();
  const add = (atMs: number, took: number, isHeavy: boolean) => recordOutcome(record, good(atMs, took, { isHeavy }));
  for (let second = 0; second < 60 * minutes; second += 10)
    add(1_000 * second, tookMs(Math.floor(second / 60)), second % 600 === 0);
  for (let n = 0; n < 4; n += 1) add(minutes * minute, heavyMs, true);
  return record;
}

describe('what being away saved', () => {
  test('compares builds since clients left: 10 light and 5 heavy requests', () => {
    const [slow, fast] = [recordWith(() => 3_000, 10), recordWith(() => 1_000, 10)];
    const share = savedShareOf(slow, fast, 0) ?? Number.NaN;
    expect(share).toBeGreaterThan(0);
    expect(savedShareOf(fast, slow, 0)).toBeCloseTo(1 / (1 + share) - 1, 10);
    expect(savedShareOf(slow, new HeadRecord(), 0)).toBeNull();
    expect(savedShareOf(new HeadRecord(), fast, 0)).toBeNull();
  });

  test('times before clients left do not count', () => {
    const spell = recordWith((no) => (no < 5 ? 9_000 : 1_000), 10);
    const later = recordWith((no) => (no < 5 ? 1_000 : 9_000), 10);
    const fast = recordWith(() => 1_000, 10);
    const [all, half] = [
      savedShareOf(spell, fast, 0) ?? Number.NaN,
      savedShareOf(spell, fast, 5 * minute) ?? Number.NaN,
    ];
    expect(half).toBeLessThan(all);
    expect(savedShareOf(later, fast, 5 * minute)).toBeGreaterThan(savedShareOf(later, fast, 0) ?? Number.NaN);
  });
});

describe('home is calm again', () => {
  const spells =
    (...from: readonly number[]) =>
    (no: number): number =>
      from.some((one) => no >= one && no < one + 3) ? 1_500 : 300;
  test.each<[string, (no: number) => number, number, boolean]>([
    ['it was slow once, when clients left', spells(0), 13, true],
    ['never slow since', () => 300, 20, true],
    ['slow twice, 12 min apart: 17 min are too few', spells(0, 15), 15 + 3 + 16, false],
    ['18 min are 1.5 times as long', spells(0, 15), 15 + 3 + 19, true],
    ['the longest pause counts', spells(0, 5, 20), 20 + 3 + 16, false],
    ['pauses of half an hour ask for no more than that', spells(0, 43), 43 + 3 + 31, true],
    ['single slow minutes are chance', (no) => (no % 10 === 0 ? 1_500 : 300), 45, true],
    ['120 ms beside 60 ms are not slow', (no) => (no % 10 < 3 ? 120 : 60), 45, true],
    ['161 ms beside 60 ms are', (no) => (no % 10 < 3 ? 161 : 60), 45, false],
  ])('%s', (_name, tookMs, minutes, want) =>
    expect(isCalmAgain(recordWith(tookMs, minutes), 0, minutes * minute)).toBe(want),
  );
});
