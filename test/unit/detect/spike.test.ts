import { describe, expect, it } from 'vitest';
import type { Sample } from '../../../src/core/sample.ts';
import { explainSpike, isSpikeActionable, type SpeedSeries } from '../../../src/detect/findings/spike-says.ts';
import { newBaseline } from '../../../src/detect/rules/baseline.ts';
import { noSpeed, noSpike, type SpeedState, updateSpeed } from '../../../src/detect/rules/speed.ts';
import { aConfig, aDue, aSample, aTarget, failedWith, timedOut } from './world.ts';

const { spike: rule } = aConfig({ mirrors: [] }).detect;

describe('spike', () => {
  const due = aDue(aTarget('a'));
  const ok = (rttMs: number) => aSample(due, 0, rttMs);
  const timeout = aSample(due, 0, 10_000, timedOut(), { rttMs: null });
  const other = aSample(due, 0, 5, failedWith('server', 500));
  /** Knows a usual latency of 400 ms; `p99Ms`: of a few samples. */
  const warm = (p99Ms = 400) => ({
    ...noSpeed,
    baseline: newBaseline([...Array<number>(118).fill(400), p99Ms, p99Ms], null, rule),
  });

  function eventOf(before: SpeedState, after: SpeedState): string | null {
    if (before.spike.sinceMs === null) return after.spike.sinceMs === null ? null : 'opened';
    if (after.spike.sinceMs !== null) return null;
    return after.shift === null ? 'cleared' : 'relearned';
  }

  function play(samples: readonly Sample[], start: SpeedState = warm()): readonly string[] {
    let state = start;
    return samples.flatMap((sample, i) => {
      const before = state;
      ({ state } = updateSpeed(before, sample, { rule, nowMs: i * 30_000 }));
      const event = eventOf(before, state);
      return event === null ? [] : [`${event} ${i}`];
    });
  }

  it.each([
    { name: 'two slow ones', paces: [ok(1_001), ok(1_001)], want: [] },
    { name: 'three slow ones', paces: [ok(1_001), ok(1_001), ok(1_001)], want: ['opened 2'] },
    { name: 'three at exactly the factor', paces: [ok(1_000), ok(1_000), ok(1_000)], want: [] },
    { name: 'a fast one between', paces: [ok(1_001), ok(1_001), ok(400), ok(1_001)], want: [] },
    { name: 'a timeout counts as slow', paces: [ok(1_001), timeout, ok(1_001)], want: ['opened 2'] },
    { name: 'another failure holds the streak', paces: [ok(1_001), other, ok(1_001), ok(1_001)], want: ['opened 3'] },
    {
      name: 'it closes after three below 1.5 × baseline',
      paces: [timeout, timeout, timeout, ok(599), ok(599), ok(599)],
      want: ['opened 2', 'cleared 5'],
    },
    {
      name: 'exactly 1.5 × baseline is not below',
      paces: [timeout, timeout, timeout, ok(599), ok(599), ok(600), ok(599), ok(599)],
      want: ['opened 2'],
    },
    {
      name: 'a failure between holds the clearing, a timeout breaks it',
      paces: [timeout, timeout, timeout, ok(1), other, ok(1), timeout, ok(1), ok(1), other, ok(1)],
      want: ['opened 2', 'cleared 10'],
    },
  ])('$name', ({ paces, want }) => expect(play(paces)).toEqual(want));

  it('its streak counts on for as long as it lasts, through other failures, and starts anew with a usual answer', () => {
    let state: SpeedState = warm();
    const streak = [timeout, timeout, timeout, ok(1_001), other, ok(1_001), ok(700), ok(1_001)].map((sample, nowMs) => {
      ({ state } = updateSpeed(state, sample, { rule, nowMs }));
      return state.spike.slow;
    });
    expect(streak).toEqual([1, 2, 3, 4, 4, 5, 0, 1]);
  });

  it.each([
    { name: 'just above 1.1 × p99', rttMs: 3_301, want: ['opened 2'] },
    { name: 'exactly 1.1 × p99', rttMs: 3_300, want: [] },
  ])('three of $name: $want', ({ rttMs, want }) =>
    expect(play([ok(rttMs), ok(rttMs), ok(rttMs)], warm(3_000))).toEqual(want),
  );

  it('gives no verdict while warming, not even on timeouts', () =>
    expect(play([timeout, timeout, timeout, ok(9_000)], noSpeed)).toEqual([]));

  it.each([
    { name: 'just before relearn', lastMs: 7_199_999, pace: ok(2_000), want: null },
    { name: 'at relearn', lastMs: 7_200_000, pace: ok(2_000), want: 'relearned' },
    { name: 'at relearn, with nothing but a timeout', lastMs: 7_200_000, pace: timeout, want: null },
    { name: 'just before a day, with another failure', lastMs: 86_399_999, pace: other, want: null },
    { name: 'after a day, with another failure', lastMs: 86_400_000, pace: other, want: 'cleared' },
    { name: 'after a day, with a timeout', lastMs: 86_400_000, pace: timeout, want: null },
  ])('$name: $want', ({ lastMs, pace, want }) => {
    const open = { ...warm(), spike: { slow: 3, clear: 0, sinceMs: 0 } };
    expect(eventOf(open, updateSpeed(open, pace, { rule, nowMs: lastMs }).state)).toBe(want);
  });

  it.each([
    { hasCanary: true, targets: 1, judged: 100, want: true },
    { hasCanary: false, targets: 1, judged: 1, want: false },
    { hasCanary: false, targets: 2, judged: 4, want: true },
    { hasCanary: false, targets: 2, judged: 5, want: false },
    { hasCanary: false, targets: 3, judged: 5, want: true },
  ])(
    'reason enough to leave? canary $hasCanary, $targets of $judged: $want',
    ({ want, hasCanary, targets, judged }) => {
      const slow = Array.from({ length: targets }, (_, i) => ({
        target: aTarget('a', hasCanary && i === 0 ? 'mod' : 'info'),
      }));
      expect(isSpikeActionable(slow, judged)).toBe(want);
    },
  );
});

describe('whether a spike is reason to leave', () => {
  const series = (canary: boolean, isJudge: boolean): SpeedSeries =>
    ({
      target: { ...aTarget('a', canary ? 'mod' : 'info') },
      baseline: { medianMs: 100, p99Ms: 120 },
      spike: { sinceMs: 0, slow: 3, clear: 0 },
      shift: null,
      slow: { samples: 3, slowSamples: 3, observedMs: 2_000, probeIds: [] },
      isJudge,
    }) as unknown as SpeedSeries;
  const rule = { consecutive: 3, factor: 2.5, floorMs: 800, clear: 3, window: 120, warmup: 20, relearnMs: 7_200_000 };
  const says = (...all: readonly SpeedSeries[]) =>
    explainSpike('a', all, rule, { timeoutOf: () => 10_000, other: null });
  it('the canary over the connection that judges is; over another one it is only seen', () => {
    expect(says(series(true, true))).toMatchObject({ tag: 'trouble', actionable: true });
    expect(says(series(true, false))).toMatchObject({ tag: 'trouble', actionable: false });
  });
  it('half of what judges, at least two: what does not judge, or has no baseline yet, is not counted', () => {
    const [slow, well, warming] = [series(false, true), series(false, true), series(false, true)];
    const [fine, cold] = [
      { ...well, spike: noSpike },
      { ...warming, spike: noSpike, baseline: { ...warming.baseline, medianMs: null } },
    ];
    const elsewhere = { ...fine, isJudge: false };
    const others = [cold, cold, cold, elsewhere, elsewhere, elsewhere];
    expect(says(slow, slow, fine, fine, ...others)).toMatchObject({ actionable: true });
    expect(says(slow, slow, fine, fine, fine, ...others)).toMatchObject({ actionable: false });
  });
  it('says how slow, and what is usual', () =>
    expect(says(series(true, true))).toMatchObject({ text: 'a is slow: mod takes 2.0 s (usually 100 ms).' }));
});
