import { everyMs, paceOf } from '../../core/config.ts';
import type { Mirror } from '../../core/mirror.ts';
import type { Trend, TrendCell, TrendRange } from '../../core/trend.ts';
import type { ApiDeps } from '../deps.ts';
import { canaryViewOf, type ViewGroup, viewGroupsOf } from '../views.ts';
import { mirrorPathOf, renderStateBadge } from './badges.ts';
import { bytes, durationHtml, formatCoordinate, type Html, html, type PageSay, short, span } from './html.ts';
import { formatRange, renderRangeNav } from './range.ts';
import { formatTick, ticksOf } from './scale.ts';
import { adviceInForce, shownStateOf } from './shown-state.ts';
import { timelinePathOf } from './timeline.ts';
import {
  failuresOf,
  formatGaps,
  formatLag,
  formatResponses,
  formatRtt,
  formatThroughput,
  gapsOf,
  isMonitored,
  mostOf,
  runsOf,
  silenceIn,
  sumOf,
} from './trend-sums.ts';

/**
 * The dimensions of a chart of a trend. The chart adapts to the width of the page, so x is in percent and y in pixels.
 */
interface TrendFrame {
  readonly trend: Trend;
  readonly heightPx: number;
  /** The top of the axis of times, which charts of one upstream share, milliseconds; `null`: the largest time of the trend. */
  readonly topMs: number | null;
  /** The interval between canary probes, milliseconds. */
  readonly paceMs: number;
  readonly label: string;
  readonly say: PageSay;
  readonly isDetailed: boolean;
}

const headPx = 16;
const leastPx = 4;

/** Renders a chart of round-trip times. Columns from the top show failures. Hatching means unmonitored or unknown. */
function renderRttChart(frame: TrendFrame): Html {
  const { trend } = frame;
  const { cells, cellMs } = trend;
  const topMs = Math.max(1, frame.topMs ?? mostOf(cells, 'p95Ms') ?? 0);
  const runs = runsOf(
    cells.filter(({ p50Ms }) => p50Ms !== null),
    cellMs,
    frame.paceMs,
  );
  return around(
    frame,
    mostOf(cells, 'p95Ms') === null ? '' : durationHtml(frame.say, topMs),
    html`${hatched(frame, (cell) => missingIn(cell, trend, frame.paceMs))}${plot(frame, html`${columns(frame, 'fails', failedIn)}${runs.map((run) => band(run, trend, topMs))}${runs.map((run) => line(run, trend, topMs))}`)}${frame.isDetailed && cells.map((cell) => tip(cell, frame))}`,
  );
}

/** Renders a chart of the lag. Times without a known lag are hatched. */
function renderLagChart(frame: TrendFrame): Html {
  const top = mostOf(frame.trend.cells, 'lagLowerMs') ?? 0;
  const share = ({ lagLowerMs }: TrendCell): number | null => lagLowerMs && lagLowerMs / top;
  const unknown = (cell: TrendCell): number => (cell.lagLowerMs === null && isMonitored(cell) ? 1 : 0);
  const drawn = html`${hatched(frame, unknown)}${plot(frame, columns(frame, 'lag', share))}`;
  return around(frame, top > 0 ? span(frame.say, top) : '', drawn);
}

/** Renders a chart of download speeds. Each cell with a download has a column. */
function renderThroughputChart(frame: TrendFrame): Html {
  const top = mostOf(frame.trend.cells, 'bytesPerSecond') ?? 0;
  const share = ({ bytesPerSecond }: TrendCell): number | null => bytesPerSecond && bytesPerSecond / top;
  return around(frame, top > 0 ? `${bytes(top)}/s` : '', plot(frame, columns(frame, 'rate', share)));
}

function around({ trend, heightPx, paceMs, label, say }: TrendFrame, top: string, drawn: Html): Html {
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
  { trend, heightPx }: TrendFrame,
  kind: 'fails' | 'lag' | 'rate',
  shareOf: (cell: TrendCell) => number | null,
): Html | null {
  const least = (100 * (kind === 'lag' ? 1 : leastPx)) / (heightPx - headPx);
  const parts = trend.cells.flatMap((cell) => {
    const share = shareOf(cell);
    if (share === null) return [];
    const height = formatCoordinate(Math.min(100, Math.max(least, 100 * share)));
    const from = formatCoordinate(10 * Number(x(cell.startMs, trend)));
    const wide = formatCoordinate(10 * Number(width(cell.startMs, trend.cellMs, trend)));
    return [kind === 'fails' ? `M${from} 0v${height}h${wide}V0z` : `M${from} 100v-${height}h${wide}V100z`];
  });
  return parts.length === 0 ? null : html`<path d="${parts.join('')}" class="c-${kind}"/>`;
}

function hatched({ trend, heightPx }: TrendFrame, shareOf: (cell: TrendCell) => number): Html {
  const runs: { fromMs: number; toMs: number; height: number }[] = [];
  const room = heightPx - headPx;
  for (const cell of trend.cells) {
    const share = shareOf(cell);
    if (share === 0) continue;
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

function tip(cell: TrendCell, { trend, heightPx, say }: TrendFrame): Html {
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

const reasonsShown = 5;
const chartPx = { row: 92, large: 190, small: 56 } as const;

/** The maximum number of mirrors on one page. It is limited, because rendering blocks the event loop. */
export const mirrorsShown = 24;

/**
 * Renders a page with the trends of several mirrors.
 * @param from  the number of mirrors to skip
 */
export function renderTrends(say: PageSay, deps: ApiDeps, range: TrendRange, from: number): Html {
  const page = { say, deps, range };
  const groups = viewGroupsOf(deps.config());
  const shown = new Set(groups.flatMap(({ mirrors }) => mirrors).slice(from, from + mirrorsShown));
  const cell = deps.trend(deps.config().mirrors[0]?.name ?? '', range)?.cellMs ?? 0;
  return html`<h1>${say('history.of', { range: formatRange(range, say) })}</h1>
${renderRangeNav(range, say, (one) => `/history?range=${one}`)}
${groups.length > 1 && groupNav(groups, shown, range, say)}
<p class="legend">${say('history.legend', { cell: span(say, cell) })}</p>
${groups.map((group) => groupSection(page, group, shown))}
${pageLinks(deps.config().mirrors.length, from, range, say)}`;
}

function groupNav(groups: readonly ViewGroup[], shown: ReadonlySet<Mirror>, range: TrendRange, say: PageSay): Html {
  const all = groups.flatMap(({ mirrors }) => mirrors);
  const pathTo = (group: ViewGroup): string => {
    const [first] = group.mirrors;
    if (first === undefined || shown.has(first)) return `#${idOf(group)}`;
    const page = Math.floor(all.indexOf(first) / mirrorsShown);
    return `/history?range=${range}&from=${page * mirrorsShown}#${idOf(group)}`;
  };
  return html`<nav class="choice groups" aria-label="${say('history.groups')}">${groups.map((group) => html`<a href="${pathTo(group)}">${nameOf(group)} <small>${group.mirrors.length}</small></a>`)}</nav>`;
}

function pageLinks(count: number, from: number, range: TrendRange, say: PageSay): Html | null {
  const rest = count - from - mirrorsShown;
  if (from === 0 && rest <= 0) return null;
  const before = Math.max(0, from - mirrorsShown);
  return html`<p class="pages">${from > 0 && html`<a href="/history?range=${range}&amp;from=${before}">${say('history.before')}</a> `}${rest > 0 && html`<a href="/history?range=${range}&amp;from=${from + mirrorsShown}">${say('history.more', { count: rest })}</a>`}</p>`;
}

/** What a page of trends is rendered from. */
interface TrendPage {
  readonly say: PageSay;
  readonly deps: ApiDeps;
  readonly range: TrendRange;
}

function groupSection(page: TrendPage, group: ViewGroup, shown: ReadonlySet<Mirror>): Html | null {
  const mine = group.mirrors.filter((mirror) => shown.has(mirror));
  if (mine.length === 0) return null;
  const cells = mine.flatMap(({ name }) => page.deps.trend(name, page.range)?.cells ?? []);
  const topMs = mostOf(cells, 'p95Ms');
  return html`<section aria-labelledby="${idOf(group)}"><h2 id="${idOf(group)}">${nameOf(group)} <span class="count">${page.say('history.mirrors', { count: group.mirrors.length })}</span></h2>${mine.map((mirror) => mirrorRow(page, mirror, topMs))}</section>`;
}

function mirrorRow(page: TrendPage, mirror: Mirror, topMs: number | null): Html {
  const { say, deps, range } = page;
  const standing = deps.standings().find(({ registry }) => registry === mirror.name);
  return html`<article class="course"><h3><a href="${mirrorPathOf(mirror.name)}?range=${range}#over-time">${mirror.name}</a> ${renderStateBadge(say, shownStateOf(standing, adviceInForce(deps)))}</h3>${course(page, mirror, { isLarge: false, topMs })}</article>`;
}

export function renderTrendSection(say: PageSay, deps: ApiDeps, mirror: Mirror, range: TrendRange): Html {
  const trend = deps.trend(mirror.name, range);
  return html`<section aria-labelledby="over-time"><h2 id="over-time">${say('history.section')} <span class="count">${formatRange(range, say)}</span></h2>
${renderRangeNav(range, say, (one) => `${mirrorPathOf(mirror.name)}?range=${one}#over-time`)}
<div class="course">${course({ say, deps, range }, mirror, { isLarge: true, topMs: null })}</div>
<p class="legend">${say('history.legend', { cell: span(say, trend?.cellMs ?? 0) })}</p>
${trend !== null && trend.cells.length > 0 && table(trend, say)}
<p class="legend"><a href="${timelinePathOf({ range, untilMs: null, item: null, mirror: mirror.name })}">${say('history.timeline')}</a> · <a href="/api/v1/mirrors/${encodeURIComponent(mirror.name)}/trend?range=${range}">${say('history.json')}</a></p></section>`;
}

function course(
  { say, deps, range }: TrendPage,
  mirror: Mirror,
  { isLarge, topMs }: { readonly isLarge: boolean; readonly topMs: number | null },
): Html {
  const trend = deps.trend(mirror.name, range);
  if (trend === null || trend.cells.length === 0) return html`<p class="none">${say('history.none')}</p>`;
  const { cells } = trend;
  const canary = canaryViewOf(deps.seriesOf(mirror.name))?.target;
  const paceMs = everyMs(paceOf(canary ?? { canary: true, step: '' }, deps.config()));
  const texts = {
    share: formatResponses(cells, say),
    rtt: formatRtt(cells, say),
    gaps: formatGaps(trend, paceMs, say),
  };
  const [lag, rates] = [formatLag(cells, say), formatThroughput(cells, say)];
  const words = { who: mirror.name, range: formatRange(range, say) };
  const frame = { trend, paceMs, say, topMs, isDetailed: isLarge };
  const small = { ...frame, heightPx: chartPx.small, isDetailed: false };
  return html`<dl class="facts">
<div><dt>${say('history.answered')}</dt><dd>${texts.share}</dd></div>
<div><dt>${say('history.rtt')}</dt><dd>${texts.rtt}</dd></div>
<div><dt>${say('history.watched')}</dt><dd>${texts.gaps}</dd></div></dl>
${renderRttChart({ ...frame, heightPx: isLarge ? chartPx.large : chartPx.row, label: say('history.chart', { ...words, ...texts }) })}
<div class="smaller">
<figure><figcaption><b>${say('history.lag')}</b> ${lag}</figcaption>${renderLagChart({ ...small, label: say('history.lagChart', { ...words, worst: lag }) })}</figure>
<figure><figcaption><b>${say('history.throughput')}</b> ${rates}</figcaption>${renderThroughputChart({ ...small, label: say('history.throughputChart', { ...words, rates }) })}</figure>
<div><p class="caption"><b>${say('history.failures')}</b> ${failureWords(trend, say)}</p>${reasonBars(trend, say)}</div></div>`;
}

function failureWords({ cells }: Trend, say: PageSay): string {
  const attempts = sumOf(cells, 'attempts');
  const count = failuresOf(cells).reduce((sum, [, more]) => sum + more, 0);
  if (attempts === 0) return say('history.failuresUnasked');
  return count === 0 ? say('history.failuresNone', { attempts }) : say('history.failuresOf', { count, attempts });
}

function reasonBars({ cells }: Trend, say: PageSay): Html | null {
  const all = failuresOf(cells);
  const most = all[0]?.[1] ?? 0;
  if (most === 0) return null;
  return html`<ul class="reasons">${all
    .slice(0, reasonsShown)
    .map(
      ([reason, count]) =>
        html`<li><code>${reason}</code> ${count} <span class="muted">${say(`cause.${reason}`)}</span><svg class="bar length" viewBox="0 0 1000 4" preserveAspectRatio="none" aria-hidden="true"><rect width="1000" height="4" class="track"/><rect width="${Math.round((count / most) * 1000)}" height="4" class="c-fails"/></svg></li>`,
    )}</ul>`;
}

function table({ cells, cellMs, fromMs }: Trend, say: PageSay): Html {
  const rowMs = cellMs * 12;
  const rows = Map.groupBy(cells, ({ startMs }) => Math.floor((startMs - fromMs) / rowMs));
  return html`<details id="trend-table"><summary>${say('history.table')}</summary><table class="cells"><thead><tr><th scope="col">${say('history.from')}</th><th scope="col">${say('history.rtt')}</th><th scope="col" class="n">${say('history.asked')}</th><th scope="col" class="n">${say('outcome.failed')}</th><th scope="col" class="n">${say('state.unknown')}</th><th scope="col">${say('history.lag')}</th></tr></thead>
<tbody>${[...rows].map(
    ([at, part]) =>
      html`<tr><th scope="row">${short(fromMs + at * rowMs)}</th><td>${formatRtt(part, say)}</td><td class="n">${sumOf(part, 'ok') + sumOf(part, 'failed') + sumOf(part, 'unknown')}</td><td class="n">${sumOf(part, 'failed')}</td><td class="n">${sumOf(part, 'unknown')}</td><td>${formatLag(part, say)}</td></tr>`,
  )}</tbody></table></details>`;
}

function nameOf({ ecosystem, upstream }: ViewGroup): string {
  return ecosystem === upstream ? ecosystem : `${ecosystem} / ${upstream}`;
}

function idOf({ ecosystem, upstream }: ViewGroup): string {
  return `g-${ecosystem}-${upstream}`;
}
