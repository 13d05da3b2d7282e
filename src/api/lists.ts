import { type Request, type RequestHandler, type Response, Router } from 'express';
import { limits } from '../core/limits.ts';
import { seriesId } from '../core/mirror.ts';
import { partOf } from '../core/part.ts';
import type { SeriesNow } from '../core/sample.ts';
import { type Trend, trendRanges } from '../core/trend.ts';
import type { Blocker, UpstreamVerdict } from '../core/verdict.ts';
import { adviceView, findingView, stamp } from '../core/views.ts';
import { messageOf } from '../words/tell.ts';
import { blockerText, failbackOf, noAdviceOf, stayMessageOf } from '../words/verdict.ts';
import type { ApiDeps, Page } from './deps.ts';
import { sendProblem, sendRefusal } from './problem.ts';
import { mirrorViewOf, probeView, readOnce, secondsOf, targetViewOf } from './views.ts';

/** A verdict as the API shows it (docs/api.md#verdict). A reason has a kind, its text, and the values of the text. */
function verdictView(deps: ApiDeps, { atMs, mirrors, stay, back, head, ...rest }: UpstreamVerdict): object {
  const reasonOf = (blocker: Blocker | null): object | null =>
    blocker && { kind: blocker.kind, ...messageOf(blockerText(blocker, head ?? '')) };
  return {
    ...rest,
    at: stamp(atMs),
    head,
    mirrors: mirrors.map(({ blocker, sinceMs, withheld = null, ...mirror }) => ({
      ...mirror,
      sinceAt: stamp(sinceMs ?? deps.stateSince(mirror)),
      withheld,
      blocker: reasonOf(blocker),
    })),
    stay: stay && { kind: stay.kind, ...stayMessageOf(head ?? '', stay) },
    back: reasonOf(back),
  };
}

export function listRoutes(deps: ApiDeps): Router {
  const routes = Router();
  routes.get('/mirrors', (request, response) => {
    const page = pageOf(request, response, /^\d{1,6}$/);
    if (!page) return;
    const { mirrors } = deps.config();
    const from = Number(page.cursor ?? 0);
    const shown = mirrors.slice(from, from + page.limit);
    const next = from + shown.length < mirrors.length ? String(from + shown.length) : null;
    const once = readOnce(deps);
    response.json({ mirrors: shown.map((mirror) => mirrorViewOf(once, mirror)), next });
  });
  routes.get('/mirrors/:name/trend', (request, response) => {
    const range = trendRanges.find((one) => one === (wordOf(request, 'range') ?? 'day'));
    if (range === undefined)
      return sendRefusal(response, 'bad_request', 'problem.oneOf', { name: 'range', list: trendRanges.join(', ') });
    const trend = deps.trend(request.params.name, range);
    if (trend === null) return sendProblem(response, { kind: 'not_found' });
    response.json(trendView(request.params.name, trend));
  });
  routes.get('/targets', (request, response) => {
    const page = pageOf(request, response, /^\d{1,16}\.\d{1,16}\.\S{1,1000}$/);
    if (!page) return;
    const registry = wordOf(request, 'registry');
    const all = registry === undefined ? deps.series() : deps.seriesOf(registry);
    const { items, next } = pageOfSeries(all, page, deps.now().wallMs);
    response.json({ targets: items.map((series) => targetViewOf(deps, series)), next });
  });
  routes.get('/findings', (request, response) => {
    const page = historyPageOf(request, response);
    if (!page) return;
    const { items, next } = deps.findings(page);
    response.json({ findings: items.map(findingView), next });
  });
  routes.get('/advice', (request, response) => {
    const page = historyPageOf(request, response);
    if (!page) return;
    const { items, next } = deps.advice(page);
    const verdicts = deps.verdicts();
    const sentences = Object.fromEntries(
      items.map(({ id, sentence = null, sentences }) => [id, sentences ? { ...sentences, reason: sentence } : null]),
    );
    response.json({
      advice: items.map((one) => {
        const failback = failbackOf(verdicts, one.id);
        return { ...adviceView(one), ...(failback && { failback }) };
      }),
      next,
      sentences,
      ...noAdviceOf(verdicts),
    });
  });
  routes.get('/verdicts', (request, response) => {
    const [at, wanted] = [wordOf(request, 'at'), wordOf(request, 'upstream')];
    const atMs = at === undefined ? null : Date.parse(at);
    if (Number.isNaN(atMs)) return sendRefusal(response, 'bad_request', 'problem.time', { name: 'at' });
    const verdicts = atMs === null ? deps.verdicts() : deps.verdictsAt(atMs);
    const shown = verdicts.filter(({ upstream }) => upstream === (wanted ?? upstream));
    response.json({ verdicts: shown.map((one) => verdictView(deps, one)) });
  });
  routes.get('/probes/:id', (request, response) => {
    const probe = deps.probe(request.params.id);
    if (probe === null) return sendProblem(response, { kind: 'not_found' });
    response.json(probeView(probe));
  });
  return routes;
}

/** All query parameters of the API, with the names in `openapi.yaml`. */
export const queryWords = ['limit', 'cursor', 'state', 'registry', 'upstream', 'as', 'types', 'range', 'at'] as const;

/** Responds with 400 if one of the parameters in `queryWords` is repeated, has brackets or is empty. */
export const wordsOnce: RequestHandler = (request, response, next) => {
  const known: ReadonlySet<string> = new Set(queryWords);
  for (const [key, value] of Object.entries(request.query)) {
    const name = key.split('[')[0] ?? key;
    if (!known.has(name) || (key === name && typeof value === 'string' && value !== '')) continue;
    const what = value === '' ? 'problem.empty' : 'problem.once';
    return sendRefusal(response, 'bad_request', what, { name });
  }
  next();
};

/** Returns the value of a query parameter; `undefined`: it is absent, repeated or empty. */
export function wordOf(request: Pick<Request, 'query'>, name: string): string | undefined {
  const value = request.query[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Returns the parameters `limit` and `cursor` of a list. If one is invalid, responds with 400 and returns `undefined`. */
function pageOf(request: Request, response: Response, cursorForm: RegExp): Page | undefined {
  const wanted = wordOf(request, 'limit') ?? String(limits.pageRows);
  const limit = /^\d{1,3}$/.test(wanted) ? Number(wanted) : 0;
  const cursor = wordOf(request, 'cursor') ?? null;
  if (limit < 1 || limit > limits.pageRows)
    return sendRefusal(response, 'bad_request', 'problem.limit', { most: limits.pageRows });
  if (cursor !== null && !cursorForm.test(cursor)) return sendRefusal(response, 'bad_request', 'problem.cursor');
  return { limit, cursor };
}

function historyPageOf(request: Request, response: Response): (Page & { readonly history: boolean }) | undefined {
  const state = wordOf(request, 'state');
  if (state !== undefined && state !== 'all') return sendRefusal(response, 'bad_request', 'problem.state');
  const page = pageOf(request, response, /^\d{1,16}\.\S{1,200}$/);
  return page && { ...page, history: state === 'all' };
}

/**
 * Returns one page of series, ordered by the newest sample that each had when the first page was requested. Later
 * samples are ignored, because they would move a series across the cursor. The cursor is
 * `<time of first page>.<last sample>.<series>`.
 */
function pageOfSeries(all: Iterable<SeriesNow>, page: Page, nowMs: number) {
  const [, wanted, atText, after = ''] = /^(\d+)\.(\d+)\.(.*)$/s.exec(page.cursor ?? '') ?? [];
  const wantedMs = wanted === undefined ? nowMs : Number(wanted);
  const rows = [...all].map((series) => ({
    series,
    key: encodeURIComponent(seriesId(series.target, series.connection)),
    atMs: Math.round(series.lastBy(wantedMs) ?? 0),
  }));
  const before = atText === undefined ? null : { atMs: Number(atText), key: after };
  const rest = rows
    .filter((row) => before === null || row.atMs < before.atMs || (row.atMs === before.atMs && row.key > before.key))
    .sort((a, b) => b.atMs - a.atMs || (a.key < b.key ? -1 : 1));
  const items = rest.slice(0, page.limit);
  const last = items.at(-1);
  const next = rest.length > items.length && last ? `${Math.round(wantedMs)}.${last.atMs}.${last.key}` : null;
  return { items: items.map(({ series }) => series), next };
}

function trendView(registry: string, { range, cellMs, fromMs, toMs, cells }: Trend): object {
  return {
    registry,
    range,
    cellSeconds: cellMs / 1000,
    fromAt: stamp(fromMs),
    toAt: stamp(toMs),
    cells: cells.map((cell) => ({
      startAt: stamp(cell.startMs),
      canary: {
        ...partOf(cell, 'ok', 'failed', 'unknown'),
        p50Seconds: secondsOf(cell.p50Ms),
        p95Seconds: secondsOf(cell.p95Ms),
        silentSeconds: secondsOf(cell.silentMs),
      },
      attempts: cell.attempts,
      failures: cell.failures,
      bytesPerSecond: cell.bytesPerSecond === null ? null : Math.round(cell.bytesPerSecond),
      lagSeconds: { lower: secondsOf(cell.lagLowerMs), upper: secondsOf(cell.lagUpperMs) },
    })),
  };
}
