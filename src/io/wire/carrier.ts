import type { Socket } from 'node:net';
// The client alone: the whole package (fetch, caches, WebSocket) is 3 MB more in each thread. Its minor release is pinned.
import Client from 'undici/lib/dispatcher/client.js';
import { limits } from '../../core/limits.ts';
import { WireStop } from './stop.ts';

/** A kept connection closes after so long without a request, unless the server's own hint is shorter. */
const idleMsMax = 10 * 60_000;

const headEnd = Buffer.from('\r\n\r\n');
const empty = Buffer.alloc(0);

/**
 * What arrives on a connection for one exchange, before any parser has seen it: when its first byte and the newest came,
 * how long the head is, how many bytes there are in all.
 */
export class Inflow {
  /** Monotonic instant of the first byte, `null` before. */
  firstByteMs: number | null = null;
  /** Monotonic instant of the newest byte, `null` before. */
  lastByteMs: number | null = null;
  /** Plain bytes so far, head included. */
  totalBytes = 0;
  /** Bytes of the head, interim heads included; `null` while it is not complete. */
  headBytes: number | null = null;
  readonly #now: () => number;
  readonly #tooLarge: () => void;
  #pending: Buffer = empty;

  /** @param tooLarge  called as soon as the head, interim ones included, is beyond `limits.headBytes` */
  constructor(now: () => number, tooLarge: () => void) {
    this.#now = now;
    this.#tooLarge = tooLarge;
  }

  /** Takes one chunk as the socket hands it up. The stamp comes first. */
  take(chunk: Buffer): void {
    this.lastByteMs = this.#now();
    this.firstByteMs ??= this.lastByteMs;
    this.totalBytes += chunk.length;
    if (this.headBytes === null) this.#scan(chunk);
  }

  #scan(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (let end = this.#pending.indexOf(headEnd); end >= 0; end = this.#pending.indexOf(headEnd)) {
      // `HTTP/1.1 1xx`: an interim head, another follows.
      const isInterim = this.#pending[9] === 0x31;
      this.#pending = this.#pending.subarray(end + headEnd.length);
      if (isInterim) continue;
      this.headBytes = this.totalBytes - this.#pending.length;
      this.#pending = empty;
      return;
    }
    if (this.totalBytes > limits.headBytes) this.#tooLarge();
  }
}

/**
 * One connection that is ready for requests, with undici's HTTP/1.1 on top of a socket of ours. The first byte is
 * stamped in `push`, where the socket hands up what it has read (and decrypted), before it is buffered: undici's own
 * callbacks come after its parser has run, and not at all for a head that is not HTTP.
 */
export class Carrier {
  readonly socket: Socket;
  readonly client: Client;
  /** What the socket reported first; undici may report less ("other side closed"). */
  error: Error | null = null;
  /** Takes what arrives for the exchange in hand. */
  inflow: Inflow | null = null;

  constructor(socket: Socket, origin: string) {
    this.socket = socket;
    socket.on('error', (error: Error) => {
      this.error ??= error;
    });
    const push = socket.push;
    socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      if (this.inflow !== null && chunk instanceof Buffer) this.inflow.take(chunk);
      return push.call(socket, chunk, encoding);
    };
    let isGiven = false;
    this.client = new Client(origin, {
      // undici waits for its connector to answer later than at once.
      connect: (_options, callback) =>
        queueMicrotask(() => {
          if (isGiven) return callback(new WireStop('MW_STALE', 'the kept connection is gone'), null);
          isGiven = true;
          callback(null, socket);
        }),
      allowH2: false,
      pipelining: 1,
      maxHeaderSize: limits.headBytes,
      // The hop's own deadline holds; undici's timers are coarse.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: idleMsMax,
      keepAliveMaxTimeout: idleMsMax,
      keepAliveTimeoutThreshold: 1_000,
    });
  }

  /** True while it may carry another request. */
  isAlive(): boolean {
    return !this.socket.destroyed && this.socket.readable && this.socket.writable && this.error === null;
  }

  /** Closes the connection at once; what is under way on it fails. */
  close(): void {
    this.socket.destroy();
  }
}
