import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions, type Server as TlsServer } from 'node:tls';
import { type Answer, fullHead, type SeenRequest, text } from './answer.ts';
import { type Certs, testCerts } from './certs.ts';
import { type ConnectionFault, type Fault, faultScopes, isConnectionFault, isRequestFault } from './faults.ts';
import { decodedPath, parseHeaders } from './parse-request.ts';
import { listenAnywhere } from './ports.ts';
import { answerWithFault, resetSocket } from './request-faults.ts';
import { openTarpit, type Tarpit } from './tarpit.ts';
import { spoilsBeforeTls, tlsOptions } from './tls-faults.ts';

/** When a fault of a connection or request strikes; faults of the listener hold at once and until taken away. */
export interface FaultWhen {
  /** Leaves this many alone first, counted from `setFault`. Default 0. */
  readonly after?: number;
  /** Strikes this often, then all is well again. Default: for ever. */
  readonly times?: number;
  /** Only requests whose decoded path matches; for faults of a request alone. */
  readonly path?: RegExp;
}

/** Known times the server takes on purpose, each in the phase it is named after. Whole milliseconds. */
export interface ServerDelays {
  /** Between the accepted connection and our first TLS byte. */
  readonly tlsMs?: number;
  /** Between the request and the first byte of the head: the phase `processing`. */
  readonly headMs?: number;
  /** Between the head and the body: the phase `transfer`. */
  readonly bodyMs?: number;
}

/** How to start a scripted server. */
export interface RawServerOptions {
  /** What a well server says; may take its time. */
  readonly answer: (request: SeenRequest) => Answer | Promise<Answer>;
  /** `true`: TLS with the good test certificate; or options for node:tls on top of that. Default: plain HTTP. */
  readonly tls?: boolean | TlsOptions;
  /** Default: a free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly certs?: Certs;
  /** In plain HTTP: closes a connection that begins with a TLS handshake, as real servers do. Default: waits for a request. */
  readonly closesTls?: boolean;
}

/** A scripted server on a real socket, in this process. */
export interface RawServer {
  readonly host: string;
  readonly port: number;
  /** `http://127.0.0.1:port` or `https://…`, without a slash at its end. */
  readonly url: string;
  /** All requests so far, those that a fault answered included. */
  readonly requests: readonly SeenRequest[];
  /** Connections accepted so far. */
  readonly connectionCount: () => number;
  /** Puts one fault in place of the one before; `null` heals. Resolves when it holds. */
  readonly setFault: (fault: Fault | null, when?: FaultWhen) => Promise<void>;
  /** A number is `headMs`. */
  readonly setDelay: (delay: number | ServerDelays) => void;
  /** As if the process had died: connections are cut, new ones refused. */
  readonly kill: () => Promise<void>;
  /** Listens again on the same port. */
  readonly revive: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const headBytesMax = 64 * 1024;
/** The first byte of a ClientHello: RFC 8446 section 5.1. */
const tlsHandshake = 22;

type Plan = { readonly fault: Fault; readonly path: RegExp | undefined; skip: number; left: number };

/** Starts a server that speaks HTTP/1.1 by hand, so that it can also speak it badly. */
export async function startRawServer(options: RawServerOptions): Promise<RawServer> {
  const server = new ScriptedServer(options);
  await server.listen();
  return server;
}

class ScriptedServer implements RawServer {
  readonly host: string;
  readonly requests: SeenRequest[] = [];
  port: number;
  readonly #options: RawServerOptions;
  readonly #certs: Certs;
  readonly #sockets = new Set<Socket>();
  #listener: Server | null = null;
  #tarpit: Tarpit | null = null;
  #plan: Plan | null = null;
  #delays: ServerDelays = {};
  #connections = 0;
  #wellTls: TlsServer | null = null;
  /** What to do with each connection once it is secure, by the client's port. */
  readonly #handshakes = new Map<number, (secure: TLSSocket) => void>();

  constructor(options: RawServerOptions) {
    this.#options = options;
    this.#certs = options.certs ?? testCerts();
    this.host = options.host ?? '127.0.0.1';
    this.port = options.port ?? 0;
  }

  get url(): string {
    return `${this.#isTls() ? 'https' : 'http'}://${this.host}:${this.port}`;
  }

  connectionCount = (): number => this.#connections;

  setDelay = (delay: number | ServerDelays): void => {
    this.#delays = typeof delay === 'number' ? { headMs: delay } : delay;
  };

  setFault = async (fault: Fault | null, when: FaultWhen = {}): Promise<void> => {
    const scope = fault === null ? null : faultScopes[fault.kind];
    this.#plan =
      fault === null || scope === 'listener'
        ? null
        : { fault, path: when.path, skip: when.after ?? 0, left: when.times ?? Number.POSITIVE_INFINITY };
    if (scope !== 'listener') return this.revive();
    await this.kill();
    if (fault?.kind === 'hang-connect') this.#tarpit = await openTarpit(this.port, this.host);
  };

  kill = async (): Promise<void> => {
    await this.#leaveTarpit();
    const listener = this.#listener;
    this.#listener = null;
    const closed = new Promise<void>((resolve) => (listener === null ? resolve() : listener.close(() => resolve())));
    for (const socket of this.#sockets) resetSocket(socket);
    await closed;
  };

  revive = async (): Promise<void> => {
    await this.#leaveTarpit();
    if (this.#listener === null) await this.listen();
  };

  close = (): Promise<void> => this.kill();

  async listen(): Promise<void> {
    const listener = createServer((socket) => this.#accept(socket));
    if (this.port === 0) this.port = await listenAnywhere(listener, this.host);
    else
      await new Promise<void>((resolve, reject) => {
        listener.once('error', reject);
        listener.listen({ port: this.port, host: this.host }, resolve);
      });
    this.#listener = listener;
  }

  async #leaveTarpit(): Promise<void> {
    await this.#tarpit?.close();
    this.#tarpit = null;
  }

  #isTls(): boolean {
    return this.#options.tls !== undefined && this.#options.tls !== false;
  }

  /** The fault that strikes now, if any, counting this occasion. */
  #strike<F extends Fault>(isMine: (fault: Fault) => fault is F, path?: string): F | null {
    const plan = this.#plan;
    if (plan === null || !isMine(plan.fault)) return null;
    if (path !== undefined && plan.path !== undefined && !plan.path.test(path)) return null;
    if (plan.skip > 0) {
      plan.skip -= 1;
      return null;
    }
    if (plan.left <= 0) return null;
    plan.left -= 1;
    return plan.fault;
  }

  #accept(socket: Socket): void {
    const connection = this.#connections;
    this.#connections += 1;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    const clientPort = socket.remotePort ?? 0;
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#handshakes.delete(clientPort);
    });
    // The other side may go away at any moment; that is its right, and no news.
    socket.on('error', () => undefined);
    const fault = this.#strike(isConnectionFault);
    if (!this.#isTls()) {
      if (fault?.kind === 'reset-at-accept') resetSocket(socket);
      else if (fault?.kind === 'close-at-accept') socket.end();
      else this.#converse(socket, connection, null);
      return;
    }
    if (fault !== null && spoilsBeforeTls(socket, fault)) return;
    const begin = (): void => {
      if (!socket.destroyed) this.#secure(socket, connection, fault);
    };
    const { tlsMs = 0 } = this.#delays;
    if (tlsMs === 0) begin();
    else setTimeout(begin, tlsMs);
  }

  /** One TLS server for all well connections, so that no handshake pays for reading the certificate. */
  #tlsServer(fault: ConnectionFault | null): TlsServer {
    if (fault !== null) return this.#makeTlsServer(fault);
    this.#wellTls ??= this.#makeTlsServer(null);
    return this.#wellTls;
  }

  #secure(socket: Socket, connection: number, fault: ConnectionFault | null): void {
    const server = this.#tlsServer(fault);
    this.#handshakes.set(socket.remotePort ?? 0, (secure) => {
      if (fault?.kind === 'reset-after-tls') return resetSocket(secure);
      const peer = secure.getPeerCertificate();
      this.#converse(secure, connection, {
        protocol: secure.getProtocol() ?? '',
        servername: (secure as TLSSocket & { servername?: string | false }).servername || '',
        clientName: typeof peer?.subject?.CN === 'string' ? peer.subject.CN : null,
      });
    });
    server.emit('connection', socket);
  }

  #makeTlsServer(fault: ConnectionFault | null): TlsServer {
    const own = typeof this.#options.tls === 'object' ? this.#options.tls : {};
    const server = createTlsServer(tlsOptions(this.#certs, own, fault));
    server.on('tlsClientError', (_, secure) => secure.destroy());
    server.on('secureConnection', (secure) => {
      secure.on('error', () => undefined);
      this.#handshakes.get(secure.remotePort ?? 0)?.(secure);
    });
    return server;
  }

  /** Reads requests one after the other and answers each before it looks at the next. */
  #converse(socket: Socket, connection: number, tls: SeenRequest['tls']): void {
    let buffer = '';
    let busy = false;
    const next = async (): Promise<void> => {
      const end = buffer.indexOf('\r\n\r\n');
      if (busy || end < 0) return;
      busy = true;
      const head = buffer.slice(0, end);
      buffer = buffer.slice(end + 4);
      const stays = await this.#respond(socket, head, connection, tls);
      busy = false;
      if (stays) await next();
    };
    socket.on('data', (chunk: Buffer) => {
      if (this.#options.closesTls === true && tls === null && buffer === '' && chunk[0] === tlsHandshake) {
        socket.destroy();
        return;
      }
      buffer += chunk.toString('latin1');
      if (buffer.length > headBytesMax) socket.destroy();
      else void next();
    });
    socket.once('end', () => socket.end());
  }

  /** @returns whether the connection stays open for another request */
  async #respond(socket: Socket, head: string, connection: number, tls: SeenRequest['tls']): Promise<boolean> {
    const [line = '', ...headerLines] = head.split('\r\n');
    const [method = '', target = ''] = line.split(' ');
    const path = decodedPath(target);
    const fault = this.#strike(isRequestFault, path);
    const request: SeenRequest = {
      index: this.requests.length,
      connection,
      atMs: performance.now(),
      method,
      target,
      path,
      headers: parseHeaders(headerLines),
      tls,
      fault: fault?.kind ?? null,
    };
    this.requests.push(request);
    const { headMs = 0, bodyMs = 0 } = this.#delays;
    if (headMs > 0) await pause(headMs);
    const isKnown = method === 'GET' || method === 'HEAD';
    const good = isKnown
      ? await this.#options.answer(request)
      : text(405, 'method not allowed\n', { allow: 'GET, HEAD' });
    if (socket.destroyed) return false;
    const answer = fault === null ? good : answerWithFault(socket, fault, good, target);
    if (answer === null) return false;
    const closes = [request.headers.connection?.toLowerCase(), answer.headers?.['connection']].includes('close');
    const framed = closes ? { ...answer, headers: { ...answer.headers, connection: 'close' } } : answer;
    if (bodyMs > 0) {
      socket.write(fullHead(framed));
      await pause(bodyMs);
    }
    const rest = [bodyMs > 0 ? '' : fullHead(framed), method === 'HEAD' ? '' : framed.body].map((part) =>
      Buffer.from(part),
    );
    if (socket.destroyed) return false;
    socket.write(Buffer.concat(rest));
    if (closes) socket.end();
    return !closes;
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
