import type { Trend, TrendCell } from '../../core/trend.ts';
import { bytes, durationHtml, formatCoordinate, type Html, html, type PageSay, short, span } from './html.ts';
import { formatTick, ticksOf } from './ticks.ts';
import { formatResponses, formatRtt, gapsOf, isMonitored, mostOf, runsOf, silenceIn } from './trend-sums.ts';

/**
 * The dimensions of a chart of a trend. The chart adapts to the width of the page, so x is in percent and y in pixels.
 */
export interface TrendFrame {
  readonly heightPx: number;
  /** The interval between canary probes, milliseconds. */
  readonly paceMs: number;
  readonly label: string;
  readonly say: PageSay;
  readonly isDetailed: boolean;
}

const headPx = 16;
const leastPx = 4;

/** Renders a chart of round-trip times. Columns from the top show failures. Hatching means unmonitored or unknown. */
export function renderRttChart(trend: Trend, frame: TrendFrame): Html {
  const { cells, cellMs } = trend;
  const topMs = Math.max(1, mostOf(cells, 'p95Ms') ?? 0);
  const runs = runsOf(
    cells.filter(({ p50Ms }) => p50Ms !== null),
    cellMs,
    frame.paceMs,
  );
  return around(
    trend,
    frame,
    mostOf(cells, 'p95Ms') === null ? '' : durationHtml(frame.say, topMs),
    html`${hatched(cells, (cell) => missingIn(cell, trend, frame.paceMs), trend, frame)}${plot(frame, html`${columns('fails', cells, failedIn, trend, frame)}${runs.map((run) => band(run, trend, topMs))}${runs.map((run) => line(run, trend, topMs))}`)}${frame.isDetailed && cells.map((cell) => tip(cell, trend, frame))}`,
  );
}

/** Renders a chart of the lag. Times without a known lag are hatched. */
export function renderLagChart(trend: Trend, frame: TrendFrame): Html {
  const top = mostOf(trend.cells, 'lagLowerMs') ?? 0;
  const share = ({ lagLowerMs }: TrendCell): number | null => lagLowerMs && lagLowerMs / top;
  const unknown = (cell: TrendCell): number => (cell.lagLowerMs === null && isMonitored(cell) ? 1 : 0);
  return around(
    trend,
    frame,
    top > 0 ? span(frame.say, top) : '',
    html`${hatched(trend.cells, unknown, trend, frame)}${plot(frame, columns('lag', trend.cells, share, trend, frame))}`,
  );
}

/** Renders a chart of download speeds. Each cell with a download has a column. */
export function renderThroughputChart(trend: Trend, frame: TrendFrame): Html {
  const top = mostOf(trend.cells, 'bytesPerSecond') ?? 0;
  const share = ({ bytesPerSecond }: TrendCell): number | null => bytesPerSecond && bytesPerSecond / top;
  return around(
    trend,
    frame,
    top > 0 ? `${bytes(top)}/s` : '',
    plot(frame, columns('rate', trend.cells, share, trend, frame)),
  );
}

function around(trend: Trend, { heightPx, paceMs, label, say }: TrendFrame, top: string, drawn: Html): Html {
  const gaps = gapsOf(trend, paceMs).map(
    ({ fromMs, toMs }) =>
      html`<rect x="${x(fromMs, trend)}%" width="${width(fromMs, toMs - fromMs, trend)}%" y="${headPx}" height="${heightPx - headPx}" fill="url(#hatch)" class="gap"><title>${say('history.gap', { from: short(fromMs), to: short(toMs) })}</title></rect>`,
  );
  return html`<svg class="trend" width="100%" height="${heightPx + 16}" role="img" aria-label="${label}"><title>${label}</title>
<line x1="0" x2="100%" y1="${heightPx}" y2="${heightPx}" class="axis"/>${ticks(trend, heightPx)}${gaps}${drawn}<text x="0" y="11" class="axis-word">${top}</text></svg>`;
}

function ticks(trend: Trend, heightPx: number): Html[] {
  return ticksOf(trend, 8).map((tick, i) => {
    const at = x(tick, trend);
    // A label at an edge would be cut off, so it is omitted.
    const isWhole = Number(at) > 4 && Number(at) < 96;
    return html`<line x1="${at}%" x2="${at}%" y1="${headPx}" y2="${heightPx}" class="tick"/>${isWhole && html`<text x="${at}%" y="${heightPx + 13}" class="axis-word tick-word${i % 2 === 1 && ' minor'}">${formatTick(tick, trend)}</text>`}`;
  });
}

function plot({ heightPx }: TrendFrame, drawn: Html | null): Html {
  return html`<svg y="${headPx}" width="100%" height="${heightPx - headPx}" viewBox="0 0 1000 100" preserveAspectRatio="none">${drawn}</svg>`;
}

function failedIn({ ok, failed, unknown }: TrendCell): number | null {
  return failed > 0 ? failed / (ok + failed + unknown) : null;
}

/**
 * Returns the fraction of a cell (a part of the time range) without results: the fraction of unknown probes, or of time
 * without probes, whichever is larger. For a cell without any probe, returns 0.
 */
function missingIn(cell: TrendCell, { cellMs }: Trend, paceMs: number): number {
  if (!isMonitored(cell)) return 0;
  return Math.max(cell.unknown / (cell.ok + cell.failed + cell.unknown), silenceIn(cell, paceMs) / cellMs);
}

/**
 * Renders a column for each cell for which `shareOf` returns a share of the height, all as one SVG shape. Columns of
 * class `fails` start at the top, and others at the bottom.
 */
function columns(
  kind: 'fails' | 'lag' | 'rate',
  cells: readonly TrendCell[],
  shareOf: (cell: TrendCell) => number | null,
  trend: Trend,
  { heightPx }: TrendFrame,
): Html | null {
  const least = (100 * (kind === 'lag' ? 1 : leastPx)) / (heightPx - headPx);
  const parts = cells.flatMap((cell) => {
    const share = shareOf(cell);
    if (share === null) return [];
    const height = formatCoordinate(Math.min(100, Math.max(least, 100 * share)));
    const from = formatCoordinate(10 * Number(x(cell.startMs, trend)));
    const wide = formatCoordinate(10 * Number(width(cell.startMs, trend.cellMs, trend)));
    return [kind === 'fails' ? `M${from} 0v${height}h${wide}V0z` : `M${from} 100v-${height}h${wide}V100z`];
  });
  return parts.length === 0 ? null : html`<path d="${parts.join('')}" class="c-${kind}"/>`;
}

function hatched(
  cells: readonly TrendCell[],
  shareOf: (cell: TrendCell) => number,
  trend: Trend,
  { heightPx }: TrendFrame,
): Html {
  const runs: { fromMs: number; toMs: number; height: number }[] = [];
  for (const cell of cells) {
    const share = shareOf(cell);
    if (share === 0) continue;
    const room = heightPx - headPx;
    const height = Math.round(Math.min(room, Math.max(leastPx, share * room)));
    const last = runs.at(-1);
    if (last?.toMs === cell.startMs && last.height === height) last.toMs += trend.cellMs;
    else runs.push({ fromMs: cell.startMs, toMs: cell.startMs + trend.cellMs, height });
  }
  return html`${runs.map(({ fromMs, toMs, height }) => html`<rect x="${x(fromMs, trend)}%" width="${width(fromMs, toMs - fromMs, trend)}%" y="${heightPx - height}" height="${height}" fill="url(#hatch)"/>`)}`;
}

function band(run: readonly TrendCell[], trend: Trend, topMs: number): Html | null {
  if (run.length < 2) return null;
  const upper = run.map((cell) => point(cell, cell.p95Ms, trend, topMs));
  const lower = run.map((cell) => point(cell, cell.p50Ms, trend, topMs)).toReversed();
  return html`<polygon class="p95" points="${[...upper, ...lower].join(' ')}"/>`;
}

function line(run: readonly TrendCell[], trend: Trend, topMs: number): Html {
  const [first] = run;
  const points =
    run.length === 1 && first !== undefined
      ? [-0.5, 0.5].map((off) =>
          point({ ...first, startMs: first.startMs + off * trend.cellMs }, first.p50Ms, trend, topMs),
        )
      : run.map((cell) => point(cell, cell.p50Ms, trend, topMs));
  return html`<polyline class="rtt" points="${points.join(' ')}"/>`;
}

function point({ startMs }: TrendCell, ms: number | null, trend: Trend, topMs: number): string {
  const along = 10 * Number(x(startMs + trend.cellMs / 2, trend));
  return `${formatCoordinate(along)},${formatCoordinate(100 - (100 * (ms ?? 0)) / topMs)}`;
}

function tip(cell: TrendCell, trend: Trend, { heightPx, say }: TrendFrame): Html {
  const text = say('history.cell', {
    from: short(cell.startMs),
    share: formatResponses([cell], say),
    rtt: formatRtt([cell], say),
  });
  return html`<rect x="${x(cell.startMs, trend)}%" width="${width(cell.startMs, trend.cellMs, trend)}%" y="${headPx}" height="${heightPx - headPx}" class="tip"><title>${text}</title></rect>`;
}

function x(wallMs: number, { fromMs, toMs }: Trend): string {
  return (Math.min(1, Math.max(0, (wallMs - fromMs) / (toMs - fromMs))) * 100).toFixed(2);
}

function width(fromMs: number, lengthMs: number, trend: Trend): string {
  return Math.max(0, Number(x(fromMs + lengthMs, trend)) - Number(x(fromMs, trend))).toFixed(2);
}
