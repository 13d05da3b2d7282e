import { getOrElse } from './get-or-else.ts';
import { limits } from './limits.ts';
import { Secret } from './secret.ts';

/** Marks the connections of a socket that only the user of this process, and root, can reach. */
export const byOwner = Symbol('byOwner');

/**
 * Matches a header as `Name: value` on one line. The name is a token. The value is printable ASCII and does not begin
 * with a space.
 * @see RFC 9110 section 5.6.2
 */
export const headerPattern = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e][\x20-\x7e]*)$/;

/**
 * Parses header lines into values by lower-case name. If a name occurs twice, the last value is used. `null`: a line is
 * invalid.
 */
export function readHeaders(lines: readonly string[]): Readonly<Record<string, Secret>> | null {
  const found = lines.map((line) => headerPattern.exec(line));
  if (found.includes(null)) return null;
  return Object.fromEntries(
    found.map((one) => [(one?.[1] ?? '').toLowerCase(), new Secret((one?.[2] ?? '').trim())] as const),
  );
}

/** True for a header that may contain a credential. */
export function isCredential(headerName: string): boolean {
  return /auth|cookie|token|secret|(?<!^idempotency-)key|password/i.test(headerName);
}

/**
 * Returns the wait of a `Retry-After` header (RFC 9110 section 10.2.3: seconds, or an HTTP date).
 * @param wallMs  wall clock at the response, milliseconds
 * @returns       milliseconds from now, 0 to `limits.retryAfterMsMax`; `null`: no header, or neither of the two forms
 */
export function parseRetryAfter(value: string | undefined, wallMs: number): number | null {
  const text = value?.trim() ?? '';
  if (/^\d{1,15}$/.test(text)) return Math.min(Number(text) * 1000, limits.retryAfterMsMax);
  // Date.parse accepts much more than HTTP dates; each of the three legal forms starts with the name of a day.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(text)) return null;
  const atMs = Date.parse(/(GMT|UTC)$/.test(text) ? text : `${text} GMT`);
  return Number.isNaN(atMs) ? null : Math.min(Math.max(atMs - wallMs, 0), limits.retryAfterMsMax);
}

/**
 * Our HTTP servers emit this event on a response when its request is authorized. If there are too many connections,
 * connections without an authorized request are closed first.
 */
export const letIn = Symbol('let in');

/** Decodes the percent escapes of a text. If they are invalid, the text stays as written. */
export function decodeEscapes(text: string): string {
  return getOrElse(() => decodeURIComponent(text), text);
}
