import { formatScriptWords, renderHead } from '../../api/page/assets.ts';
import { renderStateBadge } from '../../api/page/badges.ts';
import { patterns } from '../../api/page/charts.ts';
import { ago, durationHtml, type Html, html, type PageSay, span } from '../../api/page/html.ts';
import type { Message } from '../../core/result.ts';
import { stamp } from '../../core/views.ts';
import { renderIn } from '../../words/tell.ts';
import type { FleetPlace } from './places.ts';
import { type FleetReport, tablesOf } from './report.ts';
import type { Cell } from './verdict.ts';

export interface Shown {
  readonly report: FleetReport | null;
  /** Why the store could not be read, and since when; `null`: the store responded. */
  readonly failure: { readonly why: string; readonly sinceMs: number } | null;
}

/**
 * Renders the page that shows all places (where daemons run). Its script reloads the element `main` every `everyMs`
 * milliseconds. The page also works without the script.
 */
export function renderPage(say: PageSay, { report, failure }: Shown, everyMs: number): string {
  const warnings = [
    ...(failure === null ? [] : [say('fleet.page.stale', { at: stamp(failure.sinceMs), why: failure.why })]),
    ...(report !== null && report.warnings.length > 0
      ? [say('fleet.page.partial', { why: report.warnings.join('; ') })]
      : []),
  ];
  return html`${renderHead(say, say('fleet.page.title'), null)}
<body data-words="${formatScriptWords(say)}" data-every-ms="${everyMs}">
<header class="top"><span class="mark">mirrorwatch</span><span class="vantage">${say('fleet.page.title')}</span>
<nav class="languages" aria-label="${say('page.language')}"><a href="/?lang=en" lang="en">English</a> <a href="/?lang=zh" lang="zh-CN">Chinese (中文)</a></nav>
<span class="live" id="live" role="status" hidden></span></header>
${patterns}
<main id="main">
<h1 class="hidden">${say('fleet.page.title')}</h1>
${warnings.map((text) => html`<aside class="banner us">${text}</aside>`)}
${report === null || failure !== null ? null : picture(say, report)}
</main>
</body>
</html>
`.text;
}

function picture(say: PageSay, report: FleetReport): Html {
  const { mirrors, places, advice } = report.sentences;
  const none = html`<p class="none">${say('fleet.page.well')}</p>`;
  return html`<section><h2>${say('fleet.page.say')}</h2>
${mirrors.length + places.length === 0 ? none : list(say, [...mirrors, ...places])}</section>
<section><h2>${say('fleet.page.set')}</h2>
${advice.length === 0 ? html`<p class="none">${say('fleet.page.nothing')}</p>` : list(say, advice)}</section>
${tablesOf(report).map((table) => matrix(say, table, report.atMs))}
${placeTable(say, report)}
<p class="as-of"><time datetime="${stamp(report.atMs)}">${stamp(report.atMs).slice(0, 19).replace('T', ' ')} UTC</time></p>`;
}

function list(say: PageSay, all: readonly Message[]): Html {
  return html`<ul class="findings">${all.map((one) => html`<li class="finding"><bdi>${renderIn(say.language, one)}</bdi></li>`)}</ul>`;
}

function matrix(say: PageSay, { upstream, columns, rows }: ReturnType<typeof tablesOf>[number], atMs: number): Html {
  return html`<section><h2>${upstream}</h2><div class="scroll"><table class="fleet"><thead><tr><th scope="col">${say('table.mirror')}</th>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(
    ({ registry, cells }) =>
      html`<tr><th scope="row">${registry}</th>${cells.map((cell) => cellOf(say, cell, atMs))}</tr>`,
  )}</tbody></table></div></section>`;
}

function cellOf(say: PageSay, cell: Cell | undefined, nowMs: number): Html {
  if (cell === undefined) return html`<td class="muted">—</td>`;
  const { state, sinceMs, p95Ms, href } = cell;
  const badge = renderStateBadge(say, state);
  const notes = [
    sinceMs === null || state === 'up' ? null : say('timeline.lasts', { length: span(say, nowMs - sinceMs) }),
    p95Ms === null ? null : `p95 ${durationHtml(say, p95Ms)}`,
  ].filter((note) => note !== null);
  return html`<td>${href === null ? badge : html`<a href="${href}">${badge}</a>`}<small class="muted">${notes.join(' · ')}</small></td>`;
}

function placeTable(say: PageSay, { places, atMs }: FleetReport): Html {
  return html`<section><h2>${say('fleet.page.places')} <span class="count">${places.length}</span></h2>
<div class="scroll"><table class="places"><thead><tr><th scope="col">${say('fleet.page.place')}</th><th scope="col">${say('fleet.page.seen')}</th><th scope="col">${say('fleet.page.version')}</th></tr></thead>
<tbody>${places.map(
    ({ name, url, lastSeenMs, version, labels }) =>
      html`<tr><th scope="row">${url === null ? name : html`<a href="${url}">${name}</a>`}<small class="muted">${labelText(labels)}</small></th><td>${ago(say, lastSeenMs, atMs)}</td><td>${version ?? '—'}</td></tr>`,
  )}</tbody></table></div></section>`;
}

/** Formats the labels of a place. The label `page` is omitted, because the name of the place links to that page. */
function labelText({ page: _, ...labels }: FleetPlace['labels']): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}=${value}`)
    .join(' ');
}

/** Additions to the style of the daemon's page, because a table with many places is wider than a screen. */
export const fleetStyle = `.scroll { overflow-x: auto; }
.fleet tbody th { min-width: 140px; font-weight: 600; }
.places td { white-space: nowrap; }
`;
