import { expect, test } from 'vitest';
import { measuredOf } from '../../../src/advise/observed.ts';
import type { TallyEntry } from '../../../src/advise/tally.ts';
import { quantile } from '../../../src/core/statistics.ts';

test('the p95 of an advice is the one of the page: a value that was measured', () => {
  const times = [...Array.from({ length: 9 }, () => 180), 1_200];
  const entries = times.map((tookMs, atMs): TallyEntry => {
    return { atMs, tag: 'ok', reason: null, status: 200, tookMs, slow: false, cold: false, round: null };
  });
  expect(measuredOf(entries).p95Ms).toBe(1_200);
  expect(measuredOf(entries).p95Ms).toBe(
    quantile(
      times.sort((a, b) => a - b),
      0.95,
    ),
  );
});
