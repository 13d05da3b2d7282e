import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Dispatcher } from 'undici';
import symbols from 'undici/lib/core/symbols.js';

// Only undici's client is imported: the whole package takes 3 MB more in each thread.
import Client from 'undici/lib/dispatcher/client.js';
import { limits } from '../core/limits.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import { phrase } from '../words/tell.ts';
import { WireStop } from './deadline.ts';
import { followBytes, type Inflow } from './inflow.ts';

const idleMsMax = 10 * 60_000;
/**
 * The time that is subtracted from the server's keep-alive hint, milliseconds, because the server may count from the
 * time when it sent the response.
 */
const idleMarginMs = 1_000;
/** The flow control windows of Go's client. Smaller windows would slow downloads. */
const streamWindowBytes = 4 * 1024 * 1024;
const sessionWindowBytes = 1024 * 1024 * 1024;
const h2Options = {
  pingInterval: 0,
  connectionWindowSize: sessionWindowBytes,
  // This option is undocumented. undici 8.12 does not apply `settings.initialWindowSize`.
  initialWindowSize: streamWindowBytes,
};

const closedByUs = new WireStop('MW_STALE', phrase('fault.stale'));

/**
 * Fails the requests that wait in undici's queue. After a failed connect, undici fails them only if no request is
 * running. Otherwise it reconnects in microtasks as long as a request waits, so no timer or socket of the thread runs.
 */
function failWaiting(client: Client): void {
  const own = client as unknown as Record<symbol, unknown>;
  const queue = own[symbols.kQueue] as (QueuedRequest | null)[];
  for (const request of queue.splice(own[symbols.kPendingIdx] as number)) request?.onResponseError(closedByUs);
}

interface QueuedRequest {
  onResponseError(error: Error): void;
}

/** True for an error that undici created; false for an error of the socket. */
function isUndicis(error: Error): boolean {
  const { code } = error as { code?: unknown };
  return error.name === 'HTTPParserError' || (typeof code === 'string' && code.startsWith('UND_ERR_'));
}

/** undici's handler of one request, extended by our own hooks. */
export interface Collecting extends Dispatcher.DispatchHandler {
  /** For HTTP/1.1: gets each chunk of the response as the socket reads it. */
  readonly inflow: Inflow;
  /** For HTTP/2: called with the stream of the request, and again if undici repeats a refused request. */
  streamOpened(stream: ClientHttp2Stream): void;
}

/** One request as it is sent. `target`: path and query, or the whole URL for plain HTTP through a proxy. */
export interface CarriedRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT';
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/**
 * undici's client over one socket of ours: HTTP/2 if the TLS handshake chose `h2`, else HTTP/1.1. HTTP/1.1 bytes are
 * timed in the socket's `push`, before undici's parser runs. HTTP/2 bytes are read in native code, so there the events
 * of the HTTP/2 stream are timed.
 */
export class Carrier {
  readonly socket: Socket;
  /** The socket's first error, except errors that undici created. */
  error: Error | null = null;
  session: SessionWatch | null = null;
  /**
   * True while several probes share the connection: `close` does nothing, and an aborted request ends only its own
   * stream.
   */
  isShared = false;
  #onSettings: (() => void) | null = null;
  bodyBytes = 0;
  readonly #client: Client;
  #collecting: Collecting | null = null;
  #isDisconnected = false;

  constructor(socket: Socket, origin: string) {
    this.socket = socket;
    socket.on('error', (error: Error) => {
      if (!isUndicis(error)) this.error ??= error;
    });
    followBytes(socket, (chunk) => this.#collecting?.inflow.take(chunk));
    let isGiven = false;
    this.#client = new Client(origin, {
      // undici expects an asynchronous connector. A second call fails: a carrier never reconnects.
      connect: (_options, callback) =>
        queueMicrotask(() => {
          if (isGiven) {
            failWaiting(this.#client);
            return callback(closedByUs, null);
          }
          isGiven = true;
          callback(null, socket);
        }),
      allowH2: true,
      pipelining: 1,
      maxHeaderSize: limits.headBytes,
      // undici's timers are off, because they are coarse. The deadline of the hop applies instead.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: idleMsMax,
      keepAliveMaxTimeout: idleMsMax,
      keepAliveTimeoutThreshold: idleMarginMs,
      h2Options,
    });
    this.#client.on('connect', () => this.#connected());
    this.#client.on('disconnect', () => {
      this.#isDisconnected = true;
    });
  }

  get protocol(): HttpProtocol {
    return (this.socket as TLSSocket).alpnProtocol === 'h2' ? '2' : '1.1';
  }

  /** Sends a request. Over HTTP/1.1 the previous request must have ended. */
  send({ method, target: path, headers, body }: CarriedRequest, collecting: Collecting): void {
    this.#collecting = collecting;
    this.#client.dispatch({ method, path, headers, ...(body === null ? {} : { body }) }, collecting);
  }

  /** Call this from `onRequestStart`: the next stream that opens belongs to this request. */
  starting(collecting: Collecting): void {
    this.#collecting = collecting;
  }

  /** Call this when a request has ended: later bytes do not belong to it. */
  ended(collecting: Collecting): void {
    if (this.#collecting === collecting) this.#collecting = null;
  }

  /**
   * For HTTP/2: lets several probes send requests at once.
   * @param onSettings  called when the server's SETTINGS arrive
   */
  share(onSettings: () => void): void {
    this.isShared = true;
    this.#onSettings = onSettings;
    this.#client.pipelining = limits.buildStreams;
  }

  unshare(): void {
    this.isShared = false;
    this.close();
  }

  isAlive(): boolean {
    if (this.#isDisconnected || this.error !== null || this.socket.destroyed) return false;
    if (this.session !== null) return this.session.goaway === null && this.session.error === null;
    return this.socket.readable && this.socket.writable;
  }

  /** Closes the connection and fails its running request; does nothing while the connection is shared. */
  close(): void {
    if (this.isShared) return;
    // An error is set in advance, because undici would create one with a stack trace for each closed connection.
    (this.socket as unknown as Record<symbol, Error | null>)[symbols.kError] ??= closedByUs;
    this.socket.destroy();
  }

  #connected(): void {
    const session = (this.socket as unknown as Record<symbol, ClientHttp2Session | undefined>)[symbols.kHTTP2Session];
    if (session === undefined) return;
    this.session = new SessionWatch(
      session,
      (stream) => this.#collecting?.streamOpened(stream),
      () => this.#onSettings?.(),
    );
  }
}

const codeNames = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
] as const;

export function h2CodeNameOf(code: number): string {
  return codeNames[code] ?? `code ${code}`;
}

interface Goaway {
  readonly code: number;
  /** The id of the last stream that the server processed, or may have processed. */
  readonly lastStreamId: number;
}

/** Records events of one HTTP/2 session that undici does not report. */
export class SessionWatch {
  goaway: Goaway | null = null;
  error: Error | null = null;
  /** True after a GOAWAY or the end of the session: no further request can be sent. */
  isOver = false;

  /**
   * @param opened   called with each stream, before undici adds its own listeners
   * @param settled  called when the server's SETTINGS arrive
   */
  constructor(session: ClientHttp2Session, opened: (stream: ClientHttp2Stream) => void, settled: () => void) {
    // This listener is registered before undici's listener, which ends the requests. In a graceful shutdown, a second
    // GOAWAY with a lower id follows.
    session.prependListener('goaway', (code, lastStreamId) => {
      const before = this.goaway;
      if (before === null || before.code === constants.NGHTTP2_NO_ERROR)
        this.goaway = { code, lastStreamId: Math.min(lastStreamId, before?.lastStreamId ?? lastStreamId) };
      this.isOver = true;
    });
    session.once('close', () => {
      this.isOver = true;
    });
    session.on('error', (error) => {
      this.error ??= error;
    });
    session.on('remoteSettings', settled);
    const request = session.request.bind(session);
    session.request = (...args) => {
      const stream = request(...args);
      opened(stream);
      return stream;
    };
  }
}
