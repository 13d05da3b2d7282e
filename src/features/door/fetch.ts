import type { Readable } from 'node:stream';
import { limits } from '../../core/limits.ts';
import type { Timers, WireAccess } from '../../core/ports.ts';
import type { Passages, Passing } from '../../wire/passage.ts';
import { AllFailed, type Attempt, raceInOrder } from './race.ts';

export interface Source {
  readonly name: string;
  readonly url: string;
  readonly access: WireAccess;
}

/**
 * The number of response bytes that all requests together keep in memory: first parts of bodies, and rewritten indexes.
 */
export interface HeldResponse {
  bytes: number;
}

class Hold {
  readonly #all: HeldResponse;
  #bytes = 0;

  constructor(all: HeldResponse) {
    this.#all = all;
  }

  /** Counts more bytes for this response. @returns `false` if all responses together exceed `limits.doorHeldBytes` */
  take(bytes: number): boolean {
    this.#all.bytes += bytes;
    this.#bytes += bytes;
    return this.#all.bytes <= limits.doorHeldBytes;
  }

  release(): void {
    this.#all.bytes -= this.#bytes;
    this.#bytes = 0;
  }
}

/** A successful response. The first part of its body is in memory, and the rest is streamed. */
export interface Fetched {
  readonly source: Source;
  readonly passing: Passing;
  readonly first: Buffer;
  /** The rest of the body; `null`: `first` contains the whole body. */
  readonly rest: AsyncIterator<Buffer> | null;
  readonly hold: Hold;
}

class Absent extends Error {}

/**
 * Thrown if a mirror refuses a range with 416, because its file ends earlier. Another mirror may have a longer file.
 */
class NoRange extends Error {
  readonly end: RangeEnd;

  constructor(end: RangeEnd) {
    super('status 416');
    this.end = end;
  }
}

/** The result if at least one mirror refused the range and none succeeded. */
export interface RangeEnd {
  readonly tag: 'no_range';
  readonly registry: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface FetchRequest {
  readonly method: 'GET' | 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
  /** True: an HTML response counts as a failure, because it is a captive portal or an error page. */
  readonly isNeverHtml: boolean;
  /** The maximum length of the body, bytes. A longer body counts as a failure; absent: no limit. */
  readonly bytesMax?: number;
  /** The attempt succeeds when this many bytes of the body, or all of it, have arrived. */
  readonly firstBytes: number;
}

/**
 * Returns an attempt to fetch from one source. It succeeds with status 200 (or 206 for a range) and `firstBytes` of the
 * body.
 */
export function attemptAt(
  { passages, held, nowMs }: { readonly passages: Passages; readonly held: HeldResponse; nowMs(): number },
  source: Source,
  request: FetchRequest,
): Attempt<Fetched> {
  return async (signal) => {
    const { method, headers } = request;
    const hold = new Hold(held);
    const passing = await passages.open(source.access, source.url, { method, headers, signal });
    const { status, body } = passing;
    const type = String(passing.headers['content-type'] ?? '');
    const isRanged = headers['range'] !== undefined;
    const isHtml = request.isNeverHtml && /^text\/html\b/i.test(type);
    const isRight = status === 200 || (isRanged && status === 206);
    const bytesMax = request.bytesMax ?? Number.POSITIVE_INFINITY;
    if (!isRight || isHtml || Number(passing.headers['content-length']) > bytesMax) {
      // Closing the connection is cheaper than receiving the rest of the body.
      body.on('error', () => undefined).destroy();
      if (status === 404 || status === 410) throw new Absent(`status ${status}`);
      if (isRanged && status === 416)
        throw new NoRange({ tag: 'no_range', registry: source.name, headers: headersFor(passing, 'no_range') });
      throw new Error(isRight ? 'HTML, or too long' : `status ${status}`);
    }
    // Another attempt may win while this attempt still reads. Then the memory of this attempt is freed.
    signal.addEventListener('abort', () => hold.release(), { once: true });
    try {
      const beginning = await beginningOf(pacedPiecesOf(body, nowMs), request.firstBytes, hold);
      if (beginning.first.length > bytesMax) throw new Error('too long');
      return { source, passing, hold, ...beginning };
    } catch (cause) {
      hold.release();
      body.on('error', () => undefined).destroy();
      throw cause;
    }
  };
}

/**
 * Requests the sources in order until one succeeds.
 * @param usualMs  takes the index of a source, and returns how long to wait before the next source is requested too,
 *   milliseconds
 * @returns the first success; else `no_range` if any source responded 416, else `absent` if any responded 404 or 410,
 *   else `none`
 */
export async function fetchFirst(
  deps: Parameters<typeof attemptAt>[0] & { readonly timers: Timers },
  sources: readonly Source[],
  request: FetchRequest,
  usualMs: (at: number) => number,
  signal: AbortSignal,
): Promise<Fetched | RangeEnd | { readonly tag: 'absent' | 'none' }> {
  const attempts = sources.map((source) => attemptAt(deps, source, request));
  try {
    return (await raceInOrder(attempts, usualMs, signal, deps.timers)).value;
  } catch (cause) {
    if (!(cause instanceof AllFailed)) throw cause;
    const noRange = cause.causes.find((one) => one instanceof NoRange);
    if (noRange !== undefined) return noRange.end;
    return { tag: cause.causes.some((one) => one instanceof Absent) ? 'absent' : 'none' };
  }
}

/**
 * Yields the chunks of a body; throws if the mirror sends too slowly. Time that the client takes to read does not
 * count.
 */
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

/** Frees the memory of a response and closes its body, because an unread body keeps the connection open. */
export function releaseFetched({ hold, passing }: Fetched): void {
  hold.release();
  passing.body.on('error', () => undefined).destroy();
}

/**
 * Yields a response in chunks. Throws if it is longer than `bytesMax`, or than its stated length if that is greater.
 */
export async function* bodyPiecesOf({ passing, first, rest }: Fetched, bytesMax: number): AsyncGenerator<Buffer> {
  const stated = Number(passing.headers['content-length']);
  const most = stated > bytesMax ? stated : bytesMax;
  let sent = first.length;
  if (first.length > 0) yield first;
  if (rest === null) return;
  for (;;) {
    const { done, value } = await rest.next();
    if (done === true) return;
    sent += value.length;
    if (sent > most) throw new Error('too long');
    yield value;
  }
}

/** Matches header values that Node can send on. Node throws on other characters. */
const sound = /^[\t\x20-\x7e]*$/;
/**
 * Headers that protect browsers. A mirror's response is untrusted, so a browser must not run it or guess another type.
 */
const guards = { 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; sandbox" };

/**
 * Returns the response headers that a client needs, but no cookies and no redirects.
 * @param what  `rewritten`: an index whose text was changed; `no_range`: a 416 without its body
 */
export function headersFor(
  passing: Passing,
  what: 'index' | 'rewritten' | 'artifact' | 'no_range',
): Readonly<Record<string, string>> {
  const kept = ['content-type', 'cache-control', 'last-modified', 'vary', 'x-pypi-last-serial'];
  const exact = ['content-encoding', 'content-length', 'content-range', 'etag'];
  const names = what === 'no_range' ? ['content-range'] : what === 'rewritten' ? kept : [...kept, ...exact];
  const own = names.flatMap((name) => {
    const value = passing.headers[name];
    return typeof value === 'string' && sound.test(value) ? [[name, value] as const] : [];
  });
  const isIndex = what === 'index' || what === 'rewritten';
  return {
    ...Object.fromEntries(own),
    ...(isIndex && { 'cache-control': indexCachingOf(String(passing.headers['cache-control'] ?? '')) }),
    ...guards,
  };
}

/**
 * Returns the caching header of an index. Only the client itself may cache the index, and only for a short time. After
 * a switch of mirrors, a shared cache would still serve the old index.
 */
function indexCachingOf(stated: string): string {
  const [, seconds] = /(?:^|[\s,])max-age="?(\d+)/i.exec(stated) ?? [];
  if (/no-store/i.test(stated)) return 'no-store';
  if (/no-cache/i.test(stated) || seconds === undefined) return 'no-cache';
  return `private, max-age=${Math.min(Number(seconds), limits.doorCacheSeconds)}`;
}
