import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/failure.ts';
import { isColdFetch, seenKeyOf } from '../../../src/detect/engine/settle.ts';
import { aDue, aSample, aTarget, refused } from './world.ts';

describe('cold fetch', () => {
  const ok: Outcome = { tag: 'ok' };
  it.each([
    {
      name: 'first, and the cache says MISS',
      sample: { outcome: ok, cache: 'miss', rttMs: 50 },
      seen: false,
      median: 50,
      want: true,
    },
    {
      name: 'MISS before there is a median',
      sample: { outcome: ok, cache: 'miss', rttMs: 50 },
      seen: false,
      median: null,
      want: true,
    },
    {
      name: 'answered before, MISS all the same',
      sample: { outcome: ok, cache: 'miss', rttMs: 50 },
      seen: true,
      median: 50,
      want: false,
    },
    {
      name: 'first, just below ten medians',
      sample: { outcome: ok, cache: null, rttMs: 499.9 },
      seen: false,
      median: 50,
      want: false,
    },
    {
      name: 'first, ten medians',
      sample: { outcome: ok, cache: null, rttMs: 500 },
      seen: false,
      median: 50,
      want: true,
    },
    {
      name: 'first, ten medians by a delay of ours',
      sample: { outcome: ok, cache: null, rttMs: 500, loopDelayMsMax: 1 },
      seen: false,
      median: 50,
      want: false,
    },
    {
      name: 'ten medians, answered before',
      sample: { outcome: ok, cache: null, rttMs: 500 },
      seen: true,
      median: 50,
      want: false,
    },
    {
      name: 'first and slow, no median to compare',
      sample: { outcome: ok, cache: null, rttMs: 9_000 },
      seen: false,
      median: null,
      want: false,
    },
    {
      name: 'a failure',
      sample: { outcome: refused, cache: 'miss', rttMs: 500 },
      seen: false,
      median: 50,
      want: false,
    },
  ] as const)('$name: $want', ({ sample, seen, median, want }) =>
    expect(isColdFetch({ loopDelayMsMax: 0, ...sample }, seen, median)).toBe(want),
  );

  it('is remembered by mirror, module, resolved version and step', () => {
    const target = aTarget('a', 'info', 'example.com/a', 'latest');
    expect(seenKeyOf(aSample(aDue(target), 0, 1))).toBe('a|example.com/a|latest|info');
    const resolved = aSample(aDue(target), 0, 1, ok, { facts: { resolvedVersion: 'v1.2.3' } });
    expect(seenKeyOf(resolved)).toBe('a|example.com/a|v1.2.3|info');
  });
});
