import type { Readable } from 'node:stream';
import request from 'undici/lib/api/api-request.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import { limits } from '../core/limits.ts';
import type { Clock, Timers, WireAccess } from '../core/ports.ts';
import { readForeignUrl } from '../core/url.ts';
import { connectTo, createConnectTrace } from './connect.ts';
import { proxyAuthorizationOf, requestHeaders, tlsAccessFor } from './credentials.ts';
import { Deadline } from './deadline.ts';
import { Names } from './dns.ts';
import { type AddressClass, addressClassOf, classBySpelling } from './guard.ts';
import { TlsBook } from './tls.ts';

/** A response whose body is a stream. Header names are lower case. */
export interface Passing {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
  /** The URL of the response, after redirects. */
  readonly url: string;
}

/** Requests to mirrors over kept HTTP/1.1 connections, for responses that are passed on. */
export interface Passages {
  /**
   * Requests a URL of a mirror and follows redirects.
   * @throws Error without a response head, for a forbidden redirect, or for too many
   */
  open(
    access: WireAccess,
    url: string,
    ask: {
      readonly method: 'GET' | 'HEAD';
      readonly headers: Readonly<Record<string, string>>;
      readonly signal: AbortSignal;
    },
  ): Promise<Passing>;
  close(): Promise<void>;
}

const redirectsMax = 5;
const connectMs = 10_000;
/** Error codes of a connection that the peer closed. */
const endCodes: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

interface Kept {
  readonly pool: Pool;
  /** The class of the newest connection's address; `null`: there was none, or a proxy resolves the name. */
  reached: AddressClass | null;
}

/** @param input.socketsMax  from this number of sockets on, idle ones are closed before a request; absent: no limit */
export function createPassages(input: {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly socketsMax?: number;
}): Passages {
  const { clock, timers, socketsMax = Number.POSITIVE_INFINITY } = input;
  let sockets = 0;
  const deps = { clock, timers, names: new Names(clock, timers, []), tls: new TlsBook() };
  /** By access and origin, the least recently used first. */
  const pools = new Map<string, Kept>();
  /** Each access as JSON: a changed access does not reuse connections of the old one. */
  const keys = new WeakMap<WireAccess, string>();

  function poolOf(access: WireAccess, url: URL): Pool {
    const own = keys.get(access) ?? JSON.stringify(access);
    keys.set(access, own);
    const key = `${own} ${url.origin}`;
    const known = pools.get(key);
    pools.delete(key);
    const kept = known ?? keep(access, url, own);
    pools.set(key, kept);
    if (sockets >= socketsMax) closeIdle(key);
    if (pools.size > limits.doorPools) {
      const [oldest, idle] = pools.entries().next().value ?? [];
      if (oldest !== undefined) pools.delete(oldest);
      void idle?.pool.close().catch(() => undefined);
    }
    return kept.pool;
  }

  function closeIdle(besides: string): void {
    for (const [key, { pool }] of pools) {
      if (key === besides || pool.stats.size > 0) continue;
      pools.delete(key);
      void pool.close().catch(() => undefined);
    }
  }

  function keep(access: WireAccess, { origin }: URL, own: string): Kept {
    const url = new URL(origin);
    const home = new URL(access.url);
    const isHome = home.origin === origin;
    const route = isHome ? access : { ...access, ...tlsAccessFor(url, access) };
    const homeClass = (): AddressClass | null =>
      classBySpelling(home.hostname) ?? pools.get(`${own} ${home.origin}`)?.reached ?? null;
    const pool = new Pool(origin, {
      connections: Math.min(limits.doorConnections, Math.ceil(socketsMax / 4)),
      allowH2: false,
      headersTimeout: limits.doorFetchMs,
      bodyTimeout: limits.doorStallMs,
      keepAliveTimeout: 10_000,
      connect: (_options, done) => {
        const nowMs = clock.monotonicMs();
        const deadline = new Deadline(clock, timers, nowMs + connectMs);
        const trace = createConnectTrace(nowMs);
        const guard = isHome ? null : () => Promise.resolve(homeClass());
        connectTo({ url, route: { ...route, protocols: ['1.1'] }, guard }, trace, deadline, deps)
          .finally(() => deadline.clear())
          .then(
            (socket) => {
              sockets += 1;
              socket.once('close', () => {
                sockets -= 1;
              });
              if (access.proxy === null) kept.reached = addressClassOf(trace.remoteAddress ?? '');
              // undici treats ECONNRESET as the normal end of a response without a length.
              socket.prependListener('error', (error: NodeJS.ErrnoException) => {
                if (endCodes.has(error.code ?? ''))
                  Object.assign(error, { code: 'MW_RESET', isKept: socket.bytesRead > 0 });
              });
              done(null, socket as Parameters<typeof done>[1] & object);
            },
            (cause: Error) => done(cause, null),
          );
      },
    });
    const kept: Kept = { pool, reached: null };
    return kept;
  }

  return {
    async open(access, first, { method, headers, signal }) {
      let url = new URL(first);
      for (let hop = 0; hop <= redirectsMax; hop += 1) {
        const proxy = url.protocol === 'http:' ? access.proxy : null;
        const path = `${proxy === null ? '' : url.origin}${url.pathname}${url.search}`;
        const proxied = proxy === null ? null : proxyAuthorizationOf(proxy);
        const sent = {
          ...requestHeaders(url, headers, access),
          ...(proxied === null ? {} : { 'proxy-authorization': proxied }),
        };
        const at = url;
        const send = () => request.call(poolOf(access, at), { path, method, headers: sent, signal });
        // A kept connection may end while the request is on its way: repeat it once (RFC 9110 section 9.2.2).
        const answer = await send().catch((cause: { readonly isKept?: boolean }) => {
          if (cause.isKept === true) return send();
          throw cause;
        });
        const { statusCode: status, headers: got, body } = answer;
        const { location } = got;
        if (status < 300 || status > 308 || status === 304 || typeof location !== 'string')
          return { status, headers: got, body, url: url.href };
        await body.dump({ limit: 64 * 1024 });
        const next = readForeignUrl(location, url.href);
        // A response over TLS must not lead to plain HTTP.
        const isSafe = next?.protocol === 'https:' || (next?.protocol === 'http:' && url.protocol === 'http:');
        if (next === null || !isSafe) throw new Error('a redirect that leads nowhere');
        url = next;
      }
      throw new Error('a redirect that leads nowhere');
    },
    async close() {
      deps.names.close();
      await Promise.all([...pools.values()].map(({ pool }) => pool.destroy()));
      pools.clear();
    },
  };
}
