import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/failure.ts';
import { isColdFetch, seenKeyOf } from '../../../src/detect/engine/settle.ts';
import { aDue, aSample, aTarget, refused } from './world.ts';

describe('cold fetch', () => {
  const ok: Outcome = { tag: 'ok' };
  const miss = { outcome: ok, cache: 'miss', rttMs: 50 } as const;
  const took = (rttMs: number) => ({ outcome: ok, cache: null, rttMs }) as const;
  it.each([
    ['first, and the cache says MISS', miss, false, 50, true],
    ['MISS before there is a median', miss, false, null, true],
    ['answered before, MISS all the same', miss, true, 50, false],
    ['first, just below ten medians', took(499.9), false, 50, false],
    ['first, ten medians', took(500), false, 50, true],
    ['first, ten medians by a delay of ours', { ...took(500), loopDelayMsMax: 1 }, false, 50, false],
    ['ten medians, answered before', took(500), true, 50, false],
    ['first and slow, no median to compare', took(9_000), false, null, false],
    ['a failure', { ...miss, outcome: refused, rttMs: 500 }, false, 50, false],
  ] as const)('%s', (_, sample, seen, median, want) =>
    expect(isColdFetch({ loopDelayMsMax: 0, ...sample }, seen, median)).toBe(want),
  );

  it('is remembered by mirror, module, resolved version and step', () => {
    const target = aTarget('a', 'info', 'example.com/a', 'latest');
    expect(seenKeyOf(aSample(aDue(target), 0, 1))).toBe('a|example.com/a|latest|info');
    const resolved = aSample(aDue(target), 0, 1, ok, { facts: { resolvedVersion: 'v1.2.3' } });
    expect(seenKeyOf(resolved)).toBe('a|example.com/a|v1.2.3|info');
  });
});
