/**
 * A response counts as late and bad if it takes longer than `factor` × the quantile `share` of the times of the
 * mirror's good responses.
 */
const factor = 4;
const share = 0.95;
/** The minimum and the maximum of `Patience.limitMs`, milliseconds. */
const bounds = { light: { min: 5_000, max: 10_000 }, heavy: { min: 12_000, max: 60_000 } } as const;
const kept = 200;
/** Until a mirror has this many good responses, its `limitMs` is the maximum, and the share of late responses is 0. */
const fewResponses = { light: 20, heavy: 5 } as const;
/** After this many further good responses, `limitMs` is computed again. */
const responsesBetween = { light: 20, heavy: 1 } as const;

/** How long a response of one mirror may take before it counts as bad. Milliseconds. */
export interface Patience {
  readonly weight: keyof typeof bounds;
  /** The times of the last good responses, oldest first, milliseconds. */
  readonly times: number[];
  untilNext: number;
  limitMs: number;
}

/** Makes a `Patience` without recorded times. Its `limitMs` begins at the maximum. */
export function newPatience(weight: Patience['weight']): Patience {
  return { weight, times: [], untilNext: fewResponses[weight], limitMs: bounds[weight].max };
}

/** The share of a mirror's recorded good responses that took longer than `ms`, 0 to 1; 0 while few times are recorded. */
export function lateShareOf({ times, weight }: Patience, ms: number): number {
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

export function recordTime(patience: Patience, tookMs: number): void {
  const { times } = patience;
  times.push(tookMs);
  if (times.length > kept) times.shift();
  patience.untilNext -= 1;
  if (patience.untilNext > 0) return;
  patience.untilNext = responsesBetween[patience.weight];
  const high = times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) * share)] ?? 0;
  const { min, max } = bounds[patience.weight];
  patience.limitMs = Math.min(max, Math.max(min, factor * high));
}
