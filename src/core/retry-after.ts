import { limits } from './limits.ts';

/**
 * What a `Retry-After` header asks for (RFC 9110 section 10.2.3: seconds, or an HTTP date).
 * @param value   the header as it came; `undefined` or empty: none came
 * @param wallMs  wall clock at the answer, milliseconds since 1970, to count a date from
 * @returns       milliseconds from now, 0 to `limits.retryAfterMsMax`; `null` without the header and where it is neither form
 */
export function parseRetryAfter(value: string | undefined, wallMs: number): number | null {
  const text = value?.trim() ?? '';
  if (/^\d{1,15}$/.test(text)) return Math.min(Number(text) * 1000, limits.retryAfterMsMax);
  // Date.parse takes far more than HTTP dates; each of the three legal forms begins with the name of a day.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(text)) return null;
  const atMs = Date.parse(/(GMT|UTC)$/.test(text) ? text : `${text} GMT`);
  return Number.isNaN(atMs) ? null : Math.min(Math.max(atMs - wallMs, 0), limits.retryAfterMsMax);
}
