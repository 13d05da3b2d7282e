import type { Readable } from 'node:stream';
import { limits } from '../../core/limits.ts';
import type { WireAccess } from '../../core/ports.ts';
import type { Passages, Passing } from '../../wire/passage.ts';
import type { Attempt } from './race.ts';

/** One mirror that can give what was asked for. */
export interface Source {
  readonly name: string;
  readonly url: string;
  readonly access: WireAccess;
}

/** Bytes in memory of all responses that pass through, so that many large ones at once are refused. */
export interface Held {
  bytes: number;
}

/** What one response has of them. */
class Hold {
  readonly #all: Held;
  #bytes = 0;

  constructor(all: Held) {
    this.#all = all;
  }

  /** @returns `false` past `limits.doorHeldBytes` of all */
  take(bytes: number): boolean {
    this.#all.bytes += bytes;
    this.#bytes += bytes;
    return this.#all.bytes <= limits.doorHeldBytes;
  }

  /** Gives back all of it. */
  release(): void {
    this.#all.bytes -= this.#bytes;
    this.#bytes = 0;
  }
}

/** A response that is worth passing on: its beginning in memory, the rest as it comes. */
export interface Fetched {
  readonly source: Source;
  readonly passing: Passing;
  readonly first: Buffer;
  /** `null`: `first` is all of it. */
  readonly rest: AsyncIterator<Buffer> | null;
  /** Of `first`; to be released once that is sent. */
  readonly hold: Hold;
}

/** A mirror that answered, and does not have it. */
export class Absent extends Error {
  /** 404 or 410. */
  readonly status: number;

  constructor(status: number) {
    super(`status ${status}`);
    this.status = status;
  }
}

/** How a source is asked. */
export interface FetchAsk {
  readonly method: 'GET' | 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
  /** A page in HTML is a portal's or an error's. */
  readonly isNeverHtml: boolean;
  /** Bytes of the beginning that are read before it counts as a success. */
  readonly firstBytes: number;
}

/** Tries a source: it succeeds with status 200 (206 or 416 where a range was asked for) and as much of the body as is read ahead. */
export function attemptAt(
  { passages, held, nowMs }: { readonly passages: Passages; readonly held: Held; nowMs(): number },
  source: Source,
  ask: FetchAsk,
): Attempt<Fetched> {
  return async (signal) => {
    const { method, headers } = ask;
    const hold = new Hold(held);
    const passing = await passages.open(source.access, source.url, { method, headers, signal });
    const { status, body } = passing;
    const type = String(passing.headers['content-type'] ?? '');
    const isWrong = ask.isNeverHtml && /^text\/html\b/i.test(type);
    const isRight = status === 200 || (headers['range'] !== undefined && (status === 206 || status === 416));
    if (!isRight || isWrong) {
      // What is left of it is read by nobody: the connection is worth less than the bytes.
      body.on('error', () => undefined).destroy();
      throw status === 404 || status === 410 ? new Absent(status) : new Error(isWrong ? 'HTML' : `status ${status}`);
    }
    // A loser of the race is aborted, also one that has its beginning.
    signal.addEventListener('abort', () => hold.release(), { once: true });
    try {
      return { source, passing, hold, ...(await beginningOf(pacedPiecesOf(body, nowMs), ask.firstBytes, hold)) };
    } catch (cause) {
      hold.release();
      body.on('error', () => undefined).destroy();
      throw cause;
    }
  };
}

/** The pieces of a body; ends with an error where the mirror drips. The time that a client takes for a piece does not count. */
async function* pacedPiecesOf(body: Readable, nowMs: () => number): AsyncGenerator<Buffer, undefined> {
  const reader = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let [waitedMs, bytes] = [0, 0];
  for (;;) {
    const fromMs = nowMs();
    const { done, value } = await reader.next();
    if (done === true) return;
    waitedMs += nowMs() - fromMs;
    bytes += value.length;
    if (waitedMs >= limits.doorPaceMs) {
      if (bytes < limits.doorPaceBytes) throw new Error('too slow');
      [waitedMs, bytes] = [0, 0];
    }
    yield value;
  }
}

/** Reads until so many bytes are there, or the end. */
async function beginningOf(
  reader: AsyncIterator<Buffer>,
  bytes: number,
  hold: Hold,
): Promise<Pick<Fetched, 'first' | 'rest'>> {
  const pieces: Buffer[] = [];
  let read = 0;
  while (read < bytes) {
    const { done, value } = await reader.next();
    if (done === true) return { first: Buffer.concat(pieces), rest: null };
    pieces.push(value);
    if (!hold.take(value.length)) throw new Error('too much is held');
    read += value.length;
  }
  return { first: Buffer.concat(pieces), rest: reader };
}

/** Ends a response, sent or not: an unread one would keep its connection for ever. */
export function releaseFetched({ hold, passing }: Fetched): void {
  hold.release();
  passing.body.on('error', () => undefined).destroy();
}

/** The rest of a response as pieces; ends with an error where it is too long. */
export async function* piecesOf({ first, rest }: Fetched, bytesMax: number): AsyncGenerator<Buffer> {
  let sent = first.length;
  if (first.length > 0) yield first;
  if (rest === null) return;
  for (;;) {
    const { done, value } = await rest.next();
    if (done === true) return;
    sent += value.length;
    if (sent > bytesMax) throw new Error('too long');
    yield value;
  }
}

/** A value that can be sent again: Node throws at letters that are not Latin. */
const sound = /^[\t\x20-\x7e]*$/;
/** What a mirror sends is no page of ours: a browser runs none of it, and guesses no other type. */
const guards = { 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; sandbox" };

/** What a response says of itself that a client needs; nothing that sets cookies or names another place. */
export function headersFor(passing: Passing, isRewritten: boolean): Readonly<Record<string, string>> {
  const kept = ['content-type', 'cache-control', 'last-modified', 'vary', 'x-pypi-last-serial'];
  const exact = ['content-encoding', 'content-length', 'content-range', 'etag'];
  const names = isRewritten ? kept : [...kept, ...exact];
  const own = names.flatMap((name) => {
    const value = passing.headers[name];
    return typeof value === 'string' && sound.test(value) ? [[name, value] as const] : [];
  });
  return { ...Object.fromEntries(own), ...guards };
}
