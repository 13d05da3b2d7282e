import { createHash } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import { limits } from '../../core/limits.ts';
import type { ApiDeps } from '../deps.ts';
import { wordOf } from '../lists.ts';
import { readOnce } from '../views.ts';
import { icon, script, style } from './assets.ts';
import { renderDetail } from './detail.ts';
import { createPageSay, type Html, html, type PageSay } from './html.ts';
import { documentOf, pageLanguageOf } from './layout.ts';
import { renderOverview } from './overview.ts';
import { chooseRange, rangeOf } from './range.ts';
import { adviceInForce, isAdvised, type ShownState } from './shown-state.ts';
import { mirrorsByState } from './summary.ts';
import { renderTimeline } from './timeline.ts';
import type { TimelineQuery } from './timeline-items.ts';
import { mirrorsShown, renderTrendSection, renderTrends } from './trends.ts';
import { walk } from './walk.ts';

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
