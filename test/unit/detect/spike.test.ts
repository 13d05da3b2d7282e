import { describe, expect, it } from 'vitest';
import { explainSpike, isSpikeActionable, type SpeedSeries } from '../../../src/detect/findings/spike-says.ts';
import { judgeSpike, noSpike, type SpeedPace } from '../../../src/detect/rules/speed.ts';
import { aConfig, aTarget } from './world.ts';

const { spike: rule } = aConfig({ mirrors: [] }).detect;

describe('spike', () => {
  const ok = (rttMs: number): SpeedPace => ({ kind: 'ok', rttMs });
  const timeout: SpeedPace = { kind: 'timeout', limitMs: 10_000 };
  const other: SpeedPace = { kind: 'other' };

  function play(paces: readonly SpeedPace[], baselineMs: number | null = 400, stepMs = 30_000): readonly string[] {
    let state = noSpike;
    return paces.flatMap((pace, i) => {
      const judged = judgeSpike(state, pace, { baselineMs, p99Ms: null, timeoutMs: 10_000, rule, nowMs: i * stepMs });
      state = judged.state;
      return judged.event === null ? [] : [`${judged.event} ${i}`];
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
    let state = noSpike;
    const streak = [timeout, timeout, timeout, ok(1_001), other, ok(1_001), ok(700), ok(1_001)].map((pace, i) => {
      ({ state } = judgeSpike(state, pace, { baselineMs: 400, p99Ms: null, timeoutMs: 10_000, rule, nowMs: i }));
      return state.slow;
    });
    expect(streak).toEqual([1, 2, 3, 4, 4, 5, 0, 1]);
  });

  it.each([
    { name: 'just above 1.1 × p99', rttMs: 3_301, want: ['opened 2'] },
    { name: 'exactly 1.1 × p99', rttMs: 3_300, want: [] },
  ])('three of $name: $want', ({ rttMs, want }) => {
    let state = noSpike;
    const events = [0, 1, 2].flatMap((i) => {
      const judged = judgeSpike(state, ok(rttMs), { baselineMs: 400, p99Ms: 3_000, timeoutMs: 10_000, rule, nowMs: i });
      state = judged.state;
      return judged.event === null ? [] : [`${judged.event} ${i}`];
    });
    expect(events).toEqual(want);
  });

  it('gives no verdict while warming, not even on timeouts', () =>
    expect(play([timeout, timeout, timeout, ok(9_000)], null)).toEqual([]));

  it.each([
    { name: 'just before relearn', lastMs: 7_199_999, pace: ok(2_000), want: null },
    { name: 'at relearn', lastMs: 7_200_000, pace: ok(2_000), want: 'relearned' },
    { name: 'at relearn, with nothing but a timeout', lastMs: 7_200_000, pace: timeout, want: null },
    { name: 'just before a day, with another failure', lastMs: 86_399_999, pace: other, want: null },
    { name: 'after a day, with another failure', lastMs: 86_400_000, pace: other, want: 'cleared' },
    { name: 'after a day, with a timeout', lastMs: 86_400_000, pace: timeout, want: null },
  ])('$name: $want', ({ lastMs, pace, want }) => {
    const state = { slow: 3, clear: 0, sinceMs: 0 };
    expect(
      judgeSpike(state, pace, { baselineMs: 400, p99Ms: null, timeoutMs: 10_000, rule, nowMs: lastMs }).event,
    ).toBe(want);
  });

  it.each([
    { hasCanary: true, targets: 1, judged: 100, want: true },
    { hasCanary: false, targets: 1, judged: 1, want: false },
    { hasCanary: false, targets: 2, judged: 4, want: true },
    { hasCanary: false, targets: 2, judged: 5, want: false },
    { hasCanary: false, targets: 3, judged: 5, want: true },
  ])('reason enough to leave? canary $hasCanary, $targets of $judged: $want', ({ want, ...spike }) =>
    expect(isSpikeActionable(spike)).toBe(want),
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
