import { expect, it } from 'vitest';
import { reportOf } from '../../../bench/cpu.ts';

const costs = { threads: 0.9, theirs: 1, inline: 0.8, undici: 0.85, socket: 0.6 };

/** A cycle on a host that takes `slowness` times as long as it could. */
function cycle(slowness: number, othersCores = 0): Parameters<typeof reportOf>[0][number] {
  const round = (ms: number) => ({
    probes: 100,
    failed: 1,
    cpuMsPerProbe: slowness * ms,
    perSecond: 1_000 / (slowness * ms),
  });
  const rounds = new Map(Object.entries(costs).map(([who, ms]) => [who, round(ms)]));
  return { rounds, stretch: { fromMs: 0, toMs: 5_000, othersCores, stolenCores: 0 } };
}

it('compares within a cycle, floors too, so that a host that changes its speed changes no ratio', () => {
  const report = reportOf([1, 2.2, 1.1, 0.7, 1.9, 1].map((slowness) => cycle(slowness)));
  expect(report.cpuRatio.least).toBeCloseTo(0.9);
  expect(report.cpuRatio.most).toBeCloseTo(0.9);
  expect(report.rateRatio.median).toBeCloseTo(1 / 0.9);
  const floors = report.floors.map(({ way, cpuRatio: { least, most } }) => [way, least.toFixed(2), most.toFixed(2)]);
  expect(floors).toEqual([
    ['inline', '0.80', '0.80'],
    ['undici', '0.85', '0.85'],
    ['socket', '0.60', '0.60'],
  ]);
  expect(report.ours.map(({ cpuMsPerProbe }) => cpuMsPerProbe.toFixed(2))).toContain('1.98');
  expect(report).toMatchObject({ failed: 30, disturbed: 0, calm: true });
});

it('leaves out cycles in which others were at work, unless too few are left', () => {
  const calm = [1, 1, 1, 1, 1].map((slowness) => cycle(slowness));
  expect(reportOf([...calm, cycle(3, 1)])).toMatchObject({ disturbed: 1, calm: true, ours: { length: 5 } });
  expect(reportOf([...calm.slice(1), cycle(3, 1)])).toMatchObject({ disturbed: 0, calm: false, ours: { length: 5 } });
});
