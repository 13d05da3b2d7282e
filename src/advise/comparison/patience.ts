import type { Weight } from '../../core/mirror.ts';

/**
 * A response counts as late and bad if it takes longer than `factor` × the quantile `share` of the times of the
 * mirror's good responses.
 */
const factor = 4;
const share = 0.95;
/** The minimum and the maximum of `limitMsOf`, milliseconds. */
const bounds = { light: { min: 5_000, max: 10_000 }, heavy: { min: 12_000, max: 60_000 } } as const;
const kept = 200;
/** Until a mirror has this many good responses, its limit is the maximum, and the share of late responses is 0. */
const fewResponses = { light: 20, heavy: 5 } as const;

/** Adds the time of a good response to the last `kept` ones of a mirror, oldest first. Milliseconds. */
export function recordTime(times: number[], tookMs: number): void {
  times.push(tookMs);
  if (times.length > kept) times.shift();
}

/**
 * How long a response of a mirror may take before it counts as bad, milliseconds.
 * @param times  those of its good responses, milliseconds
 */
export function limitMsOf(times: readonly number[], weight: Weight): number {
  const { min, max } = bounds[weight];
  if (times.length < fewResponses[weight]) return max;
  const high = times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) * share)] ?? 0;
  return Math.min(max, Math.max(min, factor * high));
}

/** The share of a mirror's good responses that took longer than `ms`, 0 to 1; 0 while few times are recorded. */
export function lateShareOf(times: readonly number[], weight: Weight, ms: number): number {
  const { length } = times;
  return length < fewResponses[weight] ? 0 : times.filter((one) => one > ms).length / length;
}

const deviations = 8;

/**
 * How long to wait for an artifact that other mirrors served in `tookMs`, milliseconds. `scatterMs`: the standard
 * deviation of time differences between mirrors.
 */
export function besideMs(tookMs: readonly number[], scatterMs: number): number {
  const { min, max } = bounds.heavy;
  const longest = Math.max(...tookMs);
  return Math.min(max, Math.max(min, factor * longest, longest + deviations * scatterMs));
}
