import type { Socket } from 'node:net';
import type { AnswerReader } from './answer-reader.ts';
import { nameForm, valueForm } from './field.ts';
import { stopOf, WireStop } from './stop.ts';

/** A kept connection closes after so long without a request, unless the server's own hint is shorter. */
const idleMsMax = 10 * 60_000;
/** Of the server's hint: it may count from when it sent its answer. */
const idleMarginMs = 1_000;

/** A request's target: one with a space in it would be another request. */
const targetForm = /^[\x21-\x7e]+$/;

/** One request, as it is written. */
export interface CarriedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/**
 * One connection that is ready for requests: HTTP/1.1 on top of a socket of ours, one exchange at a time. Answers are
 * read in `push`, where the socket hands up what it has read (and decrypted): nothing is buffered between, and the first
 * byte's stamp is the instant at which it came. What arrives while nothing was asked ends the connection.
 */
export class Carrier {
  readonly socket: Socket;
  /** What the socket reported first. */
  error: Error | null = null;
  readonly #host: string;
  #reader: AnswerReader | null = null;

  /** @param host  what is asked for where a request names none, with its port unless that is the scheme's own */
  constructor(socket: Socket, host: string) {
    this.socket = socket;
    this.#host = host;
    const push = socket.push;
    socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      if (chunk === null) this.#reader?.ended();
      if (!(chunk instanceof Buffer)) return push.call(socket, chunk, encoding);
      this.#take(chunk);
      return true;
    };
    socket.on('error', (error: Error) => {
      this.error ??= error;
      this.#reader?.fail(stopOf(error));
    });
    socket.on('close', () => this.#reader?.fail(new WireStop('MW_CLOSED', 'the connection was closed')));
    socket.on('timeout', () => this.close());
    // Nobody reads by events; the end is to be seen.
    socket.resume();
  }

  /**
   * Writes a request; what is answered goes to the reader.
   * @throws WireStop `ERR_INVALID_CHAR` for what can't stand in a head, `MW_STALE` where the connection is gone
   */
  send({ method, target, headers, body }: CarriedRequest, reader: AnswerReader): void {
    const lines = [`${method} ${target} HTTP/1.1`, `host: ${headers['host'] ?? this.#host}`, 'connection: keep-alive'];
    let isSound = targetForm.test(target);
    for (const [name, value] of Object.entries(headers)) {
      isSound &&= nameForm.test(name) && valueForm.test(value);
      if (name !== 'host') lines.push(`${name}: ${value}`);
    }
    if (!isSound) throw new WireStop('ERR_INVALID_CHAR', 'a header or path of ours that cannot be sent');
    if (!this.isAlive()) throw this.error === null ? stale() : stopOf(this.error);
    if (body !== null) lines.push(`content-length: ${Buffer.byteLength(body)}`);
    this.#reader = reader;
    this.socket.setTimeout(0);
    const head = `${lines.join('\r\n')}\r\n\r\n`;
    if (body === null) this.socket.write(head, 'latin1');
    else this.socket.write(Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]));
  }

  /** True while it may carry another request. */
  isAlive(): boolean {
    const { destroyed, readable, writable } = this.socket;
    return !destroyed && readable && writable && this.error === null && this.#reader === null;
  }

  /** Closes the connection at once; what is under way on it fails. */
  close(): void {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    const reader = this.#reader;
    if (reader === null) {
      this.close();
      return;
    }
    reader.take(chunk);
    if (reader.isOver) this.#rest(reader);
  }

  /** After an answer: the connection lies until it is needed, or closes. */
  #rest(reader: AnswerReader): void {
    this.#reader = null;
    const idleMs = Math.min(idleMsMax, (reader.keptMs ?? 0) - idleMarginMs);
    if (idleMs <= 0) this.close();
    else this.socket.setTimeout(idleMs);
  }
}

function stale(): WireStop {
  return new WireStop('MW_STALE', 'the kept connection is gone');
}
