import { createHash, timingSafeEqual } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Config } from '../core/config.ts';
import { limits } from '../core/limits.ts';
import type { Secret } from '../core/secret.ts';
import { type RequestProblem, sendProblem } from './problem.ts';

/** True for 127.0.0.0/8, ::1 and `localhost`. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return bare === 'localhost' || bare === '::1' || /^127(\.\d{1,3}){3}$/.test(bare) || /^::ffff:127\./.test(bare);
}

const open: ReadonlySet<string> = new Set(['/-/healthy', '/-/ready']);

/**
 * Who may ask what (design.md section 4.3). Healthy and ready are open to all. With a token (always there off loopback)
 * everything else needs it. Without one, we listen on loopback: reads are free, writes are refused where a browser was
 * led here by another site: foreign `Host` (DNS rebinding), foreign `Origin`, or a cross-site fetch.
 *
 * Alerts have a token of their own, always.
 *
 * Reads take the token as the password of basic authentication too, with any name: a browser can't send a bearer token
 * by itself, neither for the status page nor for its event stream. Writes never do: a browser repeats a password it
 * once learned on requests that other sites made it send.
 */
export function accessGuard(config: () => Config): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    if (open.has(request.path)) return next();
    if (isAlertPost(request))
      return mayPostAlerts(request, config()) ? next() : sendProblem(response, alertTokenNeeded);
    const { listen } = config();
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (listen.token !== null || !isLoopback(listen.host)) {
      const given = bearer(request) ?? (isRead ? password(request) : null);
      return isToken(given, listen.token) ? next() : sendProblem(response, { kind: 'unauthorized' });
    }
    return isRead || isOwn(request, listen.host) ? next() : sendProblem(response, { kind: 'forbidden' });
  };
}

function isAlertPost(request: Request): boolean {
  return request.method === 'POST' && /^\/api\/v1\/alertmanager\/?$/i.test(request.path);
}

/** What whoever posts alerts without it is told. */
export const alertTokenNeeded: RequestProblem = {
  kind: 'unauthorized',
  detail: 'Send the bearer token of alertmanager.token, or that of listen.token, in the Authorization header.',
};

/** Alerts always need a token, on loopback too: `alertmanager.token`, or the listen token. */
export function mayPostAlerts(request: Request, { listen, alertmanager }: Config): boolean {
  const given = bearer(request);
  return isToken(given, alertmanager?.token ?? null) || isToken(given, listen.token);
}

function bearer(request: Request): string | null {
  return /^Bearer +([^\s]+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;
}

function password(request: Request): string | null {
  const coded = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (coded === undefined) return null;
  const text = Buffer.from(coded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? null : text.slice(colon + 1);
}

function isToken(given: string | null, token: Secret | null): boolean {
  if (given === null || token === null) return false;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token.reveal()));
}

function isOwn(request: Request, listenHost: string): boolean {
  const host = hostOf(`http://${request.headers.host ?? ''}`);
  if (host === null || !(isLoopback(host) || host === listenHost)) return false;
  const { origin } = request.headers;
  const own = [`http://${request.headers.host}`, `https://${request.headers.host}`];
  if (origin !== undefined && !own.includes(origin)) return false;
  const site = request.headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}

function hostOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).hostname : null;
}

const callersCounted = 10_000;

/**
 * At most `limits.requestsPerMinute` a caller address, 429 and for alerts 503 beyond; /metrics, healthy and ready are never limited. Past ten thousand
 * addresses in one minute the others share one count.
 * @param minute  the wall clock's minute, a number that rises
 */
export function rateLimit(minute: () => number): RequestHandler {
  let current = -1;
  const counts = new Map<string, number>();
  return (request, response, next) => {
    if (open.has(request.path) || request.path === '/metrics') return next();
    const now = minute();
    if (now !== current) {
      current = now;
      counts.clear();
    }
    const address = request.socket.remoteAddress ?? '';
    const from = counts.size < callersCounted || counts.has(address) ? address : 'others';
    const count = (counts.get(from) ?? 0) + 1;
    counts.set(from, count);
    if (count <= limits.requestsPerMinute) return next();
    // Alertmanager gives up on 429, and what it sends would be lost.
    if (isAlertPost(request))
      return sendProblem(response, { kind: 'unavailable', detail: 'too many requests; send it again in a minute' });
    sendProblem(response, { kind: 'too_many' });
  };
}
