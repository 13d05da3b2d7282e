import { createHash, type Hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { limits } from '../../core/limits.ts';
import type { Timers } from '../../core/ports.ts';
import { attemptAt, bodyPiecesOf, type Fetched, fetchFirst, headersFor, releaseFetched, type Source } from './fetch.ts';
import { type PassDeps, type Passed, type PassRequest, sourcesOf, waitForDrain } from './pass.ts';

interface Progress {
  sent: number;
  readonly hash: Hash;
  /** The total length of the artifact in bytes; `null`: unknown. */
  readonly length: number | null;
  /** The artifact's strong ETag; `null`: it has none. */
  readonly etag: string | null;
}

/**
 * Sends an artifact to the client from the first mirror that has it. If a response with status 200 and a length stalls
 * or is cut off, the next mirror continues it. With a strong ETag the door requests only the rest, whose ETag and total
 * length must be the same. Otherwise it reads the response from the start, which must have the same length and the same
 * first bytes. If no mirror can continue, the client's connection is closed.
 */
export async function sendArtifact(deps: PassDeps, passRequest: PassRequest): Promise<Passed> {
  const { request, response } = passRequest;
  const stop = new AbortController();
  const gone = (): void => stop.abort(new Error('the client is gone'));
  response.once('close', gone);
  try {
    const sources = sourcesOf(deps, passRequest);
    const started = await begun(deps, sources, request, stop.signal);
    if ('tag' in started) {
      if (started.tag !== 'no_range') return started;
      response.writeHead(416, { ...started.headers, 'content-length': '0' });
      response.end();
      return { tag: 'passed', registry: started.registry };
    }
    try {
      response.writeHead(started.passing.status, headersFor(started.passing, 'artifact'));
      if (request.method !== 'HEAD') return await pump(deps, sources, started, passRequest, stop.signal);
      response.end();
      return { tag: 'passed', registry: started.source.name };
    } finally {
      releaseFetched(started);
    }
  } finally {
    response.removeListener('close', gone);
  }
}

function begun(
  deps: PassDeps,
  sources: readonly Source[],
  request: IncomingMessage,
  signal: AbortSignal,
): ReturnType<typeof fetchFirst> {
  const { range, 'if-range': condition } = request.headers;
  const fetchRequest = {
    method: request.method === 'HEAD' ? ('HEAD' as const) : ('GET' as const),
    headers: {
      'accept-encoding': 'identity',
      ...(typeof range === 'string' ? { range } : {}),
      ...(typeof condition === 'string' ? { 'if-range': condition } : {}),
    },
    isNeverHtml: true,
    firstBytes: 1,
  };
  return fetchFirst(deps, sources, fetchRequest, () => limits.doorHedgeMsMax, signal);
}

async function pump(
  deps: PassDeps,
  sources: readonly Source[],
  started: Fetched,
  { response }: PassRequest,
  signal: AbortSignal,
): Promise<Passed> {
  const { status, headers } = started.passing;
  const length =
    status === 200 && /^\d+$/.test(String(headers['content-length'])) ? Number(headers['content-length']) : null;
  const etag = /^"/.test(String(headers['etag'])) ? String(headers['etag']) : null;
  const progress: Progress = { sent: 0, hash: createHash('sha256'), length, etag };
  // Another mirror can continue only a response with status 200 and a length. For other responses (such as a range) the
  // end of the file is not known.
  const others = length === null ? [] : sources.filter(({ name }) => name !== started.source.name);
  const tries: (Fetched | Source)[] = [started, ...others];
  for (const one of tries) {
    if (signal.aborted) break;
    try {
      const fetched = 'passing' in one ? one : await resumed(deps, one, progress, signal);
      await send(fetched, progress, response, signal, deps.timers);
      if (length !== null && progress.sent !== length) throw new Error('cut');
      response.end();
      return { tag: 'passed', registry: fetched.source.name };
    } catch {
      // The next mirror is tried.
    }
  }
  response.destroy();
  return { tag: 'failed', registry: started.source.name };
}

async function send(
  fetched: Fetched,
  progress: Progress,
  response: ServerResponse,
  signal: AbortSignal,
  timers: Timers,
): Promise<void> {
  const destroy = (): void => releaseFetched(fetched);
  signal.addEventListener('abort', destroy);
  try {
    for await (const piece of bodyPiecesOf(fetched, limits.zipBytes)) {
      if (signal.aborted) throw new Error('the client is gone');
      progress.sent += piece.length;
      if (progress.length !== null && progress.sent > progress.length) throw new Error('more than its length');
      progress.hash.update(piece);
      if (!response.write(piece)) await waitForDrain(response, timers);
    }
  } finally {
    signal.removeEventListener('abort', destroy);
    destroy();
  }
}

/**
 * Requests the rest of an artifact at another mirror.
 * @throws Error if its response does not agree with the bytes sent so far
 */
async function resumed(deps: PassDeps, source: Source, progress: Progress, signal: AbortSignal): Promise<Fetched> {
  const { sent, length, etag } = progress;
  const range = etag === null || sent === 0 ? {} : { range: `bytes=${sent}-`, 'if-range': etag };
  const headers = { 'accept-encoding': 'identity', ...range };
  const passRequest = { method: 'GET' as const, headers, isNeverHtml: true, firstBytes: 1 };
  const fetched = await attemptAt(deps, source, passRequest)(signal);
  try {
    const { status, headers: got } = fetched.passing;
    if (status === 206) {
      const isRest = got['content-range'] === `bytes ${sent}-${(length ?? 0) - 1}/${length}` && got['etag'] === etag;
      if (!isRest) throw new Error('another range, or of another file');
      return fetched;
    }
    if (status !== 200 || got['content-length'] !== String(length)) throw new Error('another length');
    return await past(fetched, progress);
  } catch (cause) {
    releaseFetched(fetched);
    throw cause;
  }
}

/**
 * Reads and skips the bytes that the client already has.
 * @throws Error if there are fewer bytes, or if their hash differs from that of the bytes that the client has
 */
async function past(fetched: Fetched, { sent, hash }: Progress): Promise<Fetched> {
  const own = createHash('sha256');
  const pieces = bodyPiecesOf(fetched, limits.zipBytes);
  let first: Buffer = Buffer.alloc(0);
  for (let read = 0; read < sent; ) {
    const { done, value } = await pieces.next();
    if (done === true) throw new Error('too short');
    const of = Math.min(value.length, sent - read);
    own.update(value.subarray(0, of));
    read += of;
    first = value.subarray(of);
  }
  if (!own.digest().equals(hash.copy().digest())) throw new Error('other bytes than the client has');
  return { ...fetched, first, rest: pieces };
}
