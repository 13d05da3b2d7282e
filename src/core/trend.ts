import type { Reason } from './failure.ts';

/** Cell length and number of cells of each trend. */
export const trendGrids = {
  hour: { cellMs: 60_000, cells: 60 },
  day: { cellMs: 300_000, cells: 288 },
  week: { cellMs: 1_800_000, cells: 336 },
} as const;

export type TrendRange = keyof typeof trendGrids;
export const trendRanges = Object.keys(trendGrids) as readonly TrendRange[];

export interface TrendCell {
  /** The start of the cell: wall time, a multiple of the cell length. */
  readonly startMs: number;
  /**
   * Numbers of samples of the canary (the probe that decides whether the mirror is up), by verdict. `ok` includes first
   * fetches through a cache.
   */
  readonly ok: number;
  readonly failed: number;
  readonly unknown: number;
  /**
   * Quantiles of the round-trip times of ok canary samples, accurate to 2 %. First fetches through a cache do not
   * count. `null`: there are no such samples.
   */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** The longest time in which no canary sample was settled (got its final verdict). */
  readonly silentMs: number;
  /** The number of scheduled probes of all targets, without those with an unknown result. */
  readonly attempts: number;
  readonly failures: Readonly<Partial<Record<Reason, number>>>;
  /** The rate of artifact downloads, without TCP slow start; `null`: none was large enough. */
  readonly bytesPerSecond: number | null;
  /** The bounds of the largest lag in this cell; `null`: unknown. */
  readonly lagLowerMs: number | null;
  readonly lagUpperMs: number | null;
}

/** The cells of a mirror, oldest first. A missing cell is a time in which the mirror was not monitored. */
export interface Trend {
  readonly range: TrendRange;
  readonly cellMs: number;
  /** The start of the oldest cell that the trend can contain, wall time. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly cells: readonly TrendCell[];
}
