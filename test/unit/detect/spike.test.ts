import { describe, expect, it } from 'vitest';
import { isSpikeActionable, judgeSpike, noSpike, type Pace } from '../../../src/detect/rules/spike.ts';
import { aConfig } from './world.ts';

const { spike: rule } = aConfig({ mirrors: [] }).detect;

describe('spike', () => {
  const ok = (rttMs: number): Pace => ({ kind: 'ok', rttMs });
  const timeout: Pace = { kind: 'timeout', limitMs: 10_000 };
  const other: Pace = { kind: 'other' };

  function play(paces: readonly Pace[], baselineMs: number | null = 400, stepMs = 30_000): readonly string[] {
    let state = noSpike;
    return paces.flatMap((pace, i) => {
      const judged = judgeSpike(state, pace, { baselineMs, timeoutMs: 10_000, rule, nowMs: i * stepMs });
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
  ])('$name', ({ paces, want }) => {
    expect(play(paces)).toEqual(want);
  });

  it('gives no verdict while warming, not even on timeouts', () => {
    expect(play([timeout, timeout, timeout, ok(9_000)], null)).toEqual([]);
  });

  it.each([
    { name: 'just before relearn', lastMs: 7_199_999, pace: ok(2_000), want: null },
    { name: 'at relearn', lastMs: 7_200_000, pace: ok(2_000), want: 'relearned' },
    { name: 'at relearn, with nothing but a timeout', lastMs: 7_200_000, pace: timeout, want: null },
  ])('$name: $want', ({ lastMs, pace, want }) => {
    const state = { slow: 3, clear: 0, sinceMs: 0 };
    expect(judgeSpike(state, pace, { baselineMs: 400, timeoutMs: 10_000, rule, nowMs: lastMs }).event).toBe(want);
  });

  it.each([
    { hasCanary: true, targets: 1, judged: 100, want: true },
    { hasCanary: false, targets: 1, judged: 1, want: false },
    { hasCanary: false, targets: 2, judged: 4, want: true },
    { hasCanary: false, targets: 2, judged: 5, want: false },
    { hasCanary: false, targets: 3, judged: 5, want: true },
  ])('reason enough to leave? canary $hasCanary, $targets of $judged: $want', ({ want, ...spike }) => {
    expect(isSpikeActionable(spike)).toBe(want);
  });
});
