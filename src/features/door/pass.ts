import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { DoorRoute } from '../../config/door-routes.ts';
import { limits } from '../../core/limits.ts';
import type { Timers, WireAccess } from '../../core/ports.ts';
import type { DoorPath, DoorRefusal } from '../../ecosystems/door-paths.ts';
import { hopsHeader, type Passages } from '../../wire/passage.ts';
import {
  type Fetched,
  type Fetching,
  type FetchRequest,
  fetchFirst,
  type HeldResponse,
  headersFor,
  releaseFetched,
  type Source,
} from './fetch.ts';
import { urlAt } from './path.ts';
import { isContinued, provenPiecesOf, rewrittenPiecesOf, type Sending, verifiedPiecesOf } from './relay.ts';

export interface PassDeps {
  readonly passages: Passages;
  readonly timers: Timers;
  readonly held: HeldResponse;
  /** The responses whose clients do not read, and since when, monotonic; the longest first. */
  readonly unread: Map<ServerResponse, number>;
  /** The responses that no mirror has begun yet. */
  readonly pending: Set<ServerResponse>;
  /**
   * Returns how to reach a mirror; `null`: the mirror needs credentials, and this door accepts clients without a token
   * from other machines.
   */
  accessOf(name: string): WireAccess | null;
  /** Returns the 95th percentile of the latency of a mirror's canary, milliseconds; `null`: not known. */
  usualMs(name: string): number | null;
  nowMs(): number;
}

/**
 * The outcome of a request that the door sent to mirrors. `passed`: the client got a response; `failed`: the response
 * to the client broke off; `absent`: a mirror responded 404 or 410, and no mirror succeeded; `none`: no usable
 * response. After `absent` and `none`, nothing was sent to the client.
 */
export type Passed =
  | {
      readonly tag: 'passed' | 'failed';
      /** The mirror that sent the last bytes. */
      readonly registry: string;
      /** Mirrors whose responses broke off, and that another mirror continued. */
      readonly broken: readonly string[];
    }
  | { readonly tag: 'absent' | 'none' };

export interface PassRequest {
  readonly route: DoorRoute;
  readonly rest: string;
  readonly path: DoorPath;
  /** The names of mirrors in the order in which the door requests them. */
  readonly names: readonly string[];
  /** Versions of the module that the door refuses; `null`: none. */
  readonly refusal: DoorRefusal | null;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * Fetches an item from the mirrors in order and sends the first success to the client. If it is an index, all attempts
 * together have `limits.doorFetchMs`.
 */
export async function sendItem(deps: PassDeps, passRequest: PassRequest): Promise<Passed> {
  const { response, path } = passRequest;
  const stop = new AbortController();
  const gone = (): void => stop.abort(new Error('the client is gone'));
  response.once('close', gone);
  deps.pending.add(response);
  const isIndex = path.kind === 'index';
  const late = isIndex ? deps.timers.after(limits.doorFetchMs, () => stop.abort(new Error('too late'))) : null;
  try {
    const sources = sourcesOf(deps, passRequest);
    const waits = isIndex ? usualMsOf(deps, sources) : () => limits.doorHedgeMsMax;
    const fetching = { ...deps, sources, wanted: fetchRequestOf(passRequest), signal: stop.signal };
    const first = await fetchFirst(fetching, waits);
    late?.cancel();
    deps.pending.delete(response);
    if (!('tag' in first)) return await send(fetching, first, response);
    if (first.tag !== 'no_range') return { tag: first.tag };
    response.writeHead(416, { ...first.headers, 'content-length': '0' });
    response.end();
    return { tag: 'passed', registry: first.registry, broken: [] };
  } finally {
    late?.cancel();
    deps.pending.delete(response);
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
function sourcesOf({ accessOf }: PassDeps, { route, rest, names }: PassRequest): readonly Source[] {
  return names.flatMap((name) => {
    const base = route.mirrors.get(name)?.url;
    const [url, access] = [base === undefined ? null : urlAt(base, rest), accessOf(name)];
    return url === null || access === null ? [] : [{ name, url, access }];
  });
}

/**
 * Returns the request to mirrors. It has no conditional headers, because the client may have its validators (ETag,
 * date) from another mirror. For the same reason, a range with a condition becomes a request for the whole file.
 */
function fetchRequestOf({ route: { paths }, path, refusal, request: { method, headers } }: PassRequest): FetchRequest {
  const { accept, range, 'accept-encoding': encoding, 'user-agent': agent } = headers;
  const isIndex = path.kind === 'index';
  const absolute = (refusal && paths.refusing?.(refusal)) ?? paths.absolute ?? null;
  const isEncoded = isIndex && absolute === null && path.sha256 === undefined && typeof encoding === 'string';
  const isRanged = !isIndex && range !== undefined && headers['if-range'] === undefined;
  return {
    method: method === 'HEAD' ? 'HEAD' : 'GET',
    headers: {
      ...(isIndex && accept !== undefined && { accept }),
      ...(agent !== undefined && { 'user-agent': agent }),
      ...(isRanged && { range }),
      'accept-encoding': isEncoded ? encoding : 'identity',
    },
    hops: hopsOf(headers),
    isNeverHtml: !isIndex || paths.neverHtml === true,
    bytesMax: path.bytesMax ?? (isIndex ? limits.doorIndexBytes : limits.zipBytes),
    isBounded: path.bytesMax !== undefined,
    firstBytes: isIndex ? limits.doorAheadBytes : 1,
    sha256: path.sha256 ?? null,
    absolute,
  };
}

/** The number of doors that a request has passed; `NaN`: its header is invalid. */
export function hopsOf({ [hopsHeader]: text = '0' }: IncomingHttpHeaders): number {
  return /^\d$/.test(String(text)) ? Number(text) : Number.NaN;
}

async function send(fetching: PassDeps & Fetching, fetched: Fetched, response: ServerResponse): Promise<Passed> {
  const { sources, wanted, signal } = fetching;
  const { passing, rewrite } = fetched;
  const sending: Sending = { fetched, broken: [] };
  const release = (): void => releaseFetched(sending.fetched);
  signal.addEventListener('abort', release);
  const proven = provenPiecesOf(fetching, sending);
  const checked = wanted.sha256 === null ? proven : verifiedPiecesOf(proven, wanted.sha256);
  try {
    const isOpen = fetched.rest !== null && isContinued(passing) && sources.length > 1;
    const what = wanted.absolute !== null ? 'rewritten' : isOpen ? 'open' : 'unchanged';
    response.writeHead(passing.status, headersFor(passing, what));
    if (wanted.method === 'GET')
      for await (const piece of rewrite === null ? checked : rewrittenPiecesOf(checked, rewrite)) {
        if (response.destroyed) throw new Error('the client is gone');
        if (!response.write(piece)) await waitForDrain(response, fetching, sending);
      }
    response.end();
    return { tag: 'passed', registry: sending.fetched.source.name, broken: sending.broken };
  } catch {
    // The client already has the beginning of the response, so only a closed connection can show that the rest is
    // missing.
    response.destroy();
    return { tag: 'failed', registry: sending.fetched.source.name, broken: sending.broken };
  } finally {
    signal.removeEventListener('abort', release);
    release();
  }
}

/** Returns the address of the client that gets a response. */
function clientOf({ req }: ServerResponse): string {
  return req.socket.remoteAddress ?? '';
}

/** Returns the addresses of clients whose unread responses give way to clients of any address. */
function crowdedOf({ unread }: Pick<PassDeps, 'unread'>): Set<string> {
  const all = [...Map.groupBy(unread.keys(), clientOf)];
  return new Set(all.flatMap(([client, own]) => (own.length > limits.unreadPerAddress ? [client] : [])));
}

/**
 * Disconnects the client that has not read for the longest time, if that is at least `limits.doorStallMs`, so that
 * another one can be served. It must have the same address, or more than `limits.unreadPerAddress` unread responses.
 * @param wanting  the address of the other client
 * @returns `false` if there is none
 */
export function makeRoom(deps: Pick<PassDeps, 'unread' | 'nowMs'>, wanting: string): boolean {
  const crowded = crowdedOf(deps).add(wanting);
  const sinceMs = deps.nowMs() - limits.doorStallMs;
  const [response] = [...deps.unread].find(([one, ms]) => ms <= sinceMs && crowded.has(clientOf(one))) ?? [];
  if (response === undefined) return false;
  deps.unread.delete(response);
  response.destroy();
  return true;
}

/**
 * Resolves when the client reads again or has disconnected. A client that does not read for `limits.doorDrainMs` is
 * disconnected; after `limits.doorStallMs`, if other requests wait for its connection to the mirror, and a request of its
 * address waits or it has more than `limits.unreadPerAddress` unread responses.
 */
function waitForDrain(
  response: ServerResponse,
  deps: PassDeps,
  { fetched: { source, passing } }: Sending,
): Promise<void> {
  const { timers, unread, nowMs, passages, pending } = deps;
  return new Promise((resolve) => {
    unread.set(response, nowMs());
    const late = timers.after(limits.doorDrainMs, () => response.destroy());
    const yieldConnection = (): void => {
      const givesWay = (client: string): boolean =>
        [...pending].some((one) => clientOf(one) === client) || crowdedOf(deps).has(client);
      if (passages.isAwaited(source.access, passing.url) && givesWay(clientOf(response))) response.destroy();
      else soon = timers.after(limits.doorStallMs, yieldConnection);
    };
    let soon = timers.after(limits.doorStallMs, yieldConnection);
    const done = (): void => {
      late.cancel();
      soon.cancel();
      unread.delete(response);
      response.removeListener('drain', done);
      response.removeListener('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
    if (response.destroyed) done();
  });
}
