import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { limits } from '../core/limits.ts';
import { phrase } from '../words/tell.ts';
import { WireStop } from './deadline.ts';

/** The offset of the first digit of the status. If this digit is 1 (`HTTP/1.1 1xx`), the head is interim. */
const statusAt = 9;
const interim = 0x31;
/**
 * The maximum number of bytes besides head and body (chunk sizes, frame headers, trailers). `framingShareMax` of the
 * body's bytes is added to it. The limit exists because tiny chunks cost CPU time. Go's client has a similar limit.
 */
const framingBytesMax = 256 * 1024;
const framingShareMax = 0.25;
const carriageReturn = 0x0d;
const lineFeed = 0x0a;

export function stopOfLargeHead(): WireStop {
  return new WireStop('MW_HEAD_TOO_LARGE', phrase('fault.headLarge'));
}

/** Counts and times the bytes of one HTTP/1.1 response as the socket delivers them, before any parser. */
export class Inflow {
  firstByteMs: number | null = null;
  lastByteMs: number | null = null;
  /** The number of decrypted bytes so far, including the head. */
  totalBytes = 0;
  /** The number of bytes of the head, including interim heads; `null` while the head is incomplete. */
  headBytes: number | null = null;
  /** Body bytes that the parser has delivered; the owner must update this field. */
  bodyBytes = 0;
  readonly #now: () => number;
  readonly #broken: (why: WireStop) => void;
  /**
   * The state of the current head: its number of bytes so far, how much of its end (CR LF CR LF) is matched, and
   * whether it is interim.
   */
  #at = 0;
  #matched = 0;
  #isInterim = false;

  /**
   * Starts counting.
   * @param now     the monotonic clock
   * @param broken  called when the head, including interim heads, is longer than `limits.headBytes`, or when too many
   * bytes are neither head nor body
   */
  constructor(now: () => number, broken: (why: WireStop) => void) {
    this.#now = now;
    this.#broken = broken;
  }

  take(chunk: Buffer): void {
    this.lastByteMs = this.#now();
    this.firstByteMs ??= this.lastByteMs;
    // By now the parser has processed all earlier chunks, so `bodyBytes` covers them.
    const framing = this.headBytes === null ? 0 : this.totalBytes - this.headBytes - this.bodyBytes;
    this.totalBytes += chunk.length;
    if (this.headBytes === null) this.#scan(chunk);
    else if (framing > framingBytesMax + framingShareMax * this.bodyBytes)
      this.#broken(new WireStop('MW_BAD_CHUNK', phrase('fault.framing')));
  }

  #scan(chunk: Buffer): void {
    const before = this.totalBytes - chunk.length;
    for (let i = 0; i < chunk.length && this.headBytes === null; i += 1) {
      const byte = chunk[i];
      if (this.#at === statusAt) this.#isInterim = byte === interim;
      this.#at += 1;
      if (byte === carriageReturn) this.#matched = this.#matched === 2 ? 3 : 1;
      else this.#matched = byte === lineFeed && this.#matched % 2 === 1 ? this.#matched + 1 : 0;
      if (this.#matched === 4) this.#ended(before + i + 1);
    }
    if ((this.headBytes ?? this.totalBytes) > limits.headBytes) this.#broken(stopOfLargeHead());
  }

  #ended(bytes: number): void {
    if (!this.#isInterim) this.headBytes = bytes;
    this.#at = 0;
    this.#matched = 0;
  }
}

/** Calls `take` with each chunk that a socket receives, before any reader of the socket gets it. */
export function followBytes(socket: Socket, take: (chunk: Buffer) => void): void {
  const push = socket.push;
  socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk instanceof Buffer) take(chunk);
    return push.call(socket, chunk, encoding);
  };
}

/** Interval of the flood checks of a connection, milliseconds. */
export const floodCheckMs = 100;
/**
 * The bytes that HTTP/2 adds for each header field, besides its name and value, to the size of a header list.
 * @see RFC 9113 section 6.5.2
 */
const fieldBytes = 32;

/**
 * True if an HTTP/2 connection received too many bytes besides heads and bodies, or a TLS connection besides its
 * plain text. The check is needed because nghttp2
 * accepts any number of some frames (WINDOW_UPDATE, ALTSVC, padding), and bodies in frames of one byte. The limits are
 * the same as for HTTP/1.1.
 * @param readBytes  received bytes, including those of bodies
 */
export function isFlood(readBytes: number, bodyBytes: number): boolean {
  return readBytes - bodyBytes > limits.headBytes + framingBytesMax + framingShareMax * bodyBytes;
}

/** Measures the size of a header list as HTTP/2 counts it, bytes. */
export function measureHeaderList(headers: IncomingHttpHeaders): number {
  let sum = 0;
  for (const [name, value] of Object.entries(headers)) {
    for (const one of [value].flat()) sum += name.length + String(one).length + fieldBytes;
  }
  return sum;
}
