import { limits } from '../core/limits.ts';
import type { HopRequest, HopResponse } from '../core/ports.ts';
import { maskUrl } from '../core/secret.ts';
import type { Hop, HttpProtocol } from '../core/transcript.ts';
import { readForeignUrl } from '../core/url.ts';
import { messageFor } from '../words/tell.ts';
import { type ConnectTrace, createConnectTrace } from './connect.ts';
import type { KeptConnection } from './pool.ts';
import type { ExchangeTrace } from './trace.ts';

export interface HopState {
  readonly request: HopRequest;
  readonly url: URL;
  trace: ConnectTrace;
  readonly headers: Readonly<Record<string, string>>;
  exchanged: ExchangeTrace;
  reused: boolean;
  protocol: HttpProtocol | null;
}

/** Returns a key of a hop (one request). Hops of one probe with equal keys may share a connection. */
export function keyOf(state: HopState): string {
  return `${state.request.aside ? 'aside' : 'timed'} ${state.url.origin}`;
}

export function fillFrom(trace: ConnectTrace, kept: KeptConnection): void {
  trace.remoteAddress = kept.remoteAddress;
  trace.remotePort = kept.remotePort;
  trace.family = kept.family;
  trace.tls = kept.tls;
}

export function closeMarks(state: HopState, endMs: number): void {
  const { marks } = state.trace;
  if (state.exchanged.firstByteMs !== null) marks.firstByte = state.exchanged.firstByteMs;
  const last = marks.firstByte ?? marks.secured ?? marks.connected ?? marks.resolved ?? marks.start;
  marks.end = Math.max(endMs, last);
}

/** Returns a URL as a transcript stores it: masked, then shortened. @param mask  masks known credentials */
export function showUrl(url: string, mask: (text: string) => string): string {
  const masked = maskUrl(mask(url));
  return masked.length <= limits.hopUrlChars ? masked : `${masked.slice(0, limits.hopUrlChars)}…`;
}

/** Parses a URL, without user-info and fragment; `null`: it is invalid, or not http(s). */
export function parseHopUrl(text: string): URL | null {
  const url = readForeignUrl(text);
  if (url === null) return null;
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  // The parts are assigned only if needed, because each assignment parses the whole URL again.
  if (url.username !== '') url.username = '';
  if (url.password !== '') url.password = '';
  if (url.hash !== '') url.hash = '';
  return url;
}

export function unusable(request: HopRequest, shown: string, startMs: number): HopResponse {
  const hop: Hop = {
    url: shown,
    aside: request.aside,
    ...createConnectTrace(startMs),
    reused: false,
    proxy: null,
    requestHeaders: {},
    status: null,
    responseHeaders: {},
    bodyBytes: 0,
    fault: {
      code: request.foreign ? 'MW_FORBIDDEN_TARGET' : 'ERR_INVALID_URL',
      phase: 'resolve',
      ...messageFor('fault.url'),
      bytesRead: 0,
    },
  };
  return { hop, headers: {}, body: new Uint8Array(0) };
}
