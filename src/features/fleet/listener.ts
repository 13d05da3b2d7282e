import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createBuckets } from '../../api/buckets.ts';
import { script, style } from '../../api/page/assets.ts';
import { createPageSay } from '../../api/page/html.ts';
import { tokenRefusalOf } from '../../api/token.ts';
import type { Listen } from '../../core/config.ts';
import { letIn } from '../../core/http.ts';
import { limits } from '../../core/limits.ts';
import type { Clock } from '../../core/ports.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { urlOfListener } from '../../core/url.ts';
import { listen } from '../../io/server.ts';
import type { languages } from '../../words/words.ts';
import { fleetStyle, renderPage, type Shown } from './page.ts';
import { type FleetOptions, type FleetReport, readReport } from './report.ts';

export interface FleetServer {
  readonly url: string;
  close(): Promise<void>;
}

/** The time for which a report is shown again, milliseconds, so that many readers cost the store only one read. */
const freshMs = 10_000;

/**
 * Opens the page (`/`) and the API (`/api/v1/fleet`). The store is read only when a client requests one of these. While
 * the store does not respond, no older states are shown.
 * @returns the error code if the listener cannot be opened
 */
export async function openFleet(
  at: Listen,
  options: FleetOptions,
  clock: Clock,
): Promise<Result<FleetServer, { readonly code: string }>> {
  const shown = keeping(() => readReport(options, clock), clock);
  const nowMs = (): number => clock.monotonicMs();
  const refused = createBuckets(limits.refusedRequestsPerMinute, nowMs);
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = URL.parse(request.url ?? '/', 'http://fleet');
    if (url === null) return send(response, 400, 'text/plain', 'bad request\n');
    const { pathname, searchParams } = url;
    if (pathname === '/-/healthy' || pathname === '/-/ready') return send(response, 200, 'text/plain', 'ready\n');
    const status = refusedAs(request, at);
    if (status !== null) {
      const isTooMany = refused.take(request.socket.remoteAddress ?? '') !== null;
      if (status === 401) response.setHeader('www-authenticate', 'Basic realm="mirrorwatch fleet"');
      return send(response, isTooMany ? 429 : status, 'text/plain', 'not allowed\n');
    }
    response.emit(letIn);
    if (pathname === '/page.css') return send(response, 200, 'text/css', `${style}${fleetStyle}`);
    if (pathname === '/page.js') return send(response, 200, 'text/javascript', script);
    if (pathname !== '/' && pathname !== '/api/v1/fleet') return send(response, 404, 'text/plain', 'not found\n');
    const picture = await shown();
    if (pathname === '/') {
      const say = createPageSay(languageOf(request, searchParams.get('lang')));
      return send(response, 200, 'text/html', renderPage(say, picture, 3 * freshMs));
    }
    const { report, failure } = picture;
    if (failure === null) return send(response, 200, 'application/json', JSON.stringify(report));
    const problem = { type: 'about:blank', title: 'Service Unavailable', status: 503, detail: failure.why };
    return send(response, 503, 'application/problem+json', JSON.stringify(problem));
  };
  // An exception fails only its own request, with 503. The listener stays open.
  const handler: RequestListener = (request, response) => {
    respond(request, response).catch(() => send(response, 503, 'text/plain', 'not available\n'));
  };
  const listening = await listen(handler, at);
  if (listening.tag === 'error') return listening;
  return ok({
    url: urlOfListener({ ...at, port: listening.value.port }),
    close: () => listening.value.close(limits.drainMs),
  });
}

/** Returns a function that caches reads: one read runs at a time, and none starts while the last report is fresh. */
function keeping(read: () => Promise<Result<FleetReport, string>>, clock: Clock): () => Promise<Shown> {
  let last: Shown = { report: null, failure: null };
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<Shown> | null = null;
  const again = async (): Promise<Shown> => {
    const found = await read().catch((cause: Error) => error(cause.name));
    if (found.tag === 'ok') last = { report: found.value, failure: null };
    else {
      const sinceMs = last.failure?.sinceMs ?? last.report?.atMs ?? clock.wallMs();
      last = { report: last.report, failure: { why: found.error, sinceMs } };
    }
    readAtMs = clock.monotonicMs();
    reading = null;
    return last;
  };
  return async () => {
    if (reading !== null) return reading;
    if (clock.monotonicMs() - readAtMs < freshMs) return last;
    reading = again();
    return reading;
  };
}

function refusedAs({ method, headers }: IncomingMessage, at: Listen): 401 | 403 | 405 | null {
  if (method !== 'GET' && method !== 'HEAD') return 405;
  const lacks = tokenRefusalOf(headers, at);
  return lacks && ({ token: 401, host: 403 } as const)[lacks];
}

function languageOf({ headers }: IncomingMessage, named: string | null): keyof typeof languages {
  const wanted = named ?? headers['accept-language'] ?? '';
  return /^\s*zh\b/i.test(wanted) ? 'zh' : 'en';
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.statusCode = status;
  response.setHeader('content-type', `${type}; charset=utf-8`);
  response.setHeader('x-content-type-options', 'nosniff');
  const policy = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; frame-ancestors 'none'";
  response.setHeader('content-security-policy', policy);
  response.setHeader('cache-control', 'no-store');
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(text);
}
