import type { SamplePoint } from '../../core/sample.ts';
import { stamp } from '../../core/views.ts';

/** A time range on an axis, wall milliseconds. */
export interface TickSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Returns the time range from the oldest sample of all charts to now; `null`: there are no samples. */
export function stretchOf(strips: readonly (readonly SamplePoint[])[], nowMs: number): TickSpan | null {
  const starts = strips.flatMap((samples) => samples[0]?.startedAtMs ?? []);
  return starts.length === 0 ? null : { fromMs: Math.min(...starts), toMs: Math.max(nowMs, ...starts) };
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const steps = [
  10 * second,
  30 * second,
  minute,
  2 * minute,
  5 * minute,
  10 * minute,
  30 * minute,
  hour,
  2 * hour,
  6 * hour,
  24 * hour,
];

/**
 * Returns round times for the ticks of an axis, wall milliseconds. They divide the range into at most `most` intervals.
 */
export function ticksOf({ fromMs, toMs }: TickSpan, most: number): readonly number[] {
  const step = steps.find((one) => (toMs - fromMs) / one <= most) ?? (toMs - fromMs) / most;
  const first = Math.ceil(fromMs / step) * step;
  const count = toMs < first ? 0 : Math.floor((toMs - first) / step) + 1;
  return Array.from({ length: Math.min(count, most + 1) }, (_, i) => first + i * step);
}

/** Formats the label of a tick: the time of day (UTC), or the date if the range exceeds two days. */
export function formatTick(wallMs: number, { fromMs, toMs }: TickSpan): string {
  return toMs - fromMs > 48 * hour ? stamp(wallMs).slice(5, 10) : stamp(wallMs).slice(11, 16);
}
