/** A response is late, and counts as bad, after `factor` times the quantile `share` of a mirror's good responses. */
const factor = 4;
const share = 0.95;
/** Limits of that waiting time, milliseconds: clients wait longer for an artifact. */
const bounds = { light: { min: 5_000, max: 10_000 }, heavy: { min: 12_000, max: 60_000 } } as const;
/** Number of good responses kept, the minimum to learn from, and how often the time is computed again. */
const kept = 200;
const fewAnswers = { light: 20, heavy: 5 } as const;
const everyAnswers = { light: 20, heavy: 1 } as const;

/** How long a mirror's response is waited for before it counts as bad, for steps of one weight. */
export interface Patience {
  readonly weight: keyof typeof bounds;
  readonly times: number[];
  at: number;
  untilNext: number;
  limitMs: number;
}

/** The initial waiting time is the longest: nothing is known yet, and an artifact may be large. */
export function newPatience(weight: Patience['weight']): Patience {
  return { weight, times: [], at: 0, untilNext: fewAnswers[weight], limitMs: bounds[weight].max };
}

/** The share of a mirror's good responses that take longer than `ms`, 0 to 1; 0 while few are known. */
export function lateShareOf({ times, weight }: Patience, ms: number): number {
  if (times.length < fewAnswers[weight]) return 0;
  return times.filter((one) => one > ms).length / times.length;
}

/**
 * The wait beyond the others' longest time is at least this many standard deviations, within `bounds`: in a time
 * test, a single time counts as at most this many.
 */
const deviations = 8;

/**
 * The waiting time for an artifact that others served in `tookMs` (each > 0). Milliseconds.
 * @param scatterMs  the standard deviation of time differences
 */
export function besideMs(tookMs: readonly number[], scatterMs: number): number {
  const { min, max } = bounds.heavy;
  const longest = Math.max(...tookMs);
  return Math.min(max, Math.max(min, factor * longest, longest + deviations * scatterMs));
}

/** Learns from one good response. Milliseconds. */
export function recordTime(patience: Patience, tookMs: number): void {
  patience.times[patience.at] = tookMs;
  patience.at = (patience.at + 1) % kept;
  patience.untilNext -= 1;
  if (patience.untilNext > 0) return;
  patience.untilNext = everyAnswers[patience.weight];
  const sorted = [...patience.times].sort((a, b) => a - b);
  const high = sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  const { min, max } = bounds[patience.weight];
  patience.limitMs = Math.min(max, Math.max(min, factor * high));
}
