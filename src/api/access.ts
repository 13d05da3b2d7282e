import { createHash, timingSafeEqual } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Config, Listen } from '../core/config.ts';
import { letIn } from '../core/let-in.ts';
import { limits } from '../core/limits.ts';
import type { Secret } from '../core/secret.ts';
import { createBuckets } from './buckets.ts';
import { type RequestProblem, sendProblem } from './problem.ts';

/** True for 127.0.0.0/8, ::1 and `localhost`. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return bare === 'localhost' || bare === '::1' || /^127(\.\d{1,3}){3}$/.test(bare) || /^::ffff:127\./.test(bare);
}

const open: ReadonlySet<string> = new Set(['/-/healthy', '/-/ready']);

/** True of what anybody may ask, as often as they like. */
export function isOpen(request: Request): boolean {
  return open.has(request.path);
}

/** Whose request was let in: a token by its name, else an address. For whoever counts. */
export function clientOf(response: Response): string {
  return String(response.locals['client'] ?? '');
}

/**
 * Who may ask what (design.md section 4.3). Healthy and ready are open to all. With a token (always there off loopback)
 * everything else needs it. Without one, we listen on loopback: whatever names us by a foreign `Host` is refused, reads
 * too (DNS rebinding: a site that resolves to us may read what we answer), and writes also with a foreign `Origin` or as
 * a cross-site fetch.
 *
 * Alerts have a token of their own, always.
 *
 * Reads take the token as the password of basic authentication too, with any name: a browser can't send a bearer token
 * by itself, neither for the status page nor for its event stream. Writes never do: a browser repeats a password it
 * once learned on requests that other sites made it send.
 *
 * What is refused is counted by address, and past `limits.refusedRequestsPerMinute` told to wait; a right token is never
 * counted there, so nobody can lock out its owner.
 * @param nowMs  the monotonic clock
 */
export function accessGuard(config: () => Config, nowMs: () => number): RequestHandler {
  const refused = createBuckets(limits.refusedRequestsPerMinute, nowMs);
  return (request: Request, response: Response, next: NextFunction) => {
    if (isOpen(request)) return next();
    const verdict = isAlertPost(request) ? alertVerdict(request, config()) : verdictOn(request, config().listen);
    if (typeof verdict === 'string') {
      response.locals['client'] = verdict;
      response.emit(letIn);
      return next();
    }
    const afterSeconds = refused.take(addressOf(request));
    sendProblem(response, afterSeconds === null ? verdict : { kind: 'too_many', afterSeconds });
  };
}

/** The client that is let in, or why not. */
type Verdict = string | RequestProblem;

function alertVerdict(request: Request, config: Config): Verdict {
  return mayPostAlerts(request, config) ? 'alertmanager token' : alertTokenNeeded;
}

function verdictOn(request: Request, listen: Listen): Verdict {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (listen.token !== null || !isLoopback(listen.host)) {
    const given = bearer(request) ?? (isRead ? password(request) : null);
    return isToken(given, listen.token) ? 'listen token' : { kind: 'unauthorized' };
  }
  if (!isOurName(request, listen)) return { kind: 'forbidden', detail: (say) => say('problem.foreignHost') };
  return isRead || isOwnSite(request) ? addressOf(request) : { kind: 'forbidden' };
}

function addressOf(request: Request): string {
  return request.socket.remoteAddress ?? '';
}

/** True of a notification of Alertmanager, however its path is spelled. */
export function isAlertPost(request: Request): boolean {
  return request.method === 'POST' && /^\/api\/v1\/alertmanager\/?$/i.test(request.path);
}

/** What whoever posts alerts without it is told. */
export const alertTokenNeeded: RequestProblem = {
  kind: 'unauthorized',
  detail: (say) => say('problem.alertToken'),
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

function isOurName({ headers }: Request, listen: Listen): boolean {
  const host = hostOf(`http://${headers.host ?? ''}`);
  if (host === null) return false;
  return isLoopback(host) || host === listen.host || (listen.hosts ?? []).includes(host.replace(/^\[|\]$/g, ''));
}

function isOwnSite({ headers }: Request): boolean {
  const { origin } = headers;
  const own = [`http://${headers.host}`, `https://${headers.host}`];
  if (origin !== undefined && !own.includes(origin)) return false;
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}

function hostOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).hostname : null;
}
