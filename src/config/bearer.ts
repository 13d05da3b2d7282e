import { limits } from '../core/limits.ts';
import { phrase } from '../words/tell.ts';
import type { Path } from './issues.ts';
import type { Reader, Report } from './report.ts';

/** What a Bearer header can carry (RFC 6750 section 2.1, `b64token`). */
const b64token = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * A token of callers, from the configuration or a file; `null` where there is none, or an invalid one.
 * @param path  of the mapping with `token` and `tokenFile`
 * @param isExposed  reachable from other machines: a short token causes a warning
 */
export function bearerToken(
  path: Path,
  { token, tokenFile }: { readonly token?: string | undefined; readonly tokenFile?: string | undefined },
  isExposed: boolean,
  reader: Reader,
  report: Report,
): string | null {
  const at = [...path, tokenFile === undefined ? 'token' : 'tokenFile'];
  const found = tokenFile === undefined ? (token ?? null) : reader.secret(at, tokenFile);
  if (found === null) return null;
  if (found.length > limits.tokenChars || !b64token.test(found)) {
    report.error(at, phrase('expected.bearerToken', { chars: limits.tokenChars }));
    return null;
  }
  if (isExposed && found.length < limits.tokenCharsSafe)
    report.warning(at, phrase('expected.bearerShort', { chars: limits.tokenCharsSafe }));
  return found;
}
