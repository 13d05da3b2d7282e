import type { Reason } from './failure.ts';

/** The length of each trend and of its cells: a chart has room for about 300 cells. */
export const trendGrids = {
  hour: { cellMs: 60_000, cells: 60 },
  day: { cellMs: 300_000, cells: 288 },
  week: { cellMs: 1_800_000, cells: 336 },
} as const;

export type TrendRange = keyof typeof trendGrids;
export const trendRanges = Object.keys(trendGrids) as readonly TrendRange[];

/** The summary of one mirror over one cell of time. A cell without settled samples is not stored. */
export interface TrendCell {
  /** Wall milliseconds, a whole multiple of the cell's length. */
  readonly startMs: number;
  /** Samples of the canary by outcome; first fetches of a cache count as ok. */
  readonly ok: number;
  readonly failed: number;
  readonly unknown: number;
  /** Latency percentiles of its ok samples, to 2 %; `null`: there were none. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** The longest time within the cell without a settled sample of the canary. */
  readonly silentMs: number;
  /** Scheduled probes of all targets that were ok or failed, and the reasons of failures. */
  readonly attempts: number;
  readonly failures: Readonly<Partial<Record<Reason, number>>>;
  /** The download rate of artifacts without slow start; `null`: none was large enough. */
  readonly bytesPerSecond: number | null;
  /** The largest observed lag, lower and upper bound; `null`: unknown. */
  readonly lagLowerMs: number | null;
  readonly lagUpperMs: number | null;
}

/**
 * The trend of a mirror: its cells, oldest first. A missing cell is a gap: the mirror was not monitored, which is never
 * fine.
 */
export interface Trend {
  readonly range: TrendRange;
  readonly cellMs: number;
  /** Start of the oldest possible cell, and now; wall milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly cells: readonly TrendCell[];
}
