import { describe, expect, test } from 'vitest';
import { failureSumOf } from '../../../../src/advise/comparison/failures.ts';
import { alarmOf, newPair, updatePair } from '../../../../src/advise/comparison/pair.ts';
import { HeadRecord } from '../../../../src/advise/comparison/record.ts';
import { bad, good } from './answers.ts';

describe('heavy steps have a set of their own', () => {
  const context = { candidate: new HeadRecord(), everybody: 0, isHome: false, ratio: 1.25, bound: 14 };
  const by = { failuresMin: 3, spanMs: 4_000, ratio: 1.25, isRecent: false, ease: 1 };

  test('two failed downloads are enough, whatever lies between', () => {
    const pair = newPair(new HeadRecord(), new HeadRecord());
    for (const atMs of [0, 300_000]) {
      // Light moments in between say nothing of it.
      updatePair(pair, bad(atMs, { isHeavy: true }), good(atMs, 900, { isHeavy: true }), context);
      for (let i = 1; i < 10; i += 1)
        updatePair(pair, good(atMs + i * 30_000, 50), good(atMs + i * 30_000, 50), context);
      if (atMs === 0) expect(alarmOf(pair, by, false)).toBeNull();
    }
    expect(failureSumOf(pair.failures.heavy)).toBeCloseTo(2 * Math.log(180), 10);
    expect(alarmOf(pair, by, false)).toBe('heavy_failures');
  });

  test('two light failures feed only the set over all', () => {
    const pair = newPair(new HeadRecord(), new HeadRecord());
    for (const atMs of [0, 5_000]) updatePair(pair, bad(atMs), good(atMs, 50), context);
    expect([failureSumOf(pair.failures.all), failureSumOf(pair.failures.heavy)]).toEqual([2 * Math.log(180), 0]);
    expect(alarmOf(pair, by, false)).toBeNull();
    updatePair(pair, bad(6_000), good(6_000, 50), context);
    expect(alarmOf(pair, by, false)).toBe('failures');
  });
});
