import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Dispatcher, Client as UndiciClient } from 'undici';
import request from 'undici/lib/api/api-request.js';
import Client from 'undici/lib/dispatcher/client.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import { type AddressClass, addressClassOf, classBySpelling } from '../core/address-class.ts';
import { getOrMake } from '../core/get-or-make.ts';
import { limits } from '../core/limits.ts';
import type { Clock, Timers, WireAccess } from '../core/ports.ts';
import { readForeignUrl } from '../core/url.ts';
import { type ConnectTrace, connectTo, createConnectTrace } from './connect.ts';
import { proxyAuthorizationOf, requestHeaders, tlsAccessFor } from './credentials.ts';
import { Deadline } from './deadline.ts';
import { NameResolver } from './dns.ts';
import { followBytes, Inflow } from './inflow.ts';
import { TlsBook } from './tls.ts';

/** A response whose body is a stream. Header names are lower case. */
export interface Passing {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
  /** The URL of the response, after redirects. */
  readonly url: string;
}

/** Sends requests to mirrors over HTTP/1.1 connections that are kept open. The responses are passed on as streams. */
export interface Passages {
  /**
   * Requests a URL of a mirror and follows redirects.
   * @throws Error if there is no final response head within `openMs`, for a forbidden redirect, or for too many
   * redirects
   */
  open(
    access: WireAccess,
    url: string,
    wanted: {
      readonly method: 'GET' | 'HEAD';
      readonly headers: Readonly<Record<string, string>>;
      readonly signal: AbortSignal;
      /** The number of doors that the request has passed before; absent: 0. */
      readonly hops?: number;
    },
  ): Promise<Passing>;
  /** True if requests wait for a connection to the server of this URL, because all are in use. */
  isAwaited(access: WireAccess, url: string): boolean;
  close(): Promise<void>;
}

/**
 * The value of the header `Via` in each request to which a redirect led, unless it goes to the mirror's own server. A
 * door refuses requests with it. Without this mark, a redirect to the door itself would repeat the request endlessly.
 */
export const hopMark = '1.1 mirrorwatch-door';
/**
 * The header with the number of doors that a request has passed. Two doors may name each other as mirrors. Only mirrors
 * of the operator get it (with credentials, or on a private network), because others could tell the door from clients.
 */
export const hopsHeader = 'x-mirrorwatch-hops';
const redirectsMax = 5;
const connectMs = 10_000;
/** The time limit of all hops up to the final head. It is a little longer than undici's limit of one head. */
const openMs = limits.doorFetchMs + 1_000;
/** Error codes of a connection that the server or proxy closed. */
const endCodes: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

interface PassageDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  /**
   * If this many sockets are open, pools without a running request are closed before the next request. Absent: no
   * limit.
   */
  readonly socketsMax?: number;
}

export function createPassages(input: PassageDeps): Passages {
  const pools = new Pools(input);
  const follow: Passages['open'] = async (access, first, { method, headers, signal, hops = 0 }) => {
    let url = new URL(first);
    for (let hop = 0; hop <= redirectsMax; hop += 1) {
      const proxy = url.protocol === 'http:' ? access.proxy : null;
      const path = `${proxy === null ? '' : url.origin}${url.pathname}${url.search}`;
      const proxied = proxy === null ? null : proxyAuthorizationOf(proxy);
      const isHome = url.origin === new URL(access.url).origin;
      const sent = {
        ...requestHeaders(url, headers, access),
        ...(proxied === null ? {} : { 'proxy-authorization': proxied }),
        ...(isHome ? {} : { via: hopMark }),
        ...(isHome && pools.isOfOperator(access) ? { [hopsHeader]: String(hops + 1) } : {}),
      };
      const at = url;
      const send = () => request.call(pools.of(access, at), { path, method, headers: sent, signal });
      // A connection of the pool may end while the request is sent. Then the request is repeated once (RFC 9110
      // section 9.2.2).
      const response = await send().catch((cause: { readonly isKept?: boolean }) => {
        if (cause.isKept === true) return send();
        throw cause;
      });
      const { statusCode: status, headers: got, body } = response;
      const { location } = got;
      if (status < 300 || status > 308 || status === 304 || typeof location !== 'string')
        return { status, headers: got, body, url: url.href };
      await body.dump({ limit: 64 * 1024 });
      url = redirectTarget(location, url);
    }
    throw new Error('a redirect that leads nowhere');
  };
  return {
    async open(access, first, wanted) {
      // Interim heads (1xx) and the body of a redirect keep the time limits of undici from running out.
      const stop = new AbortController();
      const late = input.timers.after(openMs, () => stop.abort(new Error('too late')));
      try {
        return await follow(access, first, { ...wanted, signal: AbortSignal.any([wanted.signal, stop.signal]) });
      } finally {
        late.cancel();
      }
    },
    isAwaited: (access, url) => pools.isAwaited(access, new URL(url)),
    close: () => pools.close(),
  };
}

/**
 * Returns the target of a redirect.
 * @throws Error if the URL is invalid, or the redirect leads from TLS to plain HTTP
 */
function redirectTarget(location: string, from: URL): URL {
  const next = readForeignUrl(location, from.href);
  const isSafe = next?.protocol === 'https:' || (next?.protocol === 'http:' && from.protocol === 'http:');
  if (next === null || !isSafe) throw new Error('a redirect that leads nowhere');
  return next;
}

/** A client of one server. Its responses have the limits of `Inflow`, as those of probes have. */
class BoundedClient extends Client {
  readonly #nowMs: () => number;
  /** The response that the connection receives; `null`: none yet. */
  #inflow: Inflow | null = null;

  constructor(origin: URL, options: UndiciClient.Options, nowMs: () => number) {
    const { connect } = options;
    super(origin, {
      ...options,
      connect: (to, done) => {
        if (typeof connect !== 'function') return;
        connect(to, (...[cause, socket]) => {
          if (socket !== null) followBytes(socket, (chunk) => this.#inflow?.take(chunk));
          done(cause as null, socket as Socket);
        });
      },
    });
    this.#nowMs = nowMs;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const { onRequestStart, onResponseData } = handler;
    handler.onRequestStart = (controller, context) => {
      this.#inflow = new Inflow(this.#nowMs, (why) => controller.abort(why));
      onRequestStart?.call(handler, controller, context);
    };
    handler.onResponseData = (controller, chunk) => {
      if (this.#inflow !== null) this.#inflow.bodyBytes += chunk.length;
      onResponseData?.call(handler, controller, chunk);
    };
    return super.dispatch(options, handler);
  }
}

/** Connection pools, one for each access (the settings of a mirror) and server (scheme, host and port). */
class Pools {
  readonly #deps: PassageDeps & { readonly names: NameResolver; readonly tls: TlsBook };
  readonly #socketsMax: number;
  #sockets = 0;
  /** The pools by access and server, the least recently used first. */
  readonly #pools = new Map<string, Pool>();
  /**
   * The classes (such as `private`) of all addresses of each mirror's own server, by access. They outlive pools, which a
   * mirror could have closed. Absent if a proxy resolves the name.
   */
  readonly #reached = new Map<string, Set<AddressClass | null>>();
  /** The connections to any server that are being opened, by access. */
  readonly #opening = new Map<string, Set<ConnectTrace>>();
  /**
   * Each access as JSON. It is part of the key of a pool, so that a changed access does not reuse connections of the
   * old access.
   */
  readonly #keys = new WeakMap<WireAccess, string>();

  constructor(input: PassageDeps) {
    const { clock, timers, socketsMax = Number.POSITIVE_INFINITY } = input;
    this.#deps = { clock, timers, names: new NameResolver(clock, timers, []), tls: new TlsBook() };
    this.#socketsMax = socketsMax;
  }

  of(access: WireAccess, url: URL): Pool {
    const pools = this.#pools;
    const own = this.#keyOf(access);
    const key = `${own} ${url.origin}`;
    const pool = pools.get(key) ?? this.#create(access, url, own);
    pools.delete(key);
    pools.set(key, pool);
    if (this.#sockets >= this.#socketsMax) this.#closeIdle(key);
    if (pools.size > limits.doorPools) {
      const [oldest, idle] = pools.entries().next().value ?? [];
      if (oldest !== undefined) pools.delete(oldest);
      void idle?.close().catch(() => undefined);
    }
    return pool;
  }

  isAwaited(access: WireAccess, { origin }: URL): boolean {
    return (this.#pools.get(`${this.#keyOf(access)} ${origin}`)?.stats.queued ?? 0) > 0;
  }

  async close(): Promise<void> {
    this.#deps.names.close();
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
    this.#pools.clear();
  }

  #keyOf(access: WireAccess): string {
    const key = this.#keys.get(access) ?? JSON.stringify(access);
    this.#keys.set(access, key);
    return key;
  }

  /** True for a mirror with credentials, or on a private network. False until the first connection to a host name. */
  isOfOperator(access: WireAccess): boolean {
    const home = this.#homeClass(this.#keyOf(access), new URL(access.url));
    return access.auth !== null || (home !== null && home !== 'public');
  }

  /**
   * The class of a mirror's own address; `null`: not known, or a proxy resolves the name. Also `null` if its name resolved
   * to addresses of several classes, because its owner could let it resolve to a private address for a moment.
   */
  #homeClass(own: string, { hostname }: URL): AddressClass | null {
    const [one = null, ...others] = this.#reached.get(own) ?? [];
    return classBySpelling(hostname) ?? (others.length === 0 ? one : null);
  }

  #closeIdle(besides: string): void {
    for (const [key, pool] of this.#pools) {
      if (key === besides || pool.stats.size > 0) continue;
      this.#pools.delete(key);
      void pool.close().catch(() => undefined);
    }
  }

  #create(access: WireAccess, { origin }: URL, own: string): Pool {
    const { clock, timers } = this.#deps;
    const url = new URL(origin);
    const home = new URL(access.url);
    const isHome = home.origin === origin;
    const route = { ...access, ...(isHome ? {} : tlsAccessFor(url, access)), by: access.registry };
    const connections = Math.min(limits.doorConnections, Math.ceil(this.#socketsMax / 4));
    const opening = getOrMake(this.#opening, own, () => new Set());
    return new Pool(origin, {
      connections,
      allowH2: false,
      maxHeaderSize: limits.headBytes,
      factory: (to, options) => new BoundedClient(to, options as UndiciClient.Options, () => clock.monotonicMs()),
      headersTimeout: limits.doorFetchMs,
      bodyTimeout: limits.doorStallMs,
      keepAliveTimeout: 10_000,
      connect: (_options, done) => {
        // Redirects may lead to any number of servers, and undici goes on opening a connection that no request waits for.
        if (opening.size >= 2 * connections) return done(new Error('too many connections'), null);
        const nowMs = clock.monotonicMs();
        const deadline = new Deadline(clock, timers, nowMs + connectMs);
        const trace = createConnectTrace(nowMs);
        opening.add(trace);
        const guard = isHome ? null : () => Promise.resolve(this.#homeClass(own, home));
        connectTo({ url, route: { ...route, protocols: ['1.1'] }, guard }, trace, deadline, this.#deps)
          .finally(() => {
            opening.delete(trace);
            deadline.clear();
          })
          .then(
            (socket) => {
              this.#count(socket);
              if (isHome && access.proxy === null)
                getOrMake(this.#reached, own, () => new Set()).add(addressClassOf(trace.remoteAddress ?? ''));
              done(null, socket as Parameters<typeof done>[1] & object);
            },
            (cause: Error) => done(cause, null),
          );
      },
    });
  }

  #count(socket: Socket): void {
    this.#sockets += 1;
    socket.once('close', () => {
      this.#sockets -= 1;
    });
    // undici treats ECONNRESET as the normal end of a response without a length. So the error gets a code of ours.
    socket.prependListener('error', (error: NodeJS.ErrnoException) => {
      if (endCodes.has(error.code ?? '')) Object.assign(error, { code: 'MW_RESET', isKept: socket.bytesRead > 0 });
    });
  }
}
