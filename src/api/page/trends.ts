import { everyMs, paceOf } from '../../core/config.ts';
import type { Mirror } from '../../core/mirror.ts';
import type { Trend, TrendRange } from '../../core/trend.ts';
import type { ApiDeps } from '../deps.ts';
import { canaryViewOf, type ViewGroup, viewGroupsOf } from '../views.ts';
import { mirrorPathOf, renderStateBadge } from './badges.ts';
import { type Html, html, type PageSay, short, span } from './html.ts';
import { formatRange, renderRangeNav } from './range.ts';
import { adviceInForce, shownStateOf } from './shown-state.ts';
import { timelinePathOf } from './timeline-items.ts';
import { renderLagChart, renderRttChart, renderThroughputChart } from './trend-chart.ts';
import {
  failuresOf,
  formatGaps,
  formatLag,
  formatResponses,
  formatRtt,
  formatThroughput,
  sumOf,
} from './trend-sums.ts';

const reasonsShown = 5;
const chartPx = { row: 92, large: 190, small: 56 } as const;

/** The maximum number of mirrors on one page. It is limited, because rendering blocks the event loop. */
export const mirrorsShown = 24;

/**
 * Renders a page with the trends of several mirrors.
 * @param from  the number of mirrors to skip
 */
export function renderTrends(say: PageSay, deps: ApiDeps, range: TrendRange, from: number): Html {
  const groups = viewGroupsOf(deps.config());
  const shown = new Set(groups.flatMap(({ mirrors }) => mirrors).slice(from, from + mirrorsShown));
  const cell = deps.trend(deps.config().mirrors[0]?.name ?? '', range)?.cellMs ?? 0;
  return html`<h1>${say('history.of', { range: formatRange(range, say) })}</h1>
${renderRangeNav(range, say, (one) => `/history?range=${one}`)}
${groups.length > 1 && groupNav(groups, shown, range, say)}
<p class="legend">${say('history.legend', { cell: span(say, cell) })}</p>
${groups.map((group) => groupSection(deps, group, shown, range, say))}
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

function groupSection(
  deps: ApiDeps,
  group: ViewGroup,
  shown: ReadonlySet<Mirror>,
  range: TrendRange,
  say: PageSay,
): Html | null {
  const mine = group.mirrors.filter((mirror) => shown.has(mirror));
  if (mine.length === 0) return null;
  return html`<section aria-labelledby="${idOf(group)}"><h2 id="${idOf(group)}">${nameOf(group)} <span class="count">${say('history.mirrors', { count: group.mirrors.length })}</span></h2>${mine.map((mirror) => mirrorRow(deps, mirror, range, say))}</section>`;
}

function mirrorRow(deps: ApiDeps, mirror: Mirror, range: TrendRange, say: PageSay): Html {
  const standing = deps.standings().find(({ registry }) => registry === mirror.name);
  return html`<article class="course"><h3><a href="${mirrorPathOf(mirror.name)}?range=${range}#over-time">${mirror.name}</a> ${renderStateBadge(say, shownStateOf(standing, adviceInForce(deps)))}</h3>${course(deps, mirror, range, say, false)}</article>`;
}

export function renderTrendSection(say: PageSay, deps: ApiDeps, mirror: Mirror, range: TrendRange): Html {
  const trend = deps.trend(mirror.name, range);
  return html`<section aria-labelledby="over-time"><h2 id="over-time">${say('history.section')} <span class="count">${formatRange(range, say)}</span></h2>
${renderRangeNav(range, say, (one) => `${mirrorPathOf(mirror.name)}?range=${one}#over-time`)}
<div class="course">${course(deps, mirror, range, say, true)}</div>
<p class="legend">${say('history.legend', { cell: span(say, trend?.cellMs ?? 0) })}</p>
${trend !== null && trend.cells.length > 0 && table(trend, say)}
<p class="legend"><a href="${timelinePathOf({ range, untilMs: null, item: null, mirror: mirror.name })}">${say('history.timeline')}</a> · <a href="/api/v1/mirrors/${encodeURIComponent(mirror.name)}/trend?range=${range}">${say('history.json')}</a></p></section>`;
}

function course(deps: ApiDeps, mirror: Mirror, range: TrendRange, say: PageSay, isLarge: boolean): Html {
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
  const frame = { paceMs, say, isDetailed: isLarge };
  const small = { ...frame, heightPx: chartPx.small, isDetailed: false };
  return html`<dl class="facts">
<div><dt>${say('history.answered')}</dt><dd>${texts.share}</dd></div>
<div><dt>${say('history.rtt')}</dt><dd>${texts.rtt}</dd></div>
<div><dt>${say('history.watched')}</dt><dd>${texts.gaps}</dd></div></dl>
${renderRttChart(trend, { ...frame, heightPx: isLarge ? chartPx.large : chartPx.row, label: say('history.chart', { ...words, ...texts }) })}
<div class="smaller">
<figure><figcaption><b>${say('history.lag')}</b> ${lag}</figcaption>${renderLagChart(trend, { ...small, label: say('history.lagChart', { ...words, worst: lag }) })}</figure>
<figure><figcaption><b>${say('history.throughput')}</b> ${rates}</figcaption>${renderThroughputChart(trend, { ...small, label: say('history.throughputChart', { ...words, rates }) })}</figure>
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
