import type { Reason } from './failure.ts';

/** How far back a trend reaches, and by what cells: some three hundred are as many as a chart has room for. */
export const trendGrids = {
  hour: { cellMs: 60_000, cells: 60 },
  day: { cellMs: 300_000, cells: 288 },
  week: { cellMs: 1_800_000, cells: 336 },
} as const;

export type TrendRange = keyof typeof trendGrids;
export const trendRanges = Object.keys(trendGrids) as readonly TrendRange[];

/** What is kept of one mirror for one stretch of time; nothing is kept of a stretch in which nothing was settled. */
export interface TrendCell {
  /** Wall milliseconds, a whole multiple of the cell's length. */
  readonly startMs: number;
  /** Answers of the canary by how they ended; first fetches of a cache are ok. */
  readonly ok: number;
  readonly failed: number;
  readonly unknown: number;
  /** Round trips of its ok answers, to 2 %; `null`: there was none. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** The longest time within the cell without any answer of the canary settled. */
  readonly silentMs: number;
  /** Scheduled probes of all targets that were ok or failed, and why those failed that did. */
  readonly attempts: number;
  readonly failures: Readonly<Partial<Record<Reason, number>>>;
  /** Of artifacts without their slow start; `null`: none was large enough to tell. */
  readonly bytesPerSecond: number | null;
  /** The furthest behind that it was seen, at least and at most; `null`: unknown. */
  readonly lagLowerMs: number | null;
  readonly lagUpperMs: number | null;
}

/** How a mirror went: its cells, oldest first. A stretch that is missing was not watched: it is a gap, never fine. */
export interface Trend {
  readonly range: TrendRange;
  readonly cellMs: number;
  /** Start of the oldest cell that could be there, and now; wall milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly cells: readonly TrendCell[];
}
