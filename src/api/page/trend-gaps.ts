import { limits } from '../../core/limits.ts';
import type { Trend, TrendCell } from '../../core/trend.ts';

/** A stretch in which nothing was watched; wall milliseconds. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Whether the canary was asked in it, whatever came of it. */
export function isWatched({ ok, failed, unknown }: TrendCell): boolean {
  return ok + failed + unknown > 0;
}

/**
 * Stretches without any cell in which the canary was asked: between two of them as long as two of its paces, so that what is
 * asked seldom is not taken for a gap, and before the first and after the last.
 */
export function gapsOf({ fromMs, toMs, cellMs, cells }: Trend, paceMs: number): readonly Gap[] {
  const leastMs = Math.max(cellMs, 2 * paceMs);
  const gaps: Gap[] = [];
  let endMs = fromMs;
  for (const { startMs } of cells.filter(isWatched)) {
    if (startMs - endMs >= leastMs) gaps.push({ fromMs: endMs, toMs: startMs });
    endMs = startMs + cellMs;
  }
  return toMs - endMs >= leastMs ? [...gaps, { fromMs: endMs, toMs }] : gaps;
}

/** How long of a cell nothing was watched, where that is longer than the canary's pace explains; else 0. Milliseconds. */
export function silenceIn({ silentMs }: TrendCell, paceMs: number): number {
  return silentMs > Math.max(limits.silentMsMin, limits.silentPaces * paceMs) ? silentMs : 0;
}

/** How long nothing was watched in all, milliseconds. */
export function unwatchedMs(trend: Trend, paceMs: number): number {
  const inGaps = gapsOf(trend, paceMs).reduce((sum, gap) => sum + gap.toMs - gap.fromMs, 0);
  return trend.cells.filter(isWatched).reduce((sum, cell) => sum + silenceIn(cell, paceMs), inGaps);
}

/** Cells that follow each other without a gap, oldest first: what one line may go through. */
export function runsOf(cells: readonly TrendCell[], cellMs: number, paceMs: number): readonly (readonly TrendCell[])[] {
  const leastMs = Math.max(cellMs, 2 * paceMs);
  const runs: TrendCell[][] = [];
  let endMs = Number.NEGATIVE_INFINITY;
  for (const cell of cells) {
    if (cell.startMs - endMs >= leastMs) runs.push([]);
    runs.at(-1)?.push(cell);
    endMs = cell.startMs + cellMs;
  }
  return runs;
}
