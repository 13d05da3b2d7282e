import { limits } from '../core/limits.ts';
import type { Now } from '../core/ports.ts';

/** A period in which the process did not run, or a jump of the wall clock. Monotonic bounds. */
export interface Gap {
  readonly kind: 'suspended' | 'stalled' | 'clock_jump';
  readonly fromMonotonicMs: number;
  readonly toMonotonicMs: number;
  readonly byMs: number;
}

/**
 * Compares two turns of the loop. The loop turns at least once a second, so a longer pause is a stalled process. A wall
 * clock that gained on the monotonic one is a suspended machine (Linux stops CLOCK_MONOTONIC in suspend) or was set
 * forward; one that lost was set back.
 * @returns the gap, or `null` for a normal turn
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
