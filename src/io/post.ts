import { classBySpelling } from '../core/address-class.ts';
import { parseRetryAfter } from '../core/http.ts';
import { limits } from '../core/limits.ts';
import type { Delivery, DeliveryFailure, Post, Retry } from '../core/notice.ts';
import type { Timers } from '../core/ports.ts';
import { Carrier } from '../wire/carrier.ts';
import { type ConnectDeps, type ConnectTrace, connectTo, createConnectTrace, plainRoute } from '../wire/connect.ts';
import { Deadline, phaseOf, stopOf, type WireStop } from '../wire/deadline.ts';
import { NameResolver } from '../wire/dns.ts';
import { exchange } from '../wire/exchange.ts';
import { TlsBook } from '../wire/tls.ts';
import { type ExchangeTrace, newTrace } from '../wire/trace.ts';

/**
 * Sends webhooks and requests of actions. Redirects are not followed. The connected address must be public, unless the
 * message's `allow` contains the address, its network or the host name. The message's `refusalIn` may find a failure in
 * the response. If it finds none, 2xx counts as delivered, 410 is final, and any other status may be retried.
 */
export function createPost({ clock, timers }: Pick<PostDeps, 'clock' | 'timers'>): Post {
  const deps = { clock, timers, names: new NameResolver(clock, timers, []), tls: new TlsBook() };
  return { send: (message) => send(message, deps) };
}

type Message = Parameters<Post['send']>[0];

interface PostDeps extends ConnectDeps {
  readonly timers: Timers;
}

async function send(message: Message, deps: PostDeps): Promise<Delivery> {
  if (!URL.canParse(message.url)) return failed({ kind: 'network', code: 'ERR_INVALID_URL', retry: 'later' });
  const url = new URL(message.url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return failed({ kind: 'network', code: 'ERR_INVALID_URL', retry: 'later' });
  const nowMs = deps.clock.monotonicMs();
  const trace = createConnectTrace(nowMs);
  const response = newTrace();
  const deadline = new Deadline(deps.clock, deps.timers, nowMs + message.timeoutMs);
  const { signal, responseBytesMax } = message;
  const end = (): void => deadline.cut(stopOf(signal?.reason));
  if (signal?.aborted === true) end();
  signal?.addEventListener('abort', end);
  try {
    const body = await request(url, message, trace, response, deadline, deps);
    return verdict(response, body.toString('utf8'), message, deps.clock.wallMs());
  } catch (error) {
    // After a status arrived, an error in the body matters only if the response is a success whose body is needed.
    return response.status === null || (responseBytesMax !== undefined && response.status < 300)
      ? failed(failureOf(stopOf(error), url, trace))
      : verdict(response, '', message, deps.clock.wallMs());
  } finally {
    deadline.clear();
    signal?.removeEventListener('abort', end);
  }
}

async function request(
  url: URL,
  message: Message,
  trace: ConnectTrace,
  response: ExchangeTrace,
  deadline: Deadline,
  deps: PostDeps,
): Promise<Buffer> {
  const route = { ...plainRoute, allowHosts: message.allow };
  const socket = await connectTo({ url, route, guard: () => Promise.resolve(null) }, trace, deadline, deps);
  const carrier = new Carrier(socket, url.origin);
  try {
    const { body } = await exchange(
      carrier,
      {
        method: message.method ?? 'POST',
        target: `${url.pathname}${url.search}`,
        headers: { 'accept-encoding': 'identity', ...userInfo(url), ...message.headers },
        body: message.method === 'GET' ? null : message.body,
        bodyBytesMax: message.responseBytesMax ?? limits.receiverResponseBytes,
        stopAfterBytes: message.responseBytesMax === undefined ? limits.receiverResponseBytes : null,
        spill: null,
      },
      response,
      deadline,
      () => deps.clock.monotonicMs(),
    );
    return body;
  } finally {
    carrier.close();
  }
}

function userInfo(url: URL): Record<string, string> {
  if (url.username === '' && url.password === '') return {};
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function failed(failure: DeliveryFailure): Delivery {
  return { tag: 'failed', failure };
}

/**
 * Decides from a response whether the message was delivered, and whether it may be sent again.
 * @see docs/webhooks.md#guarantees
 */
function verdict(response: ExchangeTrace, body: string, message: Message, nowWallMs: number): Delivery {
  const status = response.status ?? 0;
  const refusal = message.refusalIn?.(status, body) ?? null;
  if (refusal !== null) return failed(refusal);
  if (status >= 200 && status < 300) {
    const receipt = message.receiptIn?.(body) ?? null;
    return { tag: 'delivered', status, ...(receipt === null ? {} : { receipt }) };
  }
  if (status === 410) return failed({ kind: 'gone', status, retry: 'never' });
  if (status >= 300 && status < 400) return failed({ kind: 'redirect', retry: 'later' });
  return failed({ kind: 'status', status, retry: retryOf(status, response.headers['retry-after'], nowWallMs) });
}

function retryOf(status: number, retryAfter: string | undefined, nowWallMs: number): Retry {
  const afterMs = status === 429 || status === 503 ? parseRetryAfter(retryAfter, nowWallMs) : null;
  return afterMs === null ? 'later' : { afterMs };
}

function failureOf(stop: WireStop, url: URL, trace: ConnectTrace): DeliveryFailure {
  const { code } = stop;
  if (code === 'MW_FORBIDDEN_TARGET')
    return { kind: 'forbidden_target', address: trace.remoteAddress ?? url.hostname, retry: 'later' };
  if (code === 'MW_DEADLINE') return { kind: 'timeout', code: 'timeout', retry: 'later' };
  const isLiteral = classBySpelling(url.hostname) !== null;
  const phase = phaseOf(trace.marks, url.protocol === 'https:', false, isLiteral);
  return { kind: phase === 'tls' ? 'tls' : 'network', code, retry: 'later' };
}
