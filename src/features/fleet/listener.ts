import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createBuckets } from '../../api/buckets.ts';
import { formatScriptWords, renderHead, script, style } from '../../api/page/assets.ts';
import { renderStateBadge } from '../../api/page/badges.ts';
import { patterns } from '../../api/page/charts.ts';
import { ago, createPageSay, durationHtml, type Html, html, type PageSay, span } from '../../api/page/html.ts';
import { tokenRefusalOf } from '../../api/token.ts';
import type { Listen } from '../../core/config.ts';
import { letIn } from '../../core/http.ts';
import { limits } from '../../core/limits.ts';
import type { Clock } from '../../core/ports.ts';
import { error, type Message, ok, type Result } from '../../core/result.ts';
import { urlOfListener } from '../../core/url.ts';
import { stamp } from '../../core/views.ts';
import { listen } from '../../io/server.ts';
import { renderIn } from '../../words/tell.ts';
import type { languages } from '../../words/words.ts';
import type { FleetPlace } from './places.ts';
import { type FleetOptions, type FleetReport, readReport, tablesOf } from './report.ts';
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
const fleetStyle = `.scroll { overflow-x: auto; }
.fleet tbody th { min-width: 140px; font-weight: 600; }
.places td { white-space: nowrap; }
`;

/** The time for which a report is shown again, milliseconds, so that many readers cost the store only one read. */
const freshMs = 10_000;

/**
 * Opens the page (`/`) and the API (`/api/v1/fleet`). The store is read only when a client requests one of these. While
 * the store does not respond, no older states are shown.
 * @returns the error code if the listener cannot be opened
 */
export async function openFleet(
  at: Listen,
  options: FleetOptions,
  clock: Clock,
): Promise<Result<{ readonly url: string; close(): Promise<void> }, { readonly code: string }>> {
  const shown = keeping(() => readReport(options, clock), clock);
  const nowMs = (): number => clock.monotonicMs();
  const refused = createBuckets(limits.refusedRequestsPerMinute, nowMs);
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = URL.parse(request.url ?? '/', 'http://fleet');
    if (url === null) return send(response, 400, 'text/plain', 'bad request\n');
    const { pathname, searchParams } = url;
    if (pathname === '/-/healthy' || pathname === '/-/ready') return send(response, 200, 'text/plain', 'ready\n');
    const status = refusedAs(request, at);
    if (status !== null) {
      const isTooMany = refused.take(request.socket.remoteAddress ?? '') !== null;
      if (status === 401) response.setHeader('www-authenticate', 'Basic realm="mirrorwatch fleet"');
      return send(response, isTooMany ? 429 : status, 'text/plain', 'not allowed\n');
    }
    response.emit(letIn);
    if (pathname === '/page.css') return send(response, 200, 'text/css', `${style}${fleetStyle}`);
    if (pathname === '/page.js') return send(response, 200, 'text/javascript', script);
    if (pathname !== '/' && pathname !== '/api/v1/fleet') return send(response, 404, 'text/plain', 'not found\n');
    const picture = await shown();
    if (pathname === '/') {
      const say = createPageSay(languageOf(request, searchParams.get('lang')));
      return send(response, 200, 'text/html', renderPage(say, picture, 3 * freshMs));
    }
    const { report, failure } = picture;
    if (failure === null) return send(response, 200, 'application/json', JSON.stringify(report));
    const problem = { type: 'about:blank', title: 'Service Unavailable', status: 503, detail: failure.why };
    return send(response, 503, 'application/problem+json', JSON.stringify(problem));
  };
  // An exception fails only its own request, with 503. The listener stays open.
  const handler: RequestListener = (request, response) => {
    respond(request, response).catch(() => send(response, 503, 'text/plain', 'not available\n'));
  };
  const listening = await listen(handler, at);
  if (listening.tag === 'error') return listening;
  return ok({
    url: urlOfListener({ ...at, port: listening.value.port }),
    close: () => listening.value.close(limits.drainMs),
  });
}

/** Returns a function that caches reads: one read runs at a time, and none starts while the last report is fresh. */
function keeping(read: () => Promise<Result<FleetReport, string>>, clock: Clock): () => Promise<Shown> {
  let last: Shown = { report: null, failure: null };
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<Shown> | null = null;
  const again = async (): Promise<Shown> => {
    const found = await read().catch((cause: Error) => error(cause.name));
    if (found.tag === 'ok') last = { report: found.value, failure: null };
    else {
      const sinceMs = last.failure?.sinceMs ?? last.report?.atMs ?? clock.wallMs();
      last = { report: last.report, failure: { why: found.error, sinceMs } };
    }
    readAtMs = clock.monotonicMs();
    reading = null;
    return last;
  };
  return async () => {
    if (reading !== null) return reading;
    if (clock.monotonicMs() - readAtMs < freshMs) return last;
    reading = again();
    return reading;
  };
}

function refusedAs({ method, headers }: IncomingMessage, at: Listen): 401 | 403 | 405 | null {
  if (method !== 'GET' && method !== 'HEAD') return 405;
  const lacks = tokenRefusalOf(headers, at);
  return lacks && ({ token: 401, host: 403 } as const)[lacks];
}

function languageOf({ headers }: IncomingMessage, named: string | null): keyof typeof languages {
  const wanted = named ?? headers['accept-language'] ?? '';
  return /^\s*zh\b/i.test(wanted) ? 'zh' : 'en';
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.statusCode = status;
  response.setHeader('content-type', `${type}; charset=utf-8`);
  response.setHeader('x-content-type-options', 'nosniff');
  const policy = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; frame-ancestors 'none'";
  response.setHeader('content-security-policy', policy);
  response.setHeader('cache-control', 'no-store');
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(text);
}
