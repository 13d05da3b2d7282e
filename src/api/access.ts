import { createHash, timingSafeEqual } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Config } from '../core/config.ts';
import { limits } from '../core/limits.ts';
import type { Secret } from '../core/secret.ts';
import { sendProblem } from './problem.ts';

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
 */
export function accessGuard(config: () => Config): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    if (open.has(request.path)) return next();
    const { listen } = config();
    if (listen.token !== null || !isLoopback(listen.host))
      return bears(request, listen.token) ? next() : sendProblem(response, { kind: 'unauthorized' });
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    return isRead || isOwn(request, listen.host) ? next() : sendProblem(response, { kind: 'forbidden' });
  };
}

function bears(request: Request, token: Secret | null): boolean {
  const given = /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (given === undefined || token === null) return false;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token.reveal()));
}

function isOwn(request: Request, listenHost: string): boolean {
  const ownHost = (host: string): boolean => isLoopback(host) || host === listenHost;
  const host = hostOf(`http://${request.headers.host ?? ''}`);
  if (host === null || !ownHost(host)) return false;
  const { origin } = request.headers;
  if (
    origin !== undefined &&
    origin !== `http://${request.headers.host}` &&
    origin !== `https://${request.headers.host}`
  )
    return false;
  const site = request.headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}

function hostOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).hostname : null;
}

/**
 * At most `limits.requestsPerMinute` a caller address; /metrics, healthy and ready are never limited.
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
    const from = request.socket.remoteAddress ?? '';
    const count = (counts.get(from) ?? 0) + 1;
    if (counts.size < 10_000 || counts.has(from)) counts.set(from, count);
    return count > limits.requestsPerMinute ? sendProblem(response, { kind: 'too_many' }) : next();
  };
}
