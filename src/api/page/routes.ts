import { createHash } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import { limits } from '../../core/limits.ts';
import type { VantageStanding } from '../../core/standing.ts';
import { stamp } from '../../core/views.ts';
import { type Language, languages } from '../../words/words.ts';
import type { ApiDeps, ReloadTrouble } from '../deps.ts';
import { wordOf } from '../lists.ts';
import { languageCookie, negotiateLanguage, parseLanguage } from '../problem.ts';
import { readOnce } from '../views.ts';
import { formatScriptWords, icon, renderHead, script, style } from './assets.ts';
import { patterns } from './charts.ts';
import { renderDetail } from './detail.ts';
import { createPageSay, dated, type Html, html, type PageSay, percentHtml, span } from './html.ts';
import { controlWordOf, mirrorsByState, renderOverview } from './overview.ts';
import { chooseRange, rangeOf } from './range.ts';
import { adviceInForce, isAdvised, type ShownState } from './shown-state.ts';
import { renderTimeline, type TimelineQuery } from './timeline.ts';
import { mirrorsShown, renderTrendSection, renderTrends } from './trends.ts';
import { walk } from './walk.ts';

const ways = [
  ['/', 'page.now'],
  ['/history', 'page.history'],
  ['/timeline', 'page.timeline'],
] as const;

function documentOf(say: PageSay, deps: ApiDeps, request: Request, title: string, main: Html): string {
  const config = deps.config();
  const nowMs = deps.now().wallMs;
  const asOf = html`<time datetime="${stamp(nowMs)}">${stamp(nowMs).slice(0, 19).replace('T', ' ')} UTC</time>`;
  return html`${renderHead(say, title, html`<link rel="icon" href="/icon.svg" type="image/svg+xml">\n`)}
<body data-words="${formatScriptWords(say)}">
<a class="skip" href="#main">${say('page.skip')}</a>
<header class="top">
<a class="mark" href="/"><svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true"><path d="M2 9h3l2-5 3.5 10L13 9h3"/></svg>mirrorwatch</a>
<nav class="ways" aria-label="${say('page.pages')}">${ways.map(([path, word]) => html`<a href="${path}"${path === request.path && html` aria-current="page"`}>${say(word)}</a>`)}</nav>
<span class="vantage">${say.html('page.seenFrom', { vantage: html`<b>${config.vantage}</b>` })}</span>
<nav class="languages" aria-label="${say('page.language')}">${languageSwitch(say, request)}</nav>
<span class="live" id="live" role="status" hidden></span>
</header>
${patterns}
<main id="main" tabindex="-1">
${troubles(say, deps)}
${main}
<p class="as-of">${say.html('page.asOf', { at: asOf, span: span(say, nowMs - deps.startedAtMs) })}</p>
</main>
<footer class="bottom">
<span>mirrorwatch ${deps.version}</span>
<a href="/metrics">${say('page.metrics')}</a><a href="/api/v1/mirrors">${say('page.mirrorList')}</a><a href="/api/v1/targets">${say('page.targets')}</a><a href="/api/v1/findings?state=all">${say('page.findings')}</a><a href="/api/v1/advice?state=all">${say('page.advice')}</a>
</footer>
</body>
</html>
`.text;
}

function languageSwitch(say: PageSay, request: Request): Html[] {
  return (Object.keys(languages) as Language[])
    .filter((one) => one !== say.language)
    .map((one) => {
      const tag = createPageSay(one)('page.lang');
      return html`<a href="${inLanguage(request, one)}" lang="${tag}" hreflang="${tag}">${languages[one]}</a>`;
    });
}

function troubles(say: PageSay, deps: ApiDeps): Html[] {
  const vantage = deps.vantage();
  const found: Html[] = [];
  if (reachesNothing(deps, vantage)) found.push(nothingReached(say, deps));
  else if (vantage.suspect === true) found.push(itIsUs(say, deps, vantage));
  else if (vantage.suspect === null) found.push(banner(say, 'quiet', say('trouble.first'), say('trouble.firstSays')));
  if (vantage.contaminatedShare !== null && vantage.contaminatedShare > limits.contaminatedShareFinding) {
    const share = percentHtml(say, vantage.contaminatedShare);
    found.push(banner(say, 'us', say('trouble.busy'), say('trouble.busySays', { share })));
  }
  const state = deps.stateTrouble();
  if (state !== null)
    found.push(banner(say, 'us', say('trouble.state'), say('trouble.stateSays', { why: say(`store.${state}`) })));
  const reload = deps.reloadTrouble();
  if (reload !== null) found.push(configRejected(say, deps, reload));
  const { ready, because } = deps.ready();
  if (!ready) found.push(banner(say, 'quiet', say('trouble.notReady'), say(`ready.${because}`)));
  return found;
}

function banner(say: PageSay, kind: 'us' | 'quiet', title: string, text: Html | string): Html {
  return html`<aside class="banner ${kind}"><b>${title}${say('list.stop')}</b>${text}</aside>`;
}

/** The first reason stands for all. The log, and the response to the reload, list all of them. */
function configRejected(say: PageSay, deps: ApiDeps, { sinceMs, reasons }: ReloadTrouble): Html {
  const [first = '', ...others] = reasons(say);
  const reason = html`<code>${first}</code>`;
  const why = others.length === 0 ? reason : say.html('list.more', { list: reason, more: others.length });
  const since = { at: dated(sinceMs), span: span(say, deps.now().wallMs - sinceMs) };
  return banner(say, 'us', say('trouble.reload'), say.html('trouble.reloadSays', { ...since, why }));
}

function itIsUs(say: PageSay, deps: ApiDeps, vantage: VantageStanding): Html {
  const where = html`<b>${deps.config().vantage}</b>`;
  const controls = vantage.controls.map(
    ({ name, up }) => html` <span class="control">${name}${say('list.colon')}${controlWordOf(say, up)}</span>`,
  );
  const words =
    vantage.sinceMs === null
      ? say.html('trouble.usSays', { vantage: where })
      : say.html('trouble.usSaysFor', { vantage: where, span: span(say, deps.now().wallMs - vantage.sinceMs) });
  return banner(say, 'us', say('trouble.us'), html`${words}${controls}`);
}

/** True if our own network is suspect, no mirror has had an ok response yet, and no control responds. */
function reachesNothing(deps: ApiDeps, vantage: VantageStanding): boolean {
  const hasResponse =
    deps.standings().some((one) => one.lastOkAtMs !== null) || vantage.controls.some(({ up }) => up === true);
  return vantage.suspect === true && !hasResponse;
}

function nothingReached(say: PageSay, deps: ApiDeps): Html {
  const parts = { vantage: html`<b>${deps.config().vantage}</b>`, command: html`<code>mirrorwatch demo</code>` };
  return banner(say, 'us', say('trouble.nothing'), say.html('trouble.nothingSays', parts));
}

const cookieAge = 31_536_000;

/**
 * Returns the language of a page: the one in `?lang=`, which is then stored in a cookie, else the language of the
 * request.
 */
function pageLanguageOf(request: Request, response: Response): Language {
  const language = negotiateLanguage(request, response);
  const wanted = parseLanguage(request.query['lang']);
  if (wanted === undefined) return language;
  const secure = request.secure ? '; Secure' : '';
  response.set(
    'set-cookie',
    `${languageCookie}=${wanted}; Path=/; Max-Age=${cookieAge}; SameSite=Lax; HttpOnly${secure}`,
  );
  return wanted;
}

const addressWords = ['range', 'from', 'until', 'item', 'mirror'] as const;

function inLanguage(request: Request, language: Language): string {
  const query = new URLSearchParams();
  for (const name of addressWords) {
    const value = wordOf(request, name);
    if (value !== undefined) query.set(name, value);
  }
  query.set('lang', language);
  // A path with two leading slashes would lead to another host.
  return `${request.path.replace(/^\/+/, '/')}?${query}`;
}

/** The latest possible end of a time range, the year 3000. Up to then all dates are valid. */
const wallMsMax = 32_503_680_000_000;

interface Page {
  readonly status: number;
  readonly title: string;
  readonly main: Html;
}

/** Creates the routes of the status pages. The pages can be read without JavaScript. */
export function createPageRoutes(daemon: ApiDeps): Router {
  const routes = Router();
  const page = (
    path: string,
    make: (say: PageSay, deps: ApiDeps, request: Request<Readonly<Record<string, string>>>) => Page,
  ): void => {
    routes.get(path, (request: Request<Readonly<Record<string, string>>>, response: Response) => {
      const say = createPageSay(pageLanguageOf(request, response));
      const deps = readOnce(daemon);
      const { status, title, main } = make(say, deps, request);
      response.status(status).set('cache-control', 'no-store').type('text/html');
      response.send(documentOf(say, deps, request, title, main));
    });
  };
  page('/', (say, deps) => ({ status: 200, title: titleOf(say, deps), main: renderOverview(say, deps) }));
  page('/mirrors/:name', (say, deps, { params, query }) => {
    const mirror = deps.config().mirrors.find(({ name }) => name === params['name']);
    if (mirror === undefined) return notFound(say, say('page.noMirror'));
    const range = rangeOf(query['range'], chooseRange(deps, [mirror]));
    const overTime = renderTrendSection(say, deps, mirror, range);
    return {
      status: 200,
      title: mirror.name,
      main: renderDetail(say, deps, mirror, fromOf(query['from']), overTime),
    };
  });
  page('/probes/:id', (say, deps, { params }) => {
    const probe = deps.probe(params['id'] ?? '');
    if (probe === null) return notFound(say, say('page.noProbe'));
    const { step, registry } = probe.sample.due.target;
    return { status: 200, title: say('page.stepAt', { step, registry }), main: walk(say, probe) };
  });
  page('/history', (say, deps, { query }) => ({
    status: 200,
    title: say('history.title'),
    main: renderTrends(
      say,
      deps,
      // Reading a history is slow, so only the histories of the first `mirrorsShown` mirrors are read.
      rangeOf(query['range'], chooseRange(deps, deps.config().mirrors.slice(0, mirrorsShown))),
      fromOf(query['from']),
    ),
  }));
  page('/timeline', (say, deps, request) => ({
    status: 200,
    title: say('timeline.title'),
    main: renderTimeline(say, deps, timelineQuery(request)),
  }));
  asset(routes, '/page.css', 'text/css', style);
  asset(routes, '/page.js', 'text/javascript', script);
  asset(routes, '/icon.svg', 'image/svg+xml', icon);
  return routes;
}

function fromOf(query: unknown): number {
  const from = Number(query ?? 0);
  return Number.isInteger(from) && from >= 0 ? from : 0;
}

function timelineQuery(request: Pick<Request, 'query'>): TimelineQuery {
  const untilMs = Date.parse(wordOf(request, 'until') ?? '');
  return {
    range: rangeOf(request.query['range']),
    untilMs: Number.isFinite(untilMs) && Math.abs(untilMs) < wallMsMax ? untilMs : null,
    item: wordOf(request, 'item') ?? null,
    mirror: wordOf(request, 'mirror') ?? null,
  };
}

function notFound(say: PageSay, why: string): Page {
  const title = say('problem.not_found');
  const main = html`<h1>${title}</h1><p data-still>${why}</p><p><a href="/">${say('page.allMirrors')}</a></p>`;
  return { status: 404, title, main };
}

function asset(routes: Router, path: string, type: string, text: string): void {
  const tag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  routes.get(path, (request, response) => {
    response.set({ 'cache-control': 'no-cache', etag: tag });
    if (request.headers['if-none-match'] === tag) response.status(304).end();
    else response.type(type).send(text);
  });
}

function titleOf(say: PageSay, deps: ApiDeps): string {
  if (deps.vantage().suspect === true) return say('tab.us');
  if (deps.standings().length === 0) return say('tab.starting');
  const advice = adviceInForce(deps);
  const found = mirrorsByState(deps, advice);
  const count = (state: ShownState): string | null => {
    const mirrors = found.get(state);
    return mirrors ? say('tab.counted', { count: mirrors.length, state: say(`state.${state}`) }) : null;
  };
  const advised = advice.filter((one) => isAdvised(one) && one.bypass == null).length;
  const moves = advised > 0 ? say('tab.advised', { count: advised }) : null;
  const parts = [count('down'), count('wrong'), count('degraded'), count('slow'), moves, count('unknown')];
  const shown = parts.filter((part) => part !== null);
  if (shown.length > 0) return shown.join(say('list.clause'));
  const { items } = deps.findings({ limit: limits.pageRows, cursor: null, history: false });
  return say(items.some(({ cause, state }) => cause === 'all_slow' && state === 'open') ? 'tab.slow' : 'tab.up');
}
