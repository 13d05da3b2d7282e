import { describe, expect, test } from 'vitest';
import { meanMsOf } from '../../../../src/advise/comparison/costs.ts';
import { HeadRecord, isHeavyClean, meanMsFrom, recordOutcome } from '../../../../src/advise/comparison/record.ts';
import { bad, good } from './answers.ts';

const minute = 60_000;

describe('how long a mirror takes', () => {
  const record = new HeadRecord();
  recordOutcome(record, good(0, 900));
  recordOutcome(record, good(20 * minute, 100));
  recordOutcome(record, bad(21 * minute));
  recordOutcome(record, good(22 * minute, 300));
  recordOutcome(record, good(0, 5_000, { isHeavy: true }));

  test.each<[string, number, number | null]>([
    ['all light ones of half an hour', 30 * minute, 1_300 / 3],
    ['what is older than that is over', 31 * minute, 200],
    ['and in the end nothing is known', 60 * minute, null],
  ])('%s', (_name, nowMs, want) => {
    const mean = meanMsOf(record, 'light', nowMs, 0);
    if (want === null) expect(mean).toBeNull();
    else expect(mean).toBeCloseTo(want, 9);
  });

  test('downloads are rare: of them the last few count, whatever their age', () => {
    expect(meanMsOf(record, 'heavy', 600 * minute, 0)).toBe(5_000);
    expect(meanMsFrom(record, 'heavy', 600 * minute)).toBe(5_000);
    expect(meanMsFrom(record, 'light', 21 * minute)).toBe(300);
  });
});

describe('downloads are over a failure', () => {
  const clean = (said: string, troubledMs = Number.NEGATIVE_INFINITY): boolean => {
    const record = new HeadRecord();
    for (const [at, one] of [...said].entries())
      recordOutcome(record, one === 'x' ? bad(at, { isHeavy: true }) : good(at, 200, { isHeavy: true }));
    return isHeavyClean(record, troubledMs);
  };
  test.each<[string, string, boolean]>([
    ['none was asked', '', true],
    ['none failed', '....', true],
    ['the last failed, after good ones', '....x', false],
    ['three came since', 'x...', false],
    ['four came since', 'x....', true],
    ['four since the last of two', 'x.x....', true],
    ['three since the last of two', 'x..x...', false],
  ])('%s', (_name, said, want) => expect(clean(said)).toBe(want));

  test.each<[string, string, number, boolean]>([
    ['one since, of a trouble that has ended', 'xx.', 1, true],
    ['none since', 'xx', 1, false],
    ['one since, but one failed after that trouble', 'xx.x.', 1, false],
  ])('%s', (_name, said, troubledMs, want) => expect(clean(said, troubledMs)).toBe(want));
});
