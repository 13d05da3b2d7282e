import { Secret } from './secret.ts';

/** A header as `Name: value` on one line. The name is a token; the value is visible ASCII. @see RFC 9110 section 5.6.2 */
export const headerPattern = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e][\x20-\x7e]*)$/;

/** Headers by name in lower case, of lines as `Name: value`; `null`: a line is none. The last one of a name counts. */
export function readHeaders(lines: readonly string[]): Readonly<Record<string, Secret>> | null {
  const found = lines.map((line) => headerPattern.exec(line));
  if (found.includes(null)) return null;
  return Object.fromEntries(
    found.map((one) => [(one?.[1] ?? '').toLowerCase(), new Secret((one?.[2] ?? '').trim())] as const),
  );
}

/** True for names of headers that may carry a credential. Others, a tenant's among them, are sent over plain http too. */
export function isCredential(headerName: string): boolean {
  return /auth|cookie|token|secret|key|password/i.test(headerName);
}
