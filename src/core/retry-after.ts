import { limits } from './limits.ts';

/**
 * The wait of a `Retry-After` header (RFC 9110 section 10.2.3: seconds, or an HTTP date).
 * @param value   the header as received; `undefined` or empty: none
 * @param wallMs  wall clock at the response, milliseconds since 1970, to compare a date with
 * @returns       milliseconds from now, 0 to `limits.retryAfterMsMax`; `null` without the header and where it has neither
 * form
 */
export function parseRetryAfter(value: string | undefined, wallMs: number): number | null {
  const text = value?.trim() ?? '';
  if (/^\d{1,15}$/.test(text)) return Math.min(Number(text) * 1000, limits.retryAfterMsMax);
  // Date.parse accepts much more than HTTP dates; each of the three legal forms starts with the name of a day.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(text)) return null;
  const atMs = Date.parse(/(GMT|UTC)$/.test(text) ? text : `${text} GMT`);
  return Number.isNaN(atMs) ? null : Math.min(Math.max(atMs - wallMs, 0), limits.retryAfterMsMax);
}
