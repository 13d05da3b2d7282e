import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Config, Listen } from '../core/config.ts';
import { byOwner, letIn } from '../core/http.ts';
import { limits } from '../core/limits.ts';
import { type Buckets, createBuckets } from './buckets.ts';
import { type RequestProblem, sendProblem, sendRefusal } from './problem.ts';
import { createProofs } from './proofs.ts';
import { bearerIn, isToken, tokenRefusalOf } from './token.ts';

const open: ReadonlySet<string> = new Set(['/-/healthy', '/-/ready']);

function isOpen(request: Request): boolean {
  return open.has(request.path);
}

/**
 * Returns a handler that refuses unauthorized requests (docs/operations.md#http). `/-/healthy` and `/-/ready` are open
 * to all; `mayPostAlerts` decides about alerts. If `listen.token` is set, every other request needs it. For reads, it
 * may also be the password of basic authentication. Writes do not accept a password, because a browser adds a stored
 * password also to requests that other sites cause. Without `listen.token`, requests with a foreign `Host` are refused
 * (DNS rebinding), and so are writes from other sites. The owner of the daemon's socket needs nothing.
 * @param nowMs  the monotonic clock
 */
export function createAccessGuard(config: () => Config, nowMs: () => number): RequestHandler {
  const refused = createBuckets(limits.refusedRequestsPerMinute, nowMs);
  const proofs = createProofs(nowMs);
  return (request: Request, response: Response, next: NextFunction) => {
    const { listen } = config();
    if (isOpen(request)) {
      if (listen.token !== null) proofs.offer(response);
      return next();
    }
    const isProven = listen.token !== null && !isAlertPost(request) && proofs.accept(request, response, listen.token);
    const verdict = isAlertPost(request)
      ? alertVerdict(request, config())
      : byOwner in request.socket
        ? 'owner'
        : isProven
          ? 'listen token'
          : verdictOf(request, listen);
    if (typeof verdict === 'string') {
      response.locals['client'] = verdict;
      response.emit(letIn);
      return next();
    }
    const afterSeconds = refused.take(addressOf(request));
    sendProblem(response, afterSeconds === null ? verdict : { kind: 'too_many', afterSeconds });
  };
}

type Verdict = string | RequestProblem;

function alertVerdict(request: Request, config: Config): Verdict {
  return mayPostAlerts(request, config) ? 'alertmanager token' : alertTokenNeeded;
}

function verdictOf(request: Request, listen: Listen): Verdict {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const lacks = tokenRefusalOf(request.headers, listen, isRead);
  const isWrong = request.headers.authorization !== undefined;
  if (lacks === 'token')
    return { kind: 'unauthorized', ...(isWrong && { detail: (say) => say('problem.wrongToken') }) };
  if (lacks === 'host') return { kind: 'forbidden', detail: (say) => say('problem.foreignHost') };
  if (listen.token !== null) return 'listen token';
  return isRead || isOwnSite(request) ? addressOf(request) : { kind: 'forbidden' };
}

function addressOf(request: Request): string {
  return request.socket.remoteAddress ?? '';
}

/** True if the request posts alerts. The path matches without regard to case and a final slash, as in Express. */
function isAlertPost(request: Request): boolean {
  return request.method === 'POST' && /^\/api\/v1\/alertmanager\/?$/i.test(request.path);
}

export const alertTokenNeeded: RequestProblem = {
  kind: 'unauthorized',
  detail: (say) => say('problem.alertToken'),
};

/** True if the request may post alerts. For this it needs `alertmanager.token` or `listen.token`, even on loopback. */
export function mayPostAlerts(request: Request, { listen, alertmanager }: Config): boolean {
  const given = bearerIn(request.headers);
  return isToken(given, alertmanager?.token ?? null) || isToken(given, listen.token);
}

function isOwnSite({ headers }: Request): boolean {
  const { origin } = headers;
  const own = [`http://${headers.host}`, `https://${headers.host}`];
  if (origin !== undefined && !own.includes(origin)) return false;
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}

const classes = ['page', 'lists', 'remedy', 'writes'] as const;
type RequestClass = (typeof classes)[number];

const perMinute: Readonly<Record<RequestClass, number>> = {
  page: limits.pageRequestsPerMinute,
  lists: limits.listRequestsPerMinute,
  remedy: limits.remedyRequestsPerMinute,
  writes: limits.writeRequestsPerMinute,
};

/**
 * Returns a handler that limits authorized requests. Each client has one bucket for each class of requests
 * (docs/operations.md#http). Health, readiness and `/metrics` are not counted.
 * @param nowMs  the monotonic clock
 */
export function createRateLimit(nowMs: () => number): RequestHandler {
  const buckets = Object.fromEntries(classes.map((one) => [one, createBuckets(perMinute[one], nowMs)])) as Readonly<
    Record<RequestClass, Buckets>
  >;
  return (request, response, next) => {
    if (isOpen(request) || /^\/metrics\/?$/i.test(request.path)) return next();
    const afterSeconds = buckets[classOf(request)].take(String(response.locals['client'] ?? ''));
    if (afterSeconds === null) return next();
    // Alertmanager does not retry after 429 and would lose the alert, so the response is 503.
    if (isAlertPost(request)) return sendRefusal(response, 'unavailable', 'problem.sendAgain');
    sendProblem(response, { kind: 'too_many', afterSeconds });
  };
}

function classOf({ method, path }: Request): RequestClass {
  if (method !== 'GET' && method !== 'HEAD') return 'writes';
  if (/^\/api\/v1\/advice\/[^/]+\/remedy\/?$/i.test(path)) return 'remedy';
  return /^\/api\//i.test(path) ? 'lists' : 'page';
}
