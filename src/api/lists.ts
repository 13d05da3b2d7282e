import { type Request, type Response, Router } from 'express';
import { limits } from '../core/limits.ts';
import { adviceView, findingView } from '../core/views.ts';
import type { ApiDeps, Page } from './deps.ts';
import { sendProblem } from './problem.ts';
import { mirrorView, probeView, targetView } from './views.ts';

/** `GET /api/v1/{mirrors,targets,findings,advice}` and `GET /api/v1/probes/:id`. */
export function listRoutes(deps: ApiDeps): Router {
  const routes = Router();
  routes.get('/mirrors', (request, response) => {
    const page = pageOf(request, response);
    if (page)
      sendPage(
        response,
        'mirrors',
        slice(deps.config().mirrors, page, (mirror) => mirrorView(deps, mirror)),
      );
  });
  routes.get('/targets', (request, response) => {
    const page = pageOf(request, response);
    if (!page) return;
    const registry = wordOf(request, 'registry');
    const all = [...(registry === undefined ? deps.series() : deps.seriesOf(registry))];
    const newest = all.sort((a, b) => (b.last?.startedAtMs ?? 0) - (a.last?.startedAtMs ?? 0));
    sendPage(
      response,
      'targets',
      slice(newest, page, (series) => targetView(deps, series)),
    );
  });
  routes.get('/findings', (request, response) => {
    const page = pageOf(request, response);
    if (!page) return;
    const { items, next } = deps.findings({ ...page, history: wordOf(request, 'state') === 'all' });
    response.json({ findings: items.map(findingView), next });
  });
  routes.get('/advice', (request, response) => {
    const page = pageOf(request, response);
    if (!page) return;
    const { items, next } = deps.advice({ ...page, history: wordOf(request, 'state') === 'all' });
    response.json({ advice: items.map(adviceView), next });
  });
  routes.get('/probes/:id', (request, response) => {
    const probe = deps.probe(request.params.id);
    if (probe === null) return sendProblem(response, { kind: 'not_found' });
    response.json(probeView(probe));
  });
  return routes;
}

/** A query word that was given once; `undefined` otherwise. */
export function wordOf(request: Request, name: string): string | undefined {
  const value = request.query[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `limit` and `cursor` of a list; answers 400 and gives `null` where they are wrong. */
function pageOf(request: Request, response: Response): Page | null {
  const limit = Number(wordOf(request, 'limit') ?? limits.pageRows);
  const state = wordOf(request, 'state');
  if (!Number.isInteger(limit) || limit < 1 || limit > limits.pageRows) {
    sendProblem(response, { kind: 'bad_request', detail: `limit is a whole number from 1 to ${limits.pageRows}` });
    return null;
  }
  if (state !== undefined && state !== 'all') {
    sendProblem(response, { kind: 'bad_request', detail: 'state is all, or not given' });
    return null;
  }
  return { limit, cursor: wordOf(request, 'cursor') ?? null };
}

function slice<T>(
  items: readonly T[],
  page: Page,
  view: (item: T) => object,
): { items: object[]; next: string | null } {
  const from = Math.max(0, Number.parseInt(page.cursor ?? '0', 10) || 0);
  const end = from + page.limit;
  return { items: items.slice(from, end).map(view), next: end < items.length ? String(end) : null };
}

function sendPage(response: Response, name: string, page: { items: object[]; next: string | null }): void {
  response.json({ [name]: page.items, next: page.next });
}
