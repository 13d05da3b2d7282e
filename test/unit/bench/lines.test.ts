import { expect, test } from 'vitest';
import { lines, linesTargets } from '../../../bench/lines.ts';

test('the page of a daemon that has measured everything: all of its lines are counted, and no more than are planned', async () => {
  const report = await lines({ say: () => {}, end: () => {} });
  for (const { lines: all, planned, families, nativeSeries } of report.rows) {
    expect(Object.values(families).reduce((sum, count) => sum + count, 0)).toBe(all);
    expect(families['mirror_probe_rtt_seconds']).toBeGreaterThan(0);
    expect(all).toBeLessThanOrEqual(planned);
    expect(nativeSeries).toBeGreaterThan(0);
    expect(nativeSeries).toBeLessThan(all);
  }
  expect(linesTargets(report)).toHaveLength(5);
});
