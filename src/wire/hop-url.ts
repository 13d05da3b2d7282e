import { readForeignUrl } from '../core/foreign-url.ts';
import { limits } from '../core/limits.ts';
import type { HopAnswer, HopRequest } from '../core/ports.ts';
import { maskUrl } from '../core/secret.ts';
import type { Hop } from '../core/transcript.ts';
import { told } from '../words/tell.ts';

/**
 * A URL as a transcript keeps it, shortened, because a redirecting server chooses its length.
 * @param mask  of known credentials, applied before anything is cut
 */
export function shownUrl(url: string, mask: (text: string) => string): string {
  const masked = maskUrl(mask(url));
  return masked.length <= limits.hopUrlChars ? masked : `${masked.slice(0, limits.hopUrlChars)}…`;
}

/** The URL without user-info and fragment; `null` for an unsupported one. */
export function hopUrl(text: string): URL | null {
  const url = readForeignUrl(text);
  if (url === null) return null;
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  // Each of these assignments parses the whole URL again.
  if (url.username !== '') url.username = '';
  if (url.password !== '') url.password = '';
  if (url.hash !== '') url.hash = '';
  return url;
}

/** The result for a URL that cannot be requested: nothing was sent. */
export function unusable(request: HopRequest, shown: string, startMs: number): HopAnswer {
  const hop: Hop = {
    url: shown,
    aside: request.aside,
    marks: { start: startMs, end: startMs },
    reused: false,
    remoteAddress: null,
    remotePort: null,
    family: null,
    proxy: null,
    tls: null,
    requestHeaders: {},
    status: null,
    responseHeaders: {},
    bodyBytes: 0,
    fault: {
      code: request.foreign ? 'MW_FORBIDDEN_TARGET' : 'ERR_INVALID_URL',
      phase: 'resolve',
      ...told('fault.url'),
      bytesRead: 0,
    },
  };
  return { hop, headers: {}, body: new Uint8Array(0) };
}
