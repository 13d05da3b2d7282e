import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DoorRoute } from '../../config/door-routes.ts';
import { limits } from '../../core/limits.ts';
import type { Timers, WireAccess } from '../../core/ports.ts';
import type { DoorPath, DoorPaths } from '../../ecosystems/door-paths.ts';
import type { Passages } from '../../wire/passage.ts';
import {
  bodyPiecesOf,
  type Fetched,
  fetchFirst,
  type HeldResponse,
  headersFor,
  releaseFetched,
  type Source,
} from './fetch.ts';
import { urlAt } from './path.ts';

export interface PassDeps {
  readonly passages: Passages;
  readonly timers: Timers;
  readonly held: HeldResponse;
  /**
   * Returns how to reach a mirror; `null`: the mirror needs credentials, and this door accepts clients without a token
   * from other machines.
   */
  accessOf(name: string): WireAccess | null;
  /** Returns the 95th percentile of the latency of a mirror's canary, milliseconds; `null`: not known. */
  usualMs(name: string): number | null;
  nowMs(): number;
}

const pieceBytes = 64 * 1024;

/**
 * The outcome of a request that the door sent to mirrors. `passed`: the client got a response; `failed`: the response
 * to the client broke off; `absent`: a mirror responded 404 or 410, and no mirror succeeded; `none`: no usable
 * response. After `absent` and `none`, nothing was sent to the client.
 */
export type Passed =
  | { readonly tag: 'passed' | 'failed'; readonly registry: string }
  | { readonly tag: 'absent' | 'none' };

export interface PassRequest {
  readonly route: DoorRoute;
  readonly rest: string;
  readonly path: DoorPath;
  /** The names of mirrors in the order in which the door requests them. */
  readonly names: readonly string[];
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Fetches an index from the mirrors in order and sends the first success to the client. */
export async function sendIndex(deps: PassDeps, passRequest: PassRequest): Promise<Passed> {
  const { route, request, response, path } = passRequest;
  const { paths } = route;
  const stop = new AbortController();
  const late = deps.timers.after(limits.doorFetchMs, () => stop.abort(new Error('too late')));
  const gone = (): void => stop.abort(new Error('the client is gone'));
  response.once('close', gone);
  try {
    const sources = sourcesOf(deps, passRequest);
    const wanted = {
      method: request.method === 'HEAD' ? 'HEAD' : 'GET',
      headers: headersTo(request, paths),
      isNeverHtml: paths.neverHtml === true,
      ...(path.bytesMax !== undefined && { bytesMax: path.bytesMax }),
      firstBytes: paths.absolute === undefined ? limits.doorAheadBytes : limits.doorRewriteBytes,
    } as const;
    const first = await fetchFirst(deps, sources, wanted, usualMsOf(deps, sources), stop.signal);
    // Requests for an index have no range, so `no_range` cannot occur.
    if ('tag' in first) return { tag: first.tag === 'absent' ? 'absent' : 'none' };
    return await sendFetched(first, passRequest, deps.timers);
  } finally {
    late.cancel();
    response.removeListener('close', gone);
  }
}

/**
 * Returns a function that takes the index of a source and returns the wait before the next source is requested too,
 * milliseconds.
 */
function usualMsOf({ usualMs }: PassDeps, sources: readonly Source[]): (at: number) => number {
  return (at) => {
    const usual = usualMs(sources[at]?.name ?? '') ?? limits.doorHedgeMs;
    return Math.min(limits.doorHedgeMsMax, Math.max(limits.doorHedgeMsMin, usual));
  };
}

/** Returns the mirrors to which the door itself may send the request. */
export function sourcesOf({ accessOf }: PassDeps, { route, rest, names }: PassRequest): readonly Source[] {
  return names.flatMap((name) => {
    const base = route.mirrors.get(name)?.url;
    const [url, access] = [base === undefined ? null : urlAt(base, rest), accessOf(name)];
    return url === null || access === null ? [] : [{ name, url, access }];
  });
}

/**
 * Returns the request headers for content negotiation. Conditional headers are omitted, because the client may have its
 * validators (ETag, date) from another mirror.
 */
function headersTo({ headers }: IncomingMessage, paths: DoorPaths): Readonly<Record<string, string>> {
  const { accept, 'accept-encoding': encoding } = headers;
  return {
    ...(accept === undefined ? {} : { accept }),
    'accept-encoding': paths.absolute === undefined && typeof encoding === 'string' ? encoding : 'identity',
  };
}

async function sendFetched(fetched: Fetched, passRequest: PassRequest, timers: Timers): Promise<Passed> {
  try {
    return await sendHeld(fetched, passRequest, timers);
  } finally {
    releaseFetched(fetched);
  }
}

async function sendHeld(
  fetched: Fetched,
  { route, path, request, response }: PassRequest,
  timers: Timers,
): Promise<Passed> {
  const { source, passing, rest, first, hold } = fetched;
  const { paths } = route;
  const { absolute } = paths;
  const isHead = request.method === 'HEAD';
  if (absolute !== undefined && !isHead) {
    const type = String(passing.headers['content-type'] ?? '');
    const isPlain = (passing.headers['content-encoding'] ?? 'identity') === 'identity';
    const text = rest === null && isPlain ? absolute(first.toString('utf8'), type, passing.url) : null;
    if (text === null) return { tag: 'none' };
    const bytes = Buffer.from(text);
    if (!hold.take(bytes.length)) return { tag: 'none' };
    response.writeHead(200, { ...headersFor(passing, 'rewritten'), 'content-length': bytes.length });
    // The text is sent in chunks, so that a client that stops reading can be disconnected.
    for (let at = 0; at < bytes.length && !response.destroyed; at += pieceBytes)
      if (!response.write(bytes.subarray(at, at + pieceBytes))) await waitForDrain(response, timers);
    response.end();
    return { tag: response.destroyed ? 'failed' : 'passed', registry: source.name };
  }
  const length = rest === null && !isHead ? { 'content-length': String(first.length) } : {};
  response.writeHead(passing.status, {
    ...headersFor(passing, isHead && absolute !== undefined ? 'rewritten' : 'index'),
    ...length,
  });
  const destroy = (): void => void passing.body.on('error', () => undefined).destroy();
  response.once('close', destroy);
  try {
    for await (const piece of bodyPiecesOf(fetched, path.bytesMax ?? limits.doorIndexBytes)) {
      if (response.destroyed) return { tag: 'failed', registry: source.name };
      if (!response.write(piece)) await waitForDrain(response, timers);
    }
    response.end();
    return { tag: 'passed', registry: source.name };
  } catch {
    // The client already has the beginning of the response, so only a closed connection can show that the rest is
    // missing.
    response.destroy();
    return { tag: 'failed', registry: source.name };
  }
}

/**
 * Resolves when the client reads again or has disconnected. A client that does not read for `limits.doorDrainMs` is
 * disconnected.
 */
export function waitForDrain(response: ServerResponse, timers: Timers): Promise<void> {
  return new Promise((resolve) => {
    const late = timers.after(limits.doorDrainMs, () => response.destroy());
    const done = (): void => {
      late.cancel();
      response.removeListener('drain', done);
      response.removeListener('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
    if (response.destroyed) done();
  });
}
