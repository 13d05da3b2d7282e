import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { limits } from '../../core/limits.ts';
import type { Timers, WireAccess } from '../../core/ports.ts';
import type { DoorPaths, RewriteLinks } from '../../ecosystems/door-paths.ts';
import { BodyHold } from '../../wire/body-hold.ts';
import type { Passages, Passing } from '../../wire/passage.ts';
import { AllFailed, type Attempt, raceInOrder } from './race.ts';

export interface Source {
  readonly name: string;
  readonly url: string;
  readonly access: WireAccess;
}

/** The number of response bytes that the door holds for all clients together, before they are sent. */
export interface HeldResponse {
  bytes: number;
}

function createHold(all: HeldResponse) {
  let own = 0;
  return {
    /** Counts more bytes for this response. @returns `false` if all responses together have `limits.doorHeldBytes` */
    take(bytes: number): boolean {
      all.bytes += bytes;
      own += bytes;
      return all.bytes < limits.doorHeldBytes;
    },
    release(): void {
      all.bytes -= own;
      own = 0;
    },
  };
}

type Hold = ReturnType<typeof createHold>;

/** A successful response. The first part of its body is in memory, and the rest is streamed. */
export interface Fetched {
  readonly source: Source;
  readonly passing: Passing;
  /** The first part of the body, until it is read. */
  first: Buffer;
  /** The rest of the body; `null`: `first` contains the whole body. */
  readonly rest: AsyncIterator<Buffer> | null;
  /** Rewrites the links of the body; `null`: the body is passed on as it is. */
  readonly rewrite: RewriteLinks | null;
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
  readonly hops: number;
  /** True: an HTML response counts as a failure, because it is a captive portal or an error page. */
  readonly isNeverHtml: boolean;
  /** The maximum length of the body, bytes. A longer body counts as a failure. */
  readonly bytesMax: number;
  /** True: `bytesMax` applies also to a body whose length is stated. */
  readonly isBounded: boolean;
  /**
   * The attempt succeeds when this many bytes of the body, or all of it, have arrived. While too much is held, fewer
   * bytes are enough.
   */
  readonly firstBytes: number;
  /** The SHA-256 of the body; `null`: not known. */
  readonly sha256: string | null;
  /** See `DoorPaths.absolute`; `null`: the body is passed on as it is. */
  readonly absolute: NonNullable<DoorPaths['absolute']> | null;
}

/** One item that is being fetched: by which request, and from which sources. */
export interface Fetching {
  readonly passages: Passages;
  readonly held: HeldResponse;
  readonly timers: Timers;
  nowMs(): number;
  readonly sources: readonly Source[];
  readonly wanted: FetchRequest;
  /** Aborted when the client is gone, or the item comes too late. */
  readonly signal: AbortSignal;
}

/**
 * True if a part begins where the client asked for it: it would join another part to the bytes that it has. The beginning
 * of several parts, and of a part before the end, is not known.
 */
function beginsAsAsked(range: string, stated: unknown): boolean {
  const [, from] = /^bytes=(\d+)-\d*$/.exec(range) ?? [];
  return from === undefined || String(stated).startsWith(`bytes ${Number(from)}-`);
}

/**
 * Returns an attempt to fetch from one source. It succeeds with status 200 (or 206 for a range) and `firstBytes` of the
 * body.
 */
export function attemptAt(
  { passages, held, nowMs }: Fetching,
  source: Source,
  request: FetchRequest,
): Attempt<Fetched> {
  return async (signal) => {
    const { method, headers, hops, isBounded, bytesMax } = request;
    const hold = createHold(held);
    const passing = await passages.open(source.access, source.url, { method, headers, hops, signal });
    const { status, body } = passing;
    const type = String(passing.headers['content-type'] ?? '');
    const { range } = headers;
    const isRanged = range !== undefined;
    const isHtml = request.isNeverHtml && /^text\/html\b/i.test(type);
    const isPart = isRanged && status === 206 && beginsAsAsked(range, passing.headers['content-range']);
    const isRight = status === 200 || isPart;
    if (!isRight || isHtml || (isBounded && Number(passing.headers['content-length']) > bytesMax)) {
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
      return { source, passing, hold, ...beginning, rewrite: checkedBeginning(request, passing, beginning) };
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
  fetching: Fetching,
  usualMs: (at: number) => number,
): Promise<Fetched | RangeEnd | { readonly tag: 'absent' | 'none' }> {
  const { sources, wanted, signal, timers } = fetching;
  const attempts = sources.map((source) => attemptAt(fetching, source, wanted));
  try {
    return await raceInOrder(attempts, usualMs, signal, timers);
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

type Beginning = Pick<Fetched, 'first' | 'rest'>;

/** The door reads this much of an index before it sends any of it, even while too much is held. */
const firstBytesMin = 16 * 1024;

async function beginningOf(reader: AsyncIterator<Buffer>, bytes: number, hold: Hold): Promise<Beginning> {
  const body = new BodyHold();
  let [read, isRoom] = [0, true];
  while (read < bytes && (isRoom || read < firstBytesMin)) {
    const { done, value } = await reader.next();
    if (done === true) return { first: body.collected().body, rest: null };
    body.take(value, null);
    isRoom = hold.take(value.length);
    read += value.length;
  }
  return { first: body.collected().body, rest: reader };
}

/**
 * Returns the function that rewrites the links of a response; `null`: it is passed on as it is.
 * @throws Error if its beginning shows that it is not the requested item
 */
function checkedBeginning(
  { method, isBounded, bytesMax, sha256, absolute }: FetchRequest,
  { status, headers, url }: Passing,
  { first, rest }: Beginning,
): RewriteLinks | null {
  if (isBounded && first.length > bytesMax) throw new Error('too long');
  if (method === 'HEAD' || (absolute === null && sha256 === null)) return null;
  if (status !== 200 || (headers['content-encoding'] ?? 'identity') !== 'identity') throw new Error('encoded');
  const isWhole = rest === null;
  if (sha256 !== null && isWhole && createHash('sha256').update(first).digest('hex') !== sha256)
    throw new Error('other bytes than its digest');
  if (absolute === null) return null;
  const rewrite = absolute(first.toString('utf8'), isWhole, String(headers['content-type'] ?? ''), url);
  if (rewrite === null) throw new Error('a page whose links cannot be read');
  return rewrite;
}

/** Frees the memory of a response and closes its body, because an unread body keeps the connection open. */
export function releaseFetched({ hold, passing }: Fetched): void {
  hold.release();
  passing.body.on('error', () => undefined).destroy();
}

/**
 * Yields a response in chunks. Throws if it is longer than `bytesMax`, or than its stated length if that is greater.
 */
export async function* bodyPiecesOf(fetched: Fetched, bytesMax: number): AsyncGenerator<Buffer, undefined> {
  const { passing, first, rest, hold } = fetched;
  const stated = Number(passing.headers['content-length']);
  const most = stated > bytesMax ? stated : bytesMax;
  let sent = first.length;
  if (first.length > 0) yield first;
  fetched.first = Buffer.alloc(0);
  hold.release();
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
 * @param what  `rewritten`: an index whose text was changed; `no_range`: a 416 without its body; `open`: a body that
 *              another mirror may continue, so a validator of this mirror may be wrong
 */
export function headersFor(
  passing: Passing,
  what: 'unchanged' | 'rewritten' | 'no_range' | 'open',
): Readonly<Record<string, string>> {
  const kept = ['content-type', 'last-modified', 'vary', 'x-pypi-last-serial'];
  const exact = ['content-encoding', 'content-length', 'content-range', 'etag'];
  const names = what === 'no_range' ? ['content-range'] : what === 'rewritten' ? kept : [...kept, ...exact];
  const isLeftOut = (name: string): boolean => what === 'open' && ['etag', 'last-modified'].includes(name);
  const own = names.flatMap((name) => {
    if (isLeftOut(name)) return [];
    const value = passing.headers[name];
    return typeof value === 'string' && sound.test(value) ? [[name, value] as const] : [];
  });
  return {
    ...Object.fromEntries(own),
    'cache-control': cachingOf(String(passing.headers['cache-control'] ?? '')),
    ...guards,
  };
}

/**
 * Returns the caching header of a response. Only the client itself may cache the response, and only for a short time.
 * A shared cache would still serve an old index after a switch of mirrors, or wrong bytes that nobody verified.
 */
function cachingOf(stated: string): string {
  const [, seconds] = /(?:^|[\s,])max-age="?(\d+)/i.exec(stated) ?? [];
  if (/no-store/i.test(stated)) return 'no-store';
  if (/no-cache/i.test(stated) || seconds === undefined) return 'no-cache';
  return `private, max-age=${Math.min(Number(seconds), limits.doorCacheSeconds)}`;
}
