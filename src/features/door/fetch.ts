import type { Readable } from 'node:stream';
import type { WireAccess } from '../../core/ports.ts';
import type { Passages, Passing } from '../../wire/passage.ts';
import type { Attempt } from './race.ts';

/** One mirror that can give what was asked for. */
export interface Source {
  readonly name: string;
  readonly url: string;
  readonly access: WireAccess;
}

/** A response that is worth passing on: its beginning in memory, the rest as it comes. */
export interface Fetched {
  readonly source: Source;
  readonly passing: Passing;
  readonly first: Buffer;
  /** `null`: `first` is all of it. */
  readonly rest: AsyncIterator<Buffer> | null;
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

/** Tries a source: it succeeds with status 200 (206 where a range was asked for) and as much of the body as is read ahead. */
export function attemptAt(passages: Passages, source: Source, ask: FetchAsk): Attempt<Fetched> {
  return async (signal) => {
    const { method, headers } = ask;
    const passing = await passages.open(source.access, source.url, { method, headers, signal });
    const { status, body } = passing;
    const type = String(passing.headers['content-type'] ?? '');
    const isWrong = ask.isNeverHtml && /^text\/html\b/i.test(type);
    if ((status !== 200 && !(status === 206 && headers['range'] !== undefined)) || isWrong) {
      // What is left of it is read by nobody: the connection is worth less than the bytes.
      body.on('error', () => undefined).destroy();
      throw status === 404 || status === 410 ? new Absent(status) : new Error(isWrong ? 'HTML' : `status ${status}`);
    }
    try {
      return { source, passing, ...(await beginningOf(body, ask.firstBytes)) };
    } catch (cause) {
      body.on('error', () => undefined).destroy();
      throw cause;
    }
  };
}

/** Reads until so many bytes are there, or the end. */
async function beginningOf(body: Readable, bytes: number): Promise<Pick<Fetched, 'first' | 'rest'>> {
  const pieces: Buffer[] = [];
  let read = 0;
  const reader = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  while (read < bytes) {
    const { done, value } = await reader.next();
    if (done === true) return { first: Buffer.concat(pieces), rest: null };
    pieces.push(value);
    read += value.length;
  }
  return { first: Buffer.concat(pieces), rest: reader };
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

/** What a response says of itself that a client needs; nothing that sets cookies or names another place. */
export function headersFor(passing: Passing, isRewritten: boolean): Readonly<Record<string, string>> {
  const kept = ['content-type', 'cache-control', 'last-modified', 'vary', 'x-pypi-last-serial'];
  const exact = ['content-encoding', 'content-length', 'content-range', 'etag'];
  const names = isRewritten ? kept : [...kept, ...exact];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = passing.headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}
