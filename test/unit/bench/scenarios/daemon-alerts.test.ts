import { describe, expect, it } from 'vitest';
import { createAlerting } from '../../../../bench/scenarios/daemon/alerts.ts';
import { createBudget } from '../../../../bench/scenarios/daemon/budget.ts';
import { p95 } from '../../../../bench/scenarios/daemon/slowness.ts';
import type { IncomingAlert } from '../../../../src/core/evidence.ts';
import type { SettledSample } from '../../../../src/core/sample.ts';
import { Heap } from '../../../../src/schedule/heap.ts';
import { aDue, aSample, aTarget, epochMs, refused } from '../../detect/world.ts';

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

/** Two mirrors asked each half minute, the rules evaluated each minute; gives what was posted, by minutes. */
function postedIn(minutes: number, answer: (minute: number, count: number) => number | 'refused', isTaken = true) {
  const posted: { readonly atMinutes: number; readonly alert: IncomingAlert }[] = [];
  const timers = new Heap<() => void>();
  let nowMs = 0;
  const alerting = createAlerting({
    post(alert) {
      posted.push({ atMinutes: Math.floor(nowMs / 60_000), alert });
      return isTaken;
    },
    after: (delayMs, run) => timers.push(() => run(nowMs), nowMs + delayMs),
  });
  const targets = ['a', 'b'].map((registry) => aTarget(registry));
  for (let count = 0; count < minutes * 2; count += 1) {
    const untilMs = (count + 1) * 30_000;
    for (; timers.leastKey() <= untilMs; timers.pop()?.()) nowMs = timers.leastKey();
    nowMs = untilMs;
    for (const target of targets) {
      const said = target.registry === 'a' ? answer(nowMs / 60_000, count) : 80;
      const sample = said === 'refused' ? aSample(aDue(target), nowMs, 2, refused) : aSample(aDue(target), nowMs, said);
      const settled: SettledSample = { ...sample, cold: false, thresholdMs: 800, baselineMs: 80 };
      alerting.observe([settled]);
    }
    if (count % 2 === 0) continue;
    const baselines = targets.map((target) => ({
      target,
      connection: 'cold' as const,
      baselineMs: 80,
      thresholdMs: 800,
      streak: 0,
    }));
    alerting.evaluate({ baselines, standings: [], isSuspect: false }, nowMs);
  }
  return posted.map(({ atMinutes, alert }) => ({
    atMinutes,
    name: alert.labels['alertname'],
    registry: alert.labels['registry'],
    status: alert.status,
    startedMinutes: Math.floor((alert.startsAtMs - epochMs) / 60_000),
  }));
}

describe('Prometheus and Alertmanager beside a daemon', () => {
  it('say nothing while all is well', () => {
    expect(postedIn(180, () => 80)).toEqual([]);
  });

  it('fire after twenty minutes on slowness without a streak, repeat, and resolve when an hour has passed', () => {
    const isSlow = (minute: number, count: number): boolean => minute >= 90 && minute < 150 && count % 3 === 0;
    const posted = postedIn(300, (minute, count) => (isSlow(minute, count) ? 1_500 : 80));
    const [first, second] = posted;
    expect(first).toMatchObject({ name: 'MirrorSlow', registry: 'a', status: 'firing' });
    // 5 % of an hour's 120 answers are slow after 18 answers; then `for`.
    expect(first?.atMinutes).toBeGreaterThanOrEqual(90 + 9 + 20);
    expect(first?.atMinutes).toBeLessThanOrEqual(90 + 9 + 20 + 4);
    expect(second).toMatchObject({ status: 'firing', startedMinutes: first?.startedMinutes });
    expect((second?.atMinutes ?? 0) - (first?.atMinutes ?? 0)).toBe(10);
    // The last quarter is well from about 164 on; then it is kept firing.
    const last = posted.at(-1);
    expect(last).toMatchObject({ status: 'resolved', startedMinutes: first?.startedMinutes });
    expect(last?.atMinutes).toBeGreaterThanOrEqual(170);
    expect(last?.atMinutes).toBeLessThanOrEqual(180);
    expect(posted.filter(({ status }) => status === 'resolved')).toHaveLength(1);
  });

  it('only the fast burn fires, within minutes of every request failing', () => {
    const posted = postedIn(100, (minute) => (minute >= 60 ? 'refused' : 80));
    expect(new Set(posted.map(({ name }) => name))).toEqual(new Set(['MirrorErrorBudgetFast']));
    // 15 % of an hour, then `for`.
    expect(posted[0]?.atMinutes).toBeGreaterThan(60 + 2);
    expect(posted[0]?.atMinutes).toBeLessThan(60 + 15);
  });

  it('send again each half minute what the daemon did not take', () => {
    const posted = postedIn(90, (minute) => (minute >= 60 ? 'refused' : 80), false);
    const perMinute = posted.filter(({ atMinutes, name }) => atMinutes === 85 && name === 'MirrorErrorBudgetFast');
    expect(perMinute).toHaveLength(2);
  });
});
