import type { Arrival } from './versions.ts';

/**
 * How long a release took from its first sight at the origin to its first sight at a mirror: each is late by less than a
 * pace, so that the true time is within a pace of it. A mirror that was seen with it before the origin took no time.
 * @param gapMsMax  a mirror that nobody looked at for longer says too little of when it arrived
 * @returns milliseconds, or `null`
 */
export function propagationMs({ afterMs, atMs, originMs }: Arrival, gapMsMax: number): number | null {
  if (atMs - afterMs > gapMsMax) return null;
  return Math.max(0, atMs - originMs);
}
