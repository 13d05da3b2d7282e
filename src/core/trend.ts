import type { Reason } from './failure.ts';

/** The length of each trend: a chart has room for about 300 cells. */
export const trendGrids = {
  hour: { cellMs: 60_000, cells: 60 },
  day: { cellMs: 300_000, cells: 288 },
  week: { cellMs: 1_800_000, cells: 336 },
} as const;

export type TrendRange = keyof typeof trendGrids;
export const trendRanges = Object.keys(trendGrids) as readonly TrendRange[];

/** The summary of one mirror over one cell of time. */
export interface TrendCell {
  /** Wall time, a multiple of the cell's length. */
  readonly startMs: number;
  /** Samples of the canary; first fetches of a cache are ok. */
  readonly ok: number;
  readonly failed: number;
  readonly unknown: number;
  /** Of ok samples but first fetches, to 2 %; `null`: none. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** The longest time without a settled sample of the canary. */
  readonly silentMs: number;
  /** Scheduled probes of all targets that were not unknown, and the reasons of failures. */
  readonly attempts: number;
  readonly failures: Readonly<Partial<Record<Reason, number>>>;
  /** Of artifacts, without slow start; `null`: none was large enough. */
  readonly bytesPerSecond: number | null;
  /** The largest lag; `null`: unknown. */
  readonly lagLowerMs: number | null;
  readonly lagUpperMs: number | null;
}

/** The cells of a mirror, oldest first. A missing cell is a gap: the mirror was not monitored. */
export interface Trend {
  readonly range: TrendRange;
  readonly cellMs: number;
  /** Start of the oldest possible cell, and now; wall time. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly cells: readonly TrendCell[];
}
