import { createHash, type Hash } from 'node:crypto';
import type { RewriteLinks } from '../../ecosystems/door-paths.ts';
import { nextTurn } from '../../io/timers.ts';
import type { Passing } from '../../wire/passage.ts';
import { attemptAt, bodyPiecesOf, type Fetched, type Fetching, releaseFetched, type Source } from './fetch.ts';

/** A response that is being sent to a client. */
export interface Sending {
  /** The mirror's response that is being read. */
  fetched: Fetched;
  /** The names of the mirrors whose responses broke off, and that another mirror continued. */
  readonly broken: string[];
}

/** The bytes that the client already has, and the total length. */
interface Progress {
  sent: number;
  readonly hash: Hash;
  readonly length: number;
  /** The headers that the client already has. */
  readonly headers: Passing['headers'];
}

/** How a client reads the bytes. */
const meanings = ['content-length', 'content-type', 'content-encoding'];

/** True if another mirror may continue a response. The end of a range, or of a response without a length, is not known. */
export function isContinued({ status, headers }: Passing): boolean {
  return status === 200 && /^\d+$/.test(String(headers['content-length']));
}

/**
 * Yields the body of a response. If a response with status 200 and a length stalls or breaks off, the next mirror
 * continues it. That mirror must send the same length, type and encoding, and first the same bytes as those that were
 * yielded.
 * @throws Error if no mirror can continue. `sending.fetched` is then the response that broke off
 */
export async function* provenPiecesOf(fetching: Fetching, sending: Sending): AsyncGenerator<Buffer, undefined> {
  const { sources, wanted, signal } = fetching;
  const { passing, source } = sending.fetched;
  const isKnown = isContinued(passing);
  const others = isKnown ? sources.filter(({ name }) => name !== source.name) : [];
  const { headers } = passing;
  const progress = { sent: 0, hash: createHash('sha256'), length: Number(headers['content-length']), headers };
  for (;;) {
    try {
      for await (const piece of bodyPiecesOf(sending.fetched, wanted.bytesMax)) {
        progress.sent += piece.length;
        if (isKnown && progress.sent > progress.length) throw new Error('more than its length');
        progress.hash.update(piece);
        yield piece;
      }
      if (signal.aborted || (isKnown && progress.sent !== progress.length)) throw new Error('cut');
      return;
    } catch (cause) {
      releaseFetched(sending.fetched);
      const next = await continuation(fetching, others, progress);
      if (next === null) throw cause;
      sending.broken.push(sending.fetched.source.name);
      sending.fetched = next;
    }
  }
}

/** Returns the response of the first mirror that can continue, and removes the mirrors that were requested. */
async function continuation(fetching: Fetching, others: Source[], progress: Progress): Promise<Fetched | null> {
  const { wanted, signal } = fetching;
  for (let source = others.shift(); source !== undefined && !signal.aborted; source = others.shift()) {
    const attempt = attemptAt(fetching, source, { ...wanted, firstBytes: 1, absolute: null });
    const fetched = await attempt(signal).catch(() => null);
    if (fetched === null) continue;
    const { status, headers } = fetched.passing;
    const isLikely = status === 200 && meanings.every((name) => headers[name] === progress.headers[name]);
    const rest = isLikely ? await restOf(fetched, wanted.bytesMax, progress).catch(() => null) : null;
    if (rest !== null) return rest;
    releaseFetched(fetched);
  }
  return null;
}

/** Reads and skips the bytes that the client already has; `null`: the mirror has fewer or other bytes. */
async function restOf(fetched: Fetched, bytesMax: number, { sent, hash }: Progress): Promise<Fetched | null> {
  const own = createHash('sha256');
  const pieces = bodyPiecesOf(fetched, bytesMax);
  let first: Buffer = Buffer.alloc(0);
  for (let read = 0; read < sent; ) {
    const { done, value } = await pieces.next();
    if (done === true) return null;
    const of = Math.min(value.length, sent - read);
    own.update(value.subarray(0, of));
    read += of;
    first = value.subarray(of);
  }
  return own.digest().equals(hash.copy().digest()) ? { ...fetched, first, rest: pieces } : null;
}

/** Yields the bytes of a body; throws before its last piece if its hash differs. */
export async function* verifiedPiecesOf(pieces: AsyncIterable<Buffer>, sha256: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let last: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    hash.update(piece);
    if (last.length > 0) yield last;
    last = piece;
  }
  if (hash.digest('hex') !== sha256) throw new Error('other bytes than its digest');
  yield last;
}

/** The number of bytes of a page that are rewritten at once. They can have 1 400 links, which take about 10 ms. */
const rewriteBytes = 16 * 1024;

/** Resolves when the last of the waiting pages has had its turn. In each turn of the event loop, one page has one. */
let turns = Promise.resolve();

/** Yields a page with changed links. Between its parts, other requests are served. */
export async function* rewrittenPiecesOf(pieces: AsyncIterable<Buffer>, rewrite: RewriteLinks): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder();
  for await (const piece of pieces)
    for (let at = 0; at < piece.length; at += rewriteBytes) {
      yield Buffer.from(rewrite(decoder.decode(piece.subarray(at, at + rewriteBytes), { stream: true }), false));
      turns = turns.then(nextTurn);
      await turns;
    }
  yield Buffer.from(rewrite(decoder.decode(), true));
}
