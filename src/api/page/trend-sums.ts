import type { Reason } from '../../core/failure.ts';
import type { Trend, TrendCell } from '../../core/trend.ts';
import { bytes, duration, percent, span } from './format.ts';
import type { PageSay } from './say.ts';
import { unwatchedMs } from './trend-gaps.ts';

/** Of how many judged answers of the canary what share was ok. */
export function answeredWords(cells: readonly TrendCell[], say: PageSay): string {
  const ok = sumOf(cells, 'ok');
  const asked = ok + sumOf(cells, 'failed');
  return asked === 0
    ? say('history.answeredNever')
    : say('history.answeredSays', { share: percent(say, ok / asked), probes: asked });
}

/** Between which medians the cells lie. */
export function rttWords(cells: readonly TrendCell[], say: PageSay): string {
  const low = duration(say, leastOf(cells, 'p50Ms'));
  const high = duration(say, mostOf(cells, 'p50Ms'));
  if (mostOf(cells, 'p50Ms') === null) return say('history.rttNever');
  return low === high ? low : say('history.rttSays', { low, high });
}

/** For how long nothing was watched. */
export function gapWords(trend: Trend, paceMs: number, say: PageSay): string {
  const ms = unwatchedMs(trend, paceMs);
  return ms === 0 ? say('history.noGaps') : say('history.gaps', { length: span(say, ms) });
}

/** How far behind it was at worst, between the bounds of that. */
export function lagWords(cells: readonly TrendCell[], say: PageSay): string {
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

/** How fast downloads were, slowest and fastest cell. */
export function throughputWords(cells: readonly TrendCell[], say: PageSay): string {
  const [low, high] = [leastOf(cells, 'bytesPerSecond'), mostOf(cells, 'bytesPerSecond')];
  if (low === null || high === null) return say('history.throughputNone');
  return bytes(low) === bytes(high)
    ? say('history.throughputOne', { low: bytes(low) })
    : say('history.throughputBetween', { low: bytes(low), high: bytes(high) });
}

/** Failures of all targets by reason, the commonest first. */
export function failuresOf(cells: readonly TrendCell[]): readonly (readonly [reason: Reason, count: number])[] {
  const counts = new Map<Reason, number>();
  for (const { failures } of cells)
    for (const [reason, count] of Object.entries(failures) as [Reason, number][])
      counts.set(reason, (counts.get(reason) ?? 0) + count);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

/** Sum of one figure. */
export function sumOf(cells: readonly TrendCell[], name: 'ok' | 'failed' | 'unknown' | 'attempts'): number {
  return cells.reduce((sum, cell) => sum + cell[name], 0);
}

type Measured = 'p50Ms' | 'p95Ms' | 'bytesPerSecond' | 'lagLowerMs';

/** The largest of one figure; `null`: nothing measured. */
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
