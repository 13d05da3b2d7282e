import type { Socket } from 'node:net';
import { type AddressClass, addressClassOf, classBySpelling } from '../core/address-class.ts';
import { limits } from '../core/limits.ts';
import { maskOf } from '../core/mask-known.ts';
import type { Connection } from '../core/mirror.ts';
import type { HopRequest, HopResponse, KnownMask, Line, Over, Timed, Timers, WireAccess } from '../core/ports.ts';
import type { Hop, WireFault } from '../core/transcript.ts';
import { phrase } from '../words/tell.ts';
import type { BodyFile, Collected, Spill } from './body-hold.ts';
import type { Build, Builds } from './build.ts';
import { Carrier } from './carrier.ts';
import { bareHostOf, type ConnectDeps, connectTo, createConnectTrace } from './connect.ts';
import { proxyAuthorizationOf, requestHeaders, tlsAccessFor } from './credentials.ts';
import { Deadline, phaseOf, stopOf, WireStop } from './deadline.ts';
import { exchange } from './exchange.ts';
import { closeMarks, fillFrom, type HopState, keyOf, parseHopUrl, showUrl, unusable } from './hop.ts';
import type { KeptConnection, Pool } from './pool.ts';
import { redactHeaders } from './redact.ts';
import { newTrace } from './trace.ts';

export interface LineDeps extends ConnectDeps {
  readonly timers: Timers;
  readonly pool: Pool;
  readonly builds: Builds;
}

/** Fault codes of a request over a connection of the pool, if the server closed the connection while it was idle. */
const staleCodes = new Set(['MW_STALE', 'MW_CLOSED', 'ECONNRESET', 'EPIPE', 'MW_H2_UNTAKEN']);
const untakenCode = 'MW_H2_UNTAKEN';

/**
 * Sends the requests of one probe. A cold line opens a connection for each request (hop). If a hop directly follows
 * another one (`startMs` is set) at the same server, it uses the connection of that hop. A warm line uses an idle
 * connection of the pool, or in a build (several probes at once) the connection of the build's cold line.
 */
export class OpenLine implements Line {
  readonly #access: WireAccess;
  readonly #mask: KnownMask;
  readonly #connection: Connection;
  readonly #over: Over;
  readonly #deps: LineDeps;
  readonly #timed: Timed;
  #build: Build | null;
  /**
   * Only on warm lines of a build: waits at most `limitMs` for the shared connection. Resolves to true when it is
   * ready, else to false.
   */
  readonly joined?: (limitMs: number) => Promise<boolean>;
  #own: { readonly key: string; readonly kept: KeptConnection } | null = null;
  #deadline: Deadline | null = null;
  #socket: Socket | null = null;
  /** The classes of the addresses at which this line connected to the mirror itself. */
  readonly #homeClasses = new Set<AddressClass>();
  readonly #files: BodyFile[] = [];

  constructor(access: WireAccess, connection: Connection, deps: LineDeps, over: Over = {}) {
    this.#access = access;
    this.#mask = maskOf(access);
    this.#connection = connection;
    this.#over = over;
    this.#deps = deps;
    this.#timed = over.timed ?? ((compute) => compute());
    const build = over.build === undefined ? null : deps.builds.of(over.build);
    this.#build = build;
    if (build !== null && connection === 'warm') this.joined = (limitMs) => build.ready(limitMs);
  }

  close(): void {
    this.#deadline?.cut(new WireStop('ABORT_ERR', phrase('fault.line')));
    this.#own?.kept.carrier.close();
    this.#own = null;
    this.#build?.leave(this.#connection === 'cold');
    this.#build = null;
    for (const file of this.#files.splice(0)) file.close();
  }

  readonly #spill: Spill = {
    heldBytes: limits.bodyHeldBytes,
    opened: (file) => this.#files.push(file),
  };

  async hop(request: HopRequest): Promise<HopResponse> {
    const { clock, timers } = this.#deps;
    const url = parseHopUrl(request.url);
    const { authorization } = request.headers;
    if (authorization !== undefined) this.#mask.learn(authorization.replace(/^\S+ +/, ''));
    if (url === null)
      return unusable(request, showUrl(request.url, this.#mask.text), request.startMs ?? clock.monotonicMs());
    const headers = requestHeaders(url, request.headers, this.#access);
    const deadline = new Deadline(clock, timers, request.deadlineMs);
    // The time starts after our own preparation, which does not count as the mirror's time.
    const startMs = request.startMs ?? clock.monotonicMs();
    const trace = createConnectTrace(startMs);
    const state: HopState = { request, url, trace, headers, exchanged: newTrace(), reused: false, protocol: null };
    this.#deadline = deadline;
    if (request.idleMs !== undefined) deadline.limitIdle(request.idleMs, () => this.#socket?.bytesRead ?? 0);
    try {
      const collected = await this.exchange(state, deadline);
      closeMarks(state, state.exchanged.endMs ?? clock.monotonicMs());
      return this.#timed(() => this.exchanged(state, collected, null));
    } catch (error) {
      const stop = stopOf(error, state.exchanged.bodyBytes);
      closeMarks(state, stop.atMs ?? clock.monotonicMs());
      const fault = await this.#fault(state, stop);
      return this.#timed(() => this.exchanged(state, nothing, fault));
    } finally {
      deadline.clear();
      this.#deadline = null;
      this.#socket = null;
    }
  }

  async exchange(state: HopState, deadline: Deadline): Promise<Collected> {
    const kept = this.#take(state);
    if (kept !== null) {
      state.reused = true;
      fillFrom(state.trace, kept);
      this.#noteHome(state);
      try {
        return await this.#exchange(kept, state, deadline);
      } catch (error) {
        const { code } = stopOf(error);
        // The shared connection of a build was in use, not idle. So its end is a fault, unless a GOAWAY ended it.
        const isOld = kept.carrier.isShared ? code === untakenCode : staleCodes.has(code);
        if (state.exchanged.firstByteMs !== null || !isOld) throw error;
        if (kept.carrier.isShared) this.#moveOn(state, kept.carrier);
        else {
          state.trace = createConnectTrace(state.trace.marks.start);
          state.exchanged = newTrace();
        }
        state.reused = false;
      }
    }
    const opened = await this.#connect(state, deadline);
    try {
      return await this.#exchange(opened, state, deadline);
    } catch (error) {
      if (stopOf(error).code !== untakenCode || state.exchanged.repeated !== null) throw error;
      this.#moveOn(state, opened.carrier);
      return this.#exchange(await this.#connect(state, deadline), state, deadline);
    }
  }

  /**
   * Handles a session that the server ended before it accepted our stream. Like Go's client, we repeat the request
   * once, over a new connection. The phases are those of the repeated request.
   */
  #moveOn(state: HopState, { session }: Carrier): void {
    state.trace = createConnectTrace(this.#deps.clock.monotonicMs());
    state.exchanged = { ...newTrace(), repeated: session?.goaway == null ? null : 'goaway' };
  }

  async #connect(state: HopState, deadline: Deadline): Promise<KeptConnection> {
    const { url, trace, request } = state;
    const guard = request.foreign ? (): Promise<AddressClass | null> => this.#homeClass(deadline) : null;
    const { family: firstFamily, protocol } = this.#over;
    const protocols = protocol === undefined ? this.#access.protocols : [protocol];
    const own = request.foreign ? { ...tlsAccessFor(url, this.#access), by: this.#access.registry } : {};
    const route = { ...this.#access, ...own, firstFamily, ...(protocols === undefined ? {} : { protocols }) };
    let carrier: Carrier | null = null;
    const onSocket = (socket: Socket): void => {
      carrier = new Carrier(socket, url.origin);
      this.#socket = socket;
    };
    const socket = await connectTo({ url, route, guard, onSocket }, trace, deadline, this.#deps).finally(() =>
      this.#noteHome(state),
    );
    const { remoteAddress, remotePort, family, tls } = trace;
    const ready = carrier ?? new Carrier(socket, url.origin);
    if (url.protocol === 'https:' && protocols?.includes('1.1') === false && ready.protocol !== '2') {
      ready.close();
      throw new WireStop('MW_NO_HTTP2', phrase('fault.noHttp2'));
    }
    const kept: KeptConnection = { carrier: ready, remoteAddress, remotePort, family, tls };
    const isFirst = this.#connection === 'cold' && !request.aside && this.#build?.kept === null;
    if (isFirst && ready.protocol === '2') this.#build?.offer(kept);
    return kept;
  }

  async #exchange(kept: KeptConnection, state: HopState, deadline: Deadline): Promise<Collected> {
    const { request, url, headers, exchanged } = state;
    state.protocol = kept.carrier.protocol;
    this.#socket = kept.carrier.socket;
    const proxy = url.protocol === 'http:' ? this.#access.proxy : null;
    const authorization = proxy === null ? null : proxyAuthorizationOf(proxy);
    try {
      const collected = await exchange(
        kept.carrier,
        {
          method: request.method ?? 'GET',
          target: `${proxy === null ? '' : url.origin}${url.pathname}${url.search}`,
          headers: authorization === null ? headers : { ...headers, 'proxy-authorization': authorization },
          body: null,
          bodyBytesMax: request.bodyBytesMax,
          stopAfterBytes: request.stopAfterBytes,
          ...(request.asSent === true ? { asSent: request.asSent } : {}),
          spill: request.large === true ? this.#spill : null,
          received: this.#over.received,
        },
        exchanged,
        deadline,
        () => this.#deps.clock.monotonicMs(),
      );
      // Status 421: the server does not serve this URL over this connection (RFC 9110 section 15.5.20). The connection
      // is closed. As in Go, the status is reported unchanged.
      if (exchanged.status === 421) kept.carrier.close();
      if (proxy !== null && exchanged.status === 407)
        throw new WireStop('MW_PROXY_STATUS', phrase('fault.proxyDenied'), exchanged.bodyBytes, exchanged.endMs);
      return collected;
    } finally {
      this.#give(state, kept);
    }
  }

  #take(state: HopState): KeptConnection | null {
    if (this.#connection === 'warm') {
      if (this.#build === null) return this.#deps.pool.take(this.#access, state.url.origin);
      const { kept } = this.#build;
      return kept !== null && state.url.origin === new URL(this.#access.url).origin ? kept : null;
    }
    const own = this.#own;
    this.#own = null;
    if (own === null) return null;
    if (state.request.startMs !== null && own.key === keyOf(state) && own.kept.carrier.isAlive()) return own.kept;
    own.kept.carrier.close();
    return null;
  }

  #give(state: HopState, kept: KeptConnection): void {
    if (kept.carrier.isShared) return;
    if (this.#connection === 'warm' && this.#build === null) this.#deps.pool.give(this.#access, state.url.origin, kept);
    else if (kept.carrier.isAlive()) {
      this.#own?.kept.carrier.close();
      this.#own = { key: keyOf(state), kept };
    }
  }

  #noteHome({ request, trace }: HopState): void {
    if (request.foreign || this.#access.proxy !== null || trace.remoteAddress === null) return;
    const found = addressClassOf(trace.remoteAddress);
    if (found !== null) this.#homeClasses.add(found);
  }

  /** Returns the class of the mirror's address; `null`: unknown, or it has several classes, so none is trusted. */
  async #homeClass(deadline: Deadline): Promise<AddressClass | null> {
    const host = bareHostOf(new URL(this.#access.url));
    const bySpelling = classBySpelling(host);
    if (bySpelling !== null || this.#access.proxy !== null) return bySpelling;
    const { family, dnsServer: server } = this.#access;
    const classes = this.#homeClasses;
    if (classes.size === 0) {
      const { names } = this.#deps;
      await names
        .resolve(host, { family, server }, deadline, () => undefined)
        .then(({ address }) => names.isSteady(host, address) && classes.add(addressClassOf(address) ?? 'reserved'))
        .catch(() => null);
    }
    const [only = null] = classes;
    return classes.size === 1 ? only : null;
  }

  async #fault(state: HopState, stop: WireStop): Promise<WireFault> {
    const { trace, url, request, reused } = state;
    const host = this.#access.proxy === null ? bareHostOf(url) : bareHostOf(new URL(this.#access.proxy.url));
    const isSecure = url.protocol === 'https:';
    const phase = phaseOf(trace.marks, isSecure, reused, addressClassOf(host) !== null);
    const triesOthers = phase === 'resolve' && stop.code !== 'ABORT_ERR' && classBySpelling(host) === null;
    const { family, dnsServer: server } = this.#access;
    return {
      code: stop.code,
      phase,
      text: stop.message,
      ...(stop.sentence === null ? {} : { sentence: stop.sentence }),
      bytesRead: Math.max(stop.bytesRead, state.exchanged.bodyBytes),
      ...(stop.code === 'MW_DEADLINE' ? { limitMs: stop.idleMs ?? request.limitMs } : {}),
      ...(triesOthers ? { resolvesOthers: await this.#deps.names.resolvesOthers(host, { family, server }) } : {}),
    };
  }

  exchanged(state: HopState, { body, whole }: Collected, fault: WireFault | null): HopResponse {
    const { request, trace, exchanged } = state;
    const hop: Hop = {
      url: showUrl(request.url, this.#mask.text),
      aside: request.aside,
      ...trace,
      reused: state.reused,
      proxy: this.#access.proxy === null ? null : new URL(this.#access.proxy.url).origin,
      requestHeaders: redactHeaders(state.headers, this.#mask.text),
      ...(state.protocol === null ? {} : { protocol: state.protocol }),
      ...(exchanged.repeated === null ? {} : { repeated: exchanged.repeated }),
      ...(request.method === 'HEAD' ? { method: 'HEAD' } : {}),
      status: exchanged.status,
      responseHeaders: redactHeaders(exchanged.headers, this.#mask.text),
      bodyBytes: exchanged.bodyBytes,
      ...(exchanged.ramp == null ? {} : { ramp: exchanged.ramp }),
      fault,
    };
    return { hop, headers: exchanged.headers, body, ...(whole === null ? {} : { whole }) };
  }
}

const nothing: Collected = { body: Buffer.alloc(0), whole: null };
