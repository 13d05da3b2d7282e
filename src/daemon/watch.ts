import { limits } from '../core/limits.ts';
import type { Now } from '../core/ports.ts';

/** A stretch of time that we did not live through, or a wall clock that moved under us. Monotonic bounds. */
export interface Gap {
  readonly kind: 'suspended' | 'stalled' | 'clock_jump';
  readonly fromMonotonicMs: number;
  readonly toMonotonicMs: number;
  readonly byMs: number;
}

/**
 * Compares two turns of the loop. The loop turns at least once a second, so a longer silence is a stalled process; a
 * wall clock that ran ahead of the monotonic one is a suspended machine (Linux stops CLOCK_MONOTONIC in suspend) or a
 * clock that was set, and one that fell behind was set back.
 * @returns the gap, or `null` when time went on as it should
 */
export function gapBetween(before: Now, now: Now): Gap | null {
  const lived = now.monotonicMs - before.monotonicMs;
  const drift = now.wallMs - before.wallMs - lived;
  const span = { fromMonotonicMs: before.monotonicMs, toMonotonicMs: now.monotonicMs };
  if (lived > limits.suspendMs) return { kind: 'stalled', ...span, byMs: lived };
  if (drift > limits.suspendMs) return { kind: 'suspended', ...span, byMs: drift };
  if (Math.abs(drift) > limits.clockJumpMs) return { kind: 'clock_jump', ...span, byMs: drift };
  return null;
}
