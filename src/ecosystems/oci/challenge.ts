import type { ProbeFailure } from '../../core/failure.ts';
import { readForeignUrl } from '../../core/foreign-url.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { malformed } from '../../words/failure.ts';

/** What a registry says about who gives tokens for it. */
export interface Challenge {
  /** An http or https URL without user-info and fragment. */
  readonly realm: string;
  readonly service: string | null;
  readonly scope: string | null;
}

const headerCharsMax = 8192;
const valueCharsMax = 2000;

/**
 * The Bearer challenge among those of a `WWW-Authenticate`, several of which may stand in one line; `null`: there is none.
 * A token server without TLS behind a registry with it is refused, as a redirect there is.
 * @see protocols.md 4.4; RFC 9110 section 11.6.1
 */
export function bearerChallenge(header: string | undefined, baseUrl: string): Result<Challenge | null, ProbeFailure> {
  const found = challenges(header ?? '').find(({ scheme }) => scheme === 'bearer');
  if (found === undefined) return ok(null);
  const realm = found.values.get('realm') ?? '';
  const url = readForeignUrl(realm);
  if (url === null) return error(malformed('answer.realm'));
  const isFit = url.protocol === 'https:' || (url.protocol === 'http:' && baseUrl.startsWith('http:'));
  if (!isFit) return error(malformed('answer.tokenHttps'));
  url.username = '';
  url.password = '';
  url.hash = '';
  return ok({
    realm: url.href,
    service: found.values.get('service') ?? null,
    scope: found.values.get('scope') ?? null,
  });
}

interface Read {
  readonly scheme: string;
  readonly values: Map<string, string>;
}

/** A scheme with what follows it: a comma separates both challenges and the values of one, so only `=` tells them apart. */
function challenges(header: string): readonly Read[] {
  const found: Read[] = [];
  const text = header.slice(0, headerCharsMax);
  const part = /[\s,]*([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/y;
  for (let match = part.exec(text); match !== null; match = part.exec(text)) {
    const [, name = '', quoted, plain] = match;
    if (quoted === undefined && plain === undefined) found.push({ scheme: name.toLowerCase(), values: new Map() });
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    const values = found.at(-1)?.values;
    // If a parameter is repeated, the first one counts.
    if (value !== undefined && value.length <= valueCharsMax && values !== undefined && !values.has(name.toLowerCase()))
      values.set(name.toLowerCase(), value);
  }
  return found;
}
