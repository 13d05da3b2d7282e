import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/failure.ts';
import { isContaminated } from '../../../src/detect/rules/contaminated.ts';
import { refused, timedOut } from './world.ts';

describe('contaminated', () => {
  const ok: Outcome = { tag: 'ok' };
  it.each([
    { name: 'delay just below the distance', outcome: ok, rttMs: 700, delayMs: 99.9, thresholdMs: 800, want: false },
    { name: 'delay at the distance', outcome: ok, rttMs: 700, delayMs: 100, thresholdMs: 800, want: true },
    { name: 'delay at the distance from above', outcome: ok, rttMs: 900, delayMs: 100, thresholdMs: 800, want: true },
    { name: 'no delay on the threshold itself', outcome: ok, rttMs: 800, delayMs: 0, thresholdMs: 800, want: false },
    { name: 'warming, below 20 ms', outcome: ok, rttMs: 100, delayMs: 19.9, thresholdMs: null, want: false },
    { name: 'warming, 20 ms and 10 %', outcome: ok, rttMs: 200, delayMs: 20, thresholdMs: null, want: true },
    { name: 'warming, 20 ms and less than 10 %', outcome: ok, rttMs: 201, delayMs: 20, thresholdMs: null, want: false },
    {
      name: 'timeout, just below a quarter',
      outcome: timedOut(),
      rttMs: 10_000,
      delayMs: 2_499,
      thresholdMs: 800,
      want: false,
    },
    {
      name: 'timeout, a quarter of it',
      outcome: timedOut(),
      rttMs: 10_000,
      delayMs: 2_500,
      thresholdMs: 800,
      want: true,
    },
    { name: 'a refused connection', outcome: refused, rttMs: 5, delayMs: 5_000, thresholdMs: 800, want: false },
    {
      name: 'what is unknown already',
      outcome: { tag: 'unknown', because: 'local' } as Outcome,
      rttMs: 5,
      delayMs: 5_000,
      thresholdMs: 800,
      want: false,
    },
  ])('$name: $want', ({ outcome, rttMs, delayMs, thresholdMs: limit, want }) => {
    expect(isContaminated({ outcome, rttMs, loopDelayMsMax: delayMs }, limit)).toBe(want);
  });
});
