import { describe, expect, it } from 'vitest';
import { createBudget } from '../../../../bench/scenarios/daemon/budget.ts';
import { p95 } from '../../../../bench/scenarios/daemon/slowness.ts';

describe('the 95th percentile as Prometheus takes it from buckets', () => {
  it.each([
    { name: 'all in one bucket: 95 % of the way through it', seconds: Array(100).fill(0.9), wanted: 0.8 + 0.95 * 0.3 },
    { name: 'one in ten above: half of the way through the upper bucket', seconds: tenth(1.2), wanted: 1.35 },
    { name: 'one in fifty above: in the lower bucket', seconds: [...Array(98).fill(0.09), 2, 2], wanted: 0.0985 },
  ])('$name', ({ seconds, wanted }) => {
    expect(p95(seconds.map((one) => ({ seconds: one })))).toBeCloseTo(wanted, 3);
  });

  it('is nothing of nothing', () => {
    expect(p95([])).toBeNaN();
  });
});

describe('the error budget of a mirror', () => {
  /** Twenty probes a minute, of which so many fail in the minutes that are named. */
  function after(minutes: number, failing: (minute: number) => number) {
    const budget = createBudget();
    for (let minute = 0; minute < minutes; minute += 1) {
      for (let probe = 0; probe < 20; probe += 1) budget.count(probe < failing(minute));
      budget.close();
    }
    return { isFast: budget.burns('fast'), isSlow: budget.burns('slow') };
  }

  it.each([
    { name: 'nothing fails', minutes: 120, failing: () => 0, wanted: { isFast: false, isSlow: false } },
    {
      name: 'one in five for a quarter of an hour',
      minutes: 15,
      failing: () => 4,
      wanted: { isFast: true, isSlow: true },
    },
    {
      name: 'one in twenty, which is 5 times the budget, for two days',
      minutes: 2 * 1440,
      failing: () => 1,
      wanted: { isFast: false, isSlow: true },
    },
    {
      name: 'one in five until ten minutes ago',
      minutes: 60,
      failing: (minute: number) => (minute < 50 ? 4 : 0),
      wanted: { isFast: true, isSlow: true },
    },
    {
      name: 'one in five until three hours ago',
      minutes: 240,
      failing: (minute: number) => (minute < 60 ? 4 : 0),
      wanted: { isFast: false, isSlow: true },
    },
  ])('$name', ({ minutes, failing, wanted }) => {
    expect(after(minutes, failing)).toEqual(wanted);
  });
});

function tenth(seconds: number): number[] {
  return [...Array(90).fill(0.09), ...Array(10).fill(seconds)];
}
