import { createHash } from 'node:crypto';
import { type Response, Router } from 'express';
import type { ApiDeps } from '../deps.ts';
import { detail } from './detail.ts';
import { html } from './html.ts';
import { documentOf } from './layout.ts';
import { overview } from './overview.ts';
import { script } from './script.ts';
import { icon, style } from './style.ts';
import { walk } from './walk.ts';

/** The status page: `/`, `/mirrors/:name`, `/probes/:id`, with its style, script and icon. Whole without the script. */
export function pageRoutes(deps: ApiDeps): Router {
  const routes = Router();
  routes.get('/', (_request, response) => {
    sendPage(response, 200, documentOf(deps, titleOf(deps), overview(deps)));
  });
  routes.get('/mirrors/:name', (request, response) => {
    const mirror = deps.config().mirrors.find(({ name }) => name === request.params.name);
    if (mirror === undefined) return notFound(deps, response, 'No mirror of that name is configured.');
    const from = Number(request.query['from'] ?? 0);
    const isWhole = Number.isInteger(from) && from >= 0;
    sendPage(response, 200, documentOf(deps, mirror.name, detail(deps, mirror, isWhole ? from : 0)));
  });
  routes.get('/probes/:id', (request, response) => {
    const probe = deps.probe(request.params.id);
    if (probe === null)
      return notFound(
        deps,
        response,
        'This probe is not kept any more. Held are the last few of each target, one for each bucket of its histogram, and the failing ones.',
      );
    const { target } = probe.sample.due;
    sendPage(response, 200, documentOf(deps, `${target.step} at ${target.registry}`, walk(probe)));
  });
  asset(routes, '/page.css', 'text/css', style);
  asset(routes, '/page.js', 'text/javascript', script);
  asset(routes, '/icon.svg', 'image/svg+xml', icon);
  return routes;
}

function sendPage(response: Response, status: number, text: string): void {
  response.status(status).set('cache-control', 'no-store').type('text/html').send(text);
}

function notFound(deps: ApiDeps, response: Response, why: string): void {
  sendPage(
    response,
    404,
    documentOf(deps, 'Not found', html`<h1>Not found</h1><p data-still>${why}</p><p><a href="/">All mirrors</a></p>`),
  );
}

function asset(routes: Router, path: string, type: string, text: string): void {
  const tag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  routes.get(path, (request, response) => {
    response.set({ 'cache-control': 'no-cache', etag: tag });
    if (request.headers['if-none-match'] === tag) response.status(304).end();
    else response.type(type).send(text);
  });
}

/** What a tab shows at a glance: trouble first. */
function titleOf(deps: ApiDeps): string {
  if (deps.vantage().suspect === true) return 'It is us';
  const states = deps.standings().map(({ state }) => state);
  const counted = (['down', 'degraded'] as const).flatMap((state) => {
    const count = states.filter((one) => one === state).length;
    return count > 0 ? [`${count} ${state}`] : [];
  });
  if (counted.length > 0) return counted.join(', ');
  const unknown = states.filter((state) => state === 'unknown').length;
  if (states.length === 0) return 'starting';
  return unknown > 0 ? `${unknown} unknown` : 'all up';
}
