import type { IncomingHttpHeaders } from 'node:http';
import { limits } from '../core/limits.ts';

/** How often a running response is checked, milliseconds. */
export const floodLookMs = 100;
/** Allowed besides head and body: SETTINGS, WINDOW_UPDATE and PING of a normal server are some hundred bytes. */
const spareBytes = 256 * 1024;
/** A frame of one byte has a header of nine. */
const framingFactor = 16;
/** What RFC 9113 section 6.5.2 counts for a field beside its name and value. */
const fieldBytes = 32;

/**
 * True where an HTTP/2 connection carried so many bytes during one response that most must be useless frames: nghttp2 ends
 * floods that need a reply (PING, SETTINGS, CONTINUATION), but accepts others without end (WINDOW_UPDATE, ALTSVC,
 * padding).
 * @param readBytes  bytes received since the request, frames included
 */
export function isFlood(readBytes: number, bodyBytes: number): boolean {
  return readBytes > limits.headBytes + spareBytes + framingFactor * bodyBytes;
}

/** The size of a header list as HTTP/2 counts it, bytes. */
export function headerListBytes(headers: IncomingHttpHeaders): number {
  let sum = 0;
  for (const [name, value] of Object.entries(headers)) {
    for (const one of [value].flat()) sum += name.length + String(one).length + fieldBytes;
  }
  return sum;
}
