import type { Request, RequestHandler } from 'express';
import { limits } from '../core/limits.ts';
import { clientOf, isAlertPost, isOpen } from './access.ts';
import { type Buckets, createBuckets } from './buckets.ts';
import { sendProblem } from './problem.ts';

const classes = ['page', 'lists', 'remedy', 'writes'] as const;
type RequestClass = (typeof classes)[number];

const perMinute: Readonly<Record<RequestClass, number>> = {
  page: limits.pageRequestsPerMinute,
  lists: limits.listRequestsPerMinute,
  remedy: limits.remedyRequestsPerMinute,
  writes: limits.writeRequestsPerMinute,
};

/**
 * Limits what was let in: one bucket a client and class (design.md section 4.3), 429 and for alerts 503 beyond. Healthy,
 * ready and `/metrics` are never limited. Comes after the guard, so that strangers use up nobody's share.
 * @param nowMs  the monotonic clock
 */
export function rateLimit(nowMs: () => number): RequestHandler {
  const buckets = Object.fromEntries(classes.map((one) => [one, createBuckets(perMinute[one], nowMs)])) as Readonly<
    Record<RequestClass, Buckets>
  >;
  return (request, response, next) => {
    if (isOpen(request) || /^\/metrics\/?$/i.test(request.path)) return next();
    const afterSeconds = buckets[classOf(request)].take(clientOf(response));
    if (afterSeconds === null) return next();
    // Alertmanager gives up on 429, and what it sends would be lost.
    if (isAlertPost(request))
      return sendProblem(response, { kind: 'unavailable', detail: (say) => say('problem.sendAgain') });
    sendProblem(response, { kind: 'too_many', afterSeconds });
  };
}

function classOf({ method, path }: Request): RequestClass {
  if (method !== 'GET' && method !== 'HEAD') return 'writes';
  if (/^\/api\/v1\/advice\/[^/]+\/remedy\/?$/i.test(path)) return 'remedy';
  return /^\/api\//i.test(path) ? 'lists' : 'page';
}
