import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { AddressClass } from '../core/address-class.ts';
import type { Clock, WireAccess } from '../core/ports.ts';
import type { HttpProtocol, TlsFacts } from '../core/transcript.ts';
import { phrase } from '../words/tell.ts';
import { type Deadline, type LiveMarks, stopOf, WireStop } from './deadline.ts';
import type { NameResolver, Resolved } from './dns.ts';
import { type GuardRule, mayConnect } from './guard.ts';
import { connectThroughProxy, proxyStopOf } from './proxy.ts';
import { type Handshaking, handshake, type TlsBook } from './tls.ts';

/** The fields of `WireAccess` that decide how to connect to a host. */
export interface Route
  extends Pick<WireAccess, 'ca' | 'client' | 'pin' | 'proxy' | 'family' | 'dnsServer' | 'allowHosts' | 'protocols'> {
  /** The preferred address family if `family` is `null`. */
  readonly firstFamily?: 4 | 6 | undefined;
  /** See `ResolveRule.by`. */
  readonly by?: string;
}

export const plainRoute: Route = {
  ca: [],
  client: null,
  pin: null,
  proxy: null,
  family: null,
  dnsServer: null,
  allowHosts: [],
};

export interface Destination {
  /** A URL with the scheme `http:`, `https:` or `tcp:`. */
  readonly url: URL;
  readonly route: Route;
  /**
   * Returns the class of the mirror's own address, such as `private`; addresses of this class are allowed too. `null`
   * instead of a function: every address is allowed, over plain HTTP if `NameResolver.isSteady`.
   */
  readonly guard: (() => Promise<AddressClass | null>) | null;
  readonly onSocket?: (socket: Socket) => void;
}

/** Facts about a connection, filled while it is opened. Through a proxy, address and port are the proxy's. */
export interface ConnectTrace {
  readonly marks: LiveMarks;
  remoteAddress: string | null;
  remotePort: number | null;
  family: 4 | 6 | null;
  tls: TlsFacts | null;
}

/** Creates a trace without facts. @param startMs  when the attempt to connect starts, monotonic milliseconds */
export function createConnectTrace(startMs: number): ConnectTrace {
  return { marks: { start: startMs, end: startMs }, remoteAddress: null, remotePort: null, family: null, tls: null };
}

export interface ConnectDeps {
  readonly clock: Clock;
  readonly names: NameResolver;
  readonly tls: TlsBook;
}

interface Attempt extends ConnectDeps {
  readonly to: Destination;
  readonly trace: ConnectTrace;
  readonly deadline: Deadline;
}

/** Returns the host of a URL, as sockets and certificates require it: an IPv6 address has no brackets. */
export function bareHostOf(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
}

/** Returns the port of an HTTP URL, also if it is the default port. */
export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

/**
 * Opens a connection to one address. It does not race two address families (happy eyeballs), and it resumes no TLS
 * session.
 * @throws WireStop or a Node error; failures of the proxy have the code `MW_PROXY_CONNECT` or `MW_PROXY_STATUS`
 */
export async function connectTo(
  to: Destination,
  trace: ConnectTrace,
  deadline: Deadline,
  deps: ConnectDeps,
): Promise<Socket> {
  const attempt: Attempt = { ...deps, to, trace, deadline };
  const { proxy } = to.route;
  if (proxy === null) return connectDirect(attempt);
  await allowedRule(to, null, deps.names);
  const tunnel = await throughProxy(attempt, proxy).catch((error: unknown) => {
    throw proxyStopOf(error);
  });
  trace.marks.connected = deps.clock.monotonicMs();
  return to.url.protocol === 'https:' ? orClosed(tunnel, secureTunnel(attempt, tunnel)) : tunnel;
}

function orClosed<T>(socket: Socket, over: Promise<T>): Promise<T> {
  return over.catch((error: unknown) => {
    socket.destroy();
    throw error;
  });
}

async function connectDirect(attempt: Attempt): Promise<Socket> {
  const { to } = attempt;
  const port = portOf(to.url);
  const { address } = await addressOf(attempt, bareHostOf(to.url), port);
  const rule = await allowedRule(to, address, attempt.names);
  const isPeer: PeerTest = (remote) => rule === null || mayConnect(bareHostOf(to.url), remote ?? '', rule);
  return openSocket(attempt, { address, port }, isPeer, attempt.trace.marks, to.url.protocol === 'https:');
}

async function addressOf(
  { to: { route }, trace, deadline, clock, names }: Attempt,
  host: string,
  port: number,
): Promise<Resolved> {
  const literal = isIP(host);
  const rule = { family: route.family, first: route.firstFamily, server: route.dnsServer, by: route.by };
  const found: Resolved =
    literal !== 0
      ? { address: host, family: literal === 6 ? 6 : 4 }
      : await names
          .resolve(host, rule, deadline, () => {
            trace.marks.resolved = clock.monotonicMs();
          })
          .catch((error: unknown) => {
            // The mark (the time at which the name was resolved) is removed, so that the failure belongs to the phase
            // `resolve`.
            delete trace.marks.resolved;
            throw error;
          });
  trace.remoteAddress = found.address;
  trace.remotePort = port;
  trace.family = found.family;
  return found;
}

interface Peer {
  readonly address: string;
  readonly port: number;
}

type PeerTest = (remoteAddress: string | undefined) => boolean;
const anyPeer: PeerTest = () => true;

/**
 * Returns the rule that allows connecting to the address; `null`: it is allowed without a rule.
 * @throws WireStop  if no rule allows the address
 */
async function allowedRule(to: Destination, address: string | null, names: NameResolver): Promise<GuardRule | null> {
  const host = bareHostOf(to.url);
  const rule: GuardRule = { allow: to.route.allowHosts, home: null };
  // Over TLS the certificate shows whose server it is.
  const isOwn = to.guard === null && (to.url.protocol !== 'http:' || address === null || names.isSteady(host, address));
  if (isOwn) return null;
  if (mayConnect(host, address, rule)) return rule;
  if (to.guard === null) throw forbidden();
  const withHome = { ...rule, home: await to.guard() };
  if (mayConnect(host, address, withHome)) return withHome;
  throw forbidden();
}

function forbidden(): WireStop {
  return new WireStop('MW_FORBIDDEN_TARGET', phrase('fault.forbidden'));
}

/**
 * Opens a TCP connection, and TLS over it if `isSecure`. The TLS socket is created while TCP connects, so this work does
 * not count as the mirror's time.
 */
function openSocket(
  attempt: Attempt,
  { address, port }: Peer,
  isPeer: PeerTest,
  marks: LiveMarks,
  isSecure: boolean,
): Promise<Socket> {
  const { deadline, clock } = attempt;
  return deadline.run((done, failed) => {
    const tcp = connectTcp({ host: address, port, autoSelectFamily: false, noDelay: true });
    let socket: Socket | null = null;
    const close = (): void => {
      // The TLS socket is destroyed first. Otherwise it would still start its handshake, without a connection.
      socket?.destroy();
      tcp.destroy();
    };
    // This listener is registered before Node's own listener, which starts the handshake.
    tcp.once('connect', () => {
      marks.connected = clock.monotonicMs();
      if (!isPeer(tcp.remoteAddress)) {
        close();
        failed(forbidden());
      } else if (!isSecure) done(tcp);
    });
    const end = (error: unknown): void => {
      close();
      failed(stopOf(error, 0, clock.monotonicMs()));
    };
    tcp.once('error', end);
    tcp.on('error', () => undefined);
    // Node begins to connect in a tick that is already queued. The TLS socket is created in a later tick, so that it
    // does not delay the connection.
    if (isSecure)
      process.nextTick(() => {
        if (tcp.destroyed) return;
        try {
          socket = handshake(tcp, handshakeOf(attempt), attempt, done, failed);
        } catch (error) {
          end(error);
        }
      });
    return close;
  });
}

async function throughProxy(attempt: Attempt, proxy: NonNullable<Route['proxy']>): Promise<Socket> {
  const { to, deadline } = attempt;
  const url = new URL(proxy.url);
  const port = portOf(url);
  const { address } = await addressOf(attempt, bareHostOf(url), port);
  const unmarked: LiveMarks = { start: 0, end: 0 };
  const tcp = await openSocket(attempt, { address, port }, anyPeer, unmarked, false);
  const socket = url.protocol === 'https:' ? await orClosed(tcp, secureProxy(attempt, url, tcp)) : tcp;
  if (to.url.protocol === 'https:') await connectThroughProxy(socket, to.url, proxy, deadline);
  return socket;
}

function secureProxy({ to, deadline, tls }: Attempt, url: URL, tcp: Socket): Promise<TLSSocket> {
  return deadline.run((done, failed) => {
    const secureContext = tls.context({ ca: to.route.ca, client: null, pin: null });
    const host = bareHostOf(url);
    const socket = connectTls({ socket: tcp, secureContext, host, ...(isIP(host) ? {} : { servername: host }) });
    socket.once('secureConnect', () => done(socket));
    socket.once('error', (error) => failed(stopOf(error)));
    socket.on('error', () => undefined);
    return () => undefined;
  });
}

function secureTunnel(attempt: Attempt, tunnel: Socket): Promise<Socket> {
  return attempt.deadline.run((done, failed) => {
    const socket = handshake(tunnel, handshakeOf(attempt), attempt, done, failed);
    return () => socket.destroy();
  });
}

const alpnNames: Readonly<Record<HttpProtocol, string>> = { '1.1': 'http/1.1', '2': 'h2' };

function handshakeOf({ to, trace }: Attempt): Handshaking {
  const alpn = (to.route.protocols ?? ['1.1']).map((protocol) => alpnNames[protocol]);
  return { host: bareHostOf(to.url), rule: to.route, alpn, trace, onSocket: to.onSocket };
}
