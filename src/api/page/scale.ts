import { phases } from '../../core/failure.ts';
import type { PhaseTimes, SamplePoint, SeriesNow } from '../../core/sample.ts';
import { stamp } from '../../core/views.ts';

/** A logarithmic axis of durations, milliseconds. */
export type TimeScale = TickSpan;

/** The possible ends of a scale: 1, 2 or 5 times a power of ten, from 0.1 ms to 500 s. */
const ends = [-1, 0, 1, 2, 3, 4, 5].flatMap((power) => [1, 2, 5].map((n) => n * 10 ** power));

/** Returns the scale that shows all durations (milliseconds), even the shortest one with some length. */
export function timeScaleOf(times: readonly number[]): TimeScale {
  const all = times.filter((ms) => ms > 0);
  if (all.length === 0) return { fromMs: 1, toMs: 1000 };
  const [least, most] = [Math.min(...all) / 1.5, Math.max(...all, 0.2)];
  return { fromMs: ends.findLast((ms) => ms <= least) ?? 0.1, toMs: ends.find((ms) => ms >= most) ?? 1_000_000 };
}

/** Returns the position of a duration on a scale: 0 is its start or before, 1 is its end or after. */
export function shareOn({ fromMs, toMs }: TimeScale, ms: number): number {
  return Math.min(1, Math.max(0, Math.log(ms / fromMs) / Math.log(toMs / fromMs)));
}

/** Returns the powers of ten inside a scale, milliseconds. */
export function decadesOf({ fromMs, toMs }: TimeScale): readonly number[] {
  return ends.filter((ms, i) => i % 3 === 0 && ms > fromMs && ms < toMs);
}

/** Formats the end of a scale or a power of ten: `0.5 ms`, `100 ms`, `2 s`. */
export function formatRound(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}

/** Returns the sum of the phases, milliseconds. */
export function totalOf(times: PhaseTimes): number {
  return phases.reduce((sum, phase) => sum + (times[phase] ?? 0), 0);
}

/**
 * Returns the durations that a bar and a small chart of a series show, milliseconds.
 * @param thresholdMs  the threshold of slow responses; `null`: there is none
 */
export function rttsOf({ phases: times, recent }: Pick<SeriesNow, 'phases' | 'recent'>, thresholdMs: number | null) {
  return [totalOf(times), thresholdMs ?? 0, ...okTimesOf(recent)];
}

export function okTimesOf(samples: readonly SamplePoint[]): readonly number[] {
  return samples.flatMap(({ outcome, rttMs }) => (outcome.tag === 'ok' ? (rttMs ?? []) : []));
}

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
