import type { Reason } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Trend, TrendCell } from '../../core/trend.ts';
import { bytes, durationHtml, type PageSay, percentHtml, span } from './html.ts';
import type { TickSpan } from './scale.ts';

export function formatResponses(cells: readonly TrendCell[], say: PageSay): string {
  const ok = sumOf(cells, 'ok');
  const total = ok + sumOf(cells, 'failed');
  return total === 0
    ? say('history.answeredNever')
    : say('history.answeredSays', { share: percentHtml(say, ok / total), probes: total });
}

export function formatRtt(cells: readonly TrendCell[], say: PageSay): string {
  const low = durationHtml(say, leastOf(cells, 'p50Ms'));
  const high = durationHtml(say, mostOf(cells, 'p50Ms'));
  if (mostOf(cells, 'p50Ms') === null) return say('history.rttNever');
  return low === high ? low : say('history.rttSays', { low, high });
}

export function formatGaps(trend: Trend, paceMs: number, say: PageSay): string {
  const ms = unwatchedMsOf(trend, paceMs);
  return ms === 0 ? say('history.noGaps') : say('history.gaps', { length: span(say, ms) });
}

export function formatLag(cells: readonly TrendCell[], say: PageSay): string {
  const worst = cells.reduce<TrendCell | null>(
    (found, cell) => (cell.lagLowerMs !== null && cell.lagLowerMs >= (found?.lagLowerMs ?? 0) ? cell : found),
    null,
  );
  if (worst === null) return say('history.lagUnknown');
  const lower = span(say, worst.lagLowerMs ?? 0);
  if (worst.lagLowerMs === 0) return say('history.lagNone');
  if (worst.lagUpperMs === null) return say('history.lagAtLeast', { lower });
  const upper = span(say, worst.lagUpperMs);
  return lower === upper ? lower : say('history.lagBetween', { lower, upper });
}

export function formatThroughput(cells: readonly TrendCell[], say: PageSay): string {
  const [low, high] = [leastOf(cells, 'bytesPerSecond'), mostOf(cells, 'bytesPerSecond')];
  if (low === null || high === null) return say('history.throughputNone');
  return bytes(low) === bytes(high)
    ? say('history.throughputOne', { low: bytes(low) })
    : say('history.throughputBetween', { low: bytes(low), high: bytes(high) });
}

/** Counts the failures of all targets by reason, the most frequent first. */
export function failuresOf(cells: readonly TrendCell[]): readonly (readonly [reason: Reason, count: number])[] {
  const counts = new Map<Reason, number>();
  for (const { failures } of cells)
    for (const [reason, count] of Object.entries(failures) as [Reason, number][])
      counts.set(reason, (counts.get(reason) ?? 0) + count);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

export function sumOf(cells: readonly TrendCell[], name: 'ok' | 'failed' | 'unknown' | 'attempts'): number {
  return cells.reduce((sum, cell) => sum + cell[name], 0);
}

type Measured = 'p50Ms' | 'p95Ms' | 'bytesPerSecond' | 'lagLowerMs';

/** Returns the largest value of one field over all cells; `null`: no cell has a value. */
export function mostOf(cells: readonly TrendCell[], name: Measured): number | null {
  return cells.reduce<number | null>(
    (most, { [name]: value }) => (value !== null && value >= (most ?? 0) ? value : most),
    null,
  );
}

function leastOf(cells: readonly TrendCell[], name: Measured): number | null {
  return cells.reduce<number | null>(
    (least, { [name]: value }) => (value !== null && value <= (least ?? value) ? value : least),
    null,
  );
}

export function isMonitored({ ok, failed, unknown }: TrendCell): boolean {
  return ok + failed + unknown > 0;
}

/**
 * Returns the time ranges without canary probes that are at least one cell long and at least two probe intervals long.
 */
export function gapsOf({ fromMs, toMs, cellMs, cells }: Trend, paceMs: number): readonly TickSpan[] {
  const leastMs = Math.max(cellMs, 2 * paceMs);
  const gaps: TickSpan[] = [];
  let endMs = fromMs;
  for (const { startMs } of cells.filter(isMonitored)) {
    if (startMs - endMs >= leastMs) gaps.push({ fromMs: endMs, toMs: startMs });
    endMs = startMs + cellMs;
  }
  return toMs - endMs >= leastMs ? [...gaps, { fromMs: endMs, toMs }] : gaps;
}

/**
 * Returns the unmonitored time of a cell, milliseconds. It is 0 up to `silentMsMin`, and up to `silentPaces` probe
 * intervals, because short pauses are normal.
 */
export function silenceIn({ silentMs }: TrendCell, paceMs: number): number {
  return silentMs > Math.max(limits.silentMsMin, limits.silentPaces * paceMs) ? silentMs : 0;
}

export function unwatchedMsOf(trend: Trend, paceMs: number): number {
  const inGaps = gapsOf(trend, paceMs).reduce((sum, gap) => sum + gap.toMs - gap.fromMs, 0);
  return trend.cells.filter(isMonitored).reduce((sum, cell) => sum + silenceIn(cell, paceMs), inGaps);
}

/** Splits the cells (the oldest first) at each gap, because the chart draws a separate line for each part. */
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
