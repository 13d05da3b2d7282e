import { describe, expect, it } from 'vitest';
import { isClear, isSlow, thresholdMsOf } from '../../../src/detect/rules/threshold.ts';
import { aConfig } from './world.ts';

const { spike: rule } = aConfig({ mirrors: [] }).detect;

describe('threshold', () => {
  it.each([
    { name: 'the floor rules a fast mirror', baselineMs: 100, timeoutMs: 10_000, want: 800 },
    { name: 'just where factor and floor meet', baselineMs: 320, timeoutMs: 10_000, want: 800 },
    { name: 'the factor rules above', baselineMs: 400, timeoutMs: 10_000, want: 1_000 },
    { name: 'just below the cap', baselineMs: 3_599, timeoutMs: 10_000, want: 8_997.5 },
    { name: 'never above 0.9 × timeout', baselineMs: 4_000, timeoutMs: 10_000, want: 9_000 },
    { name: 'the cap holds against the floor too', baselineMs: 10, timeoutMs: 500, want: 450 },
    { name: 'warming', baselineMs: null, timeoutMs: 10_000, want: null },
  ])('$name: $want', ({ baselineMs, timeoutMs, want }) =>
    expect(thresholdMsOf({ medianMs: baselineMs }, rule, timeoutMs)).toBe(want),
  );

  it.each([
    { name: 'just below the floor', observedMs: 799.9, baselineMs: 100, want: false },
    { name: 'at the floor', observedMs: 800, baselineMs: 100, want: true },
    { name: 'exactly the factor', observedMs: 1_000, baselineMs: 400, want: false },
    { name: 'just above the factor', observedMs: 1_000.1, baselineMs: 400, want: true },
    { name: 'exactly 0.9 × timeout', observedMs: 9_000, baselineMs: 9_500, want: false },
    { name: 'just above 0.9 × timeout', observedMs: 9_000.1, baselineMs: 9_500, want: true },
    { name: 'warming: no verdict', observedMs: 9_999, baselineMs: null, want: null },
  ])('slow? $name: $want', ({ observedMs, baselineMs, want }) =>
    expect(isSlow(observedMs, { medianMs: baselineMs }, rule, 10_000)).toBe(want),
  );

  it.each([
    { name: 'just below 1.5 × baseline', observedMs: 1_499.9, baselineMs: 1_000, want: true },
    { name: 'at 1.5 × baseline', observedMs: 1_500, baselineMs: 1_000, want: false },
    { name: 'just above it', observedMs: 1_500.1, baselineMs: 1_000, want: false },
    { name: 'just below half of the floor, far above 1.5 × baseline', observedMs: 399.9, baselineMs: 3, want: true },
    { name: 'at half of the floor', observedMs: 400, baselineMs: 3, want: false },
  ])('clear? $name: $want', ({ observedMs, baselineMs, want }) =>
    expect(isClear(observedMs, { medianMs: baselineMs }, rule, 10_000)).toBe(want),
  );

  it('throws on NaN, which is a defect of the caller', () => {
    expect(() => thresholdMsOf({ medianMs: Number.NaN }, rule, 10_000)).toThrow(RangeError);
    expect(() => isSlow(Number.NaN, { medianMs: 100 }, rule, 10_000)).toThrow(RangeError);
  });
});

it.each([
  { name: 'below it the factor rules', p99Ms: 900, want: 1_000 },
  { name: 'above it 1.1 × p99 does', p99Ms: 3_000, want: 3_300 },
  { name: 'never above 0.9 × timeout', p99Ms: 9_000, want: 9_000 },
])('a long tail: $name: $want', ({ p99Ms, want }) => {
  const slowMs = thresholdMsOf({ medianMs: 400, p99Ms }, rule, 10_000) ?? 0;
  expect(slowMs).toBeCloseTo(want);
  expect([
    isSlow(slowMs + 1, { medianMs: 400, p99Ms }, rule, 10_000),
    isSlow(slowMs - 1, { medianMs: 400, p99Ms }, rule, 10_000),
  ]).toEqual([true, false]);
});
