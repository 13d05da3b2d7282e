import { describe, expect, it } from 'vitest';
import { baselineForVersion, emptyBaseline, learn, medianOf, newBaseline } from '../../../src/detect/rules/baseline.ts';
import { seeded } from './seeded.ts';
import { aConfig } from './world.ts';

const { spike: rule } = aConfig({ mirrors: [] }).detect;

describe('baseline', () => {
  it.each([
    { values: [], want: null },
    { values: [3], want: 3 },
    { values: [9, 1], want: 5 },
    { values: [9, 1, 2], want: 2 },
    { values: [100, 9, 1, 2], want: 5.5 },
  ])('median of $values: $want', ({ values, want }) => expect(medianOf(values)).toBe(want));

  it.each([
    { count: 19, want: null },
    { count: 20, want: 100 },
    { count: 21, want: 100 },
  ])('after $count samples: $want', ({ count, want }) => {
    let baseline = emptyBaseline;
    for (let i = 0; i < count; i++) baseline = learn(baseline, 100, rule);
    expect(baseline.medianMs).toBe(want);
  });

  it('takes the 99th percentile by rank, or as the quartiles imply where that is more', () => {
    const p99Of = (window: readonly number[]) => newBaseline(window, null, rule).p99Ms;
    const flat = Array.from({ length: 120 }, (_, i) => 100 + (i % 3));
    expect(p99Of([...flat.slice(2), 5_000, 6_000])).toBe(5_000);
    // Quartiles at e^-.6745 and e^.6745 of the median: a standard deviation of 1, and 2.326 of them.
    const tail = Array.from({ length: 120 }, (_, i) =>
      i < 40 ? 100 * Math.exp(-0.6745) : i < 80 ? 100 : 100 * Math.exp(0.6745),
    );
    expect(p99Of(tail)).toBeCloseTo(100 * Math.exp(2.326), 0);
  });

  it('forgets what left the window, oldest first', () => {
    let baseline = newBaseline(Array<number>(120).fill(100), null, rule);
    for (let i = 0; i < 60; i++) baseline = learn(baseline, 200, rule);
    expect(baseline).toMatchObject({ medianMs: 150 });
    baseline = learn(baseline, 200, rule);
    expect(baseline.medianMs).toBe(200);
    expect(baseline.window).toHaveLength(120);
    expect(baseline.window.filter((ms) => ms === 100)).toHaveLength(59);
  });

  it('learnt one by one is that of its window, whatever the order and however often a value comes', () => {
    const random = seeded(5);
    const window = Array.from({ length: 600 }, () => Math.floor(random() * 40) ** 2);
    for (const small of [rule, { ...rule, window: 5, warmup: 3 }]) {
      let baseline = emptyBaseline;
      for (const [at, rttMs] of window.entries()) {
        baseline = learn(baseline, rttMs, small);
        expect(baseline).toEqual(newBaseline(window.slice(0, at + 1), null, small));
      }
    }
  });

  it.each([
    { name: 'the same version', before: 'v1', next: 'v1', wantLength: 30, wantVersion: 'v1' },
    { name: 'another version', before: 'v1', next: 'v2', wantLength: 0, wantVersion: 'v2' },
    { name: 'the first known version', before: null, next: 'v1', wantLength: 30, wantVersion: 'v1' },
    { name: 'an answer that does not say', before: 'v1', next: undefined, wantLength: 30, wantVersion: 'v1' },
  ])('$name keeps $wantLength samples', ({ before, next, wantLength, wantVersion }) => {
    const baseline = newBaseline(Array<number>(30).fill(5), before, rule);
    const got = baselineForVersion(baseline, next);
    expect([got.window.length, got.resolvedVersion]).toEqual([wantLength, wantVersion]);
  });
});
