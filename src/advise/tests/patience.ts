/** A response is late, and counts as bad, after `factor` times the quantile `share` of a mirror's good responses. */
const factor = 4;
const share = 0.95;
/** Limits of that time, milliseconds. */
const bounds = { light: { min: 5_000, max: 10_000 }, heavy: { min: 12_000, max: 60_000 } } as const;
/** Good responses kept, the minimum to learn from, and how many there are between two computations. */
const kept = 200;
const fewAnswers = { light: 20, heavy: 5 } as const;
const everyAnswers = { light: 20, heavy: 1 } as const;

/** How long a mirror's response is waited for before it counts as bad, for steps of one weight. Milliseconds. */
export interface Patience {
  readonly weight: keyof typeof bounds;
  /** A ring; `at` is the next place. */
  readonly times: number[];
  at: number;
  /** Good responses until `limitMs` is computed again. */
  untilNext: number;
  limitMs: number;
}

/** Starts with the longest time. */
export function newPatience(weight: Patience['weight']): Patience {
  return { weight, times: [], at: 0, untilNext: fewAnswers[weight], limitMs: bounds[weight].max };
}

/** The share of a mirror's good responses that take longer than `ms`, 0 to 1; 0 while few are known. */
export function lateShareOf({ times, weight }: Patience, ms: number): number {
  if (times.length < fewAnswers[weight]) return 0;
  return times.filter((one) => one > ms).length / times.length;
}

/** The wait beyond the others' longest time, in standard deviations: what one time counts in a time test at most. */
const deviations = 8;

/** The wait for an artifact that others served in `tookMs`, with this deviation of differences. Milliseconds. */
export function besideMs(tookMs: readonly number[], scatterMs: number): number {
  const { min, max } = bounds.heavy;
  const longest = Math.max(...tookMs);
  return Math.min(max, Math.max(min, factor * longest, longest + deviations * scatterMs));
}

/** Records one good response. Milliseconds. */
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
