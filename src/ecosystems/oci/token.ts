import { isMarkup, utf8 } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { readForeignUrl } from '../../core/url.ts';
import { malformed, phrase, wrongContent } from '../../words/tell.ts';
import { foldKeys, isGoTime, parseFields } from '../parse-json.ts';
import { type Ask, get200, stoppedBy } from '../talk.ts';
import type { OciContext } from './context.ts';

/** A token of a registry. `isFresh`: it was just requested and does not come from the cache. */
export interface HeldToken {
  readonly token: string;
  readonly isFresh: boolean;
}

const secondMs = 1000;
/** The lifetime of a token if the response states none, seconds. It is the default of the token specification. */
const lifeSeconds = 60;
/** The maximum lifetime of a token, seconds. It is limited because permissions can be revoked. */
const lifeSecondsMax = 3600;
const shareKept = 0.8;
/** The maximum length of a token, characters. Most servers refuse longer headers. */
const tokenCharsMax = 8192;

export function* tokenFor(challenge: Challenge, session: Session): Ask<HeldToken> {
  const kept = session.recall(keyOf(challenge));
  return kept === null ? yield* fetchToken(challenge, session) : ok({ token: kept, isFresh: false });
}

/** Requests a token and caches it. @see docs/protocols/oci.md#tokens */
export function* fetchToken(challenge: Challenge, session: Session): Ask<HeldToken> {
  const url = new URL(challenge.realm);
  if (challenge.service !== null) url.searchParams.append('service', challenge.service);
  if (challenge.scope !== null) url.searchParams.append('scope', challenge.scope);
  const request = { url: url.href, aside: true, foreign: true, bodyBytesMax: limits.infoBytes };
  const got = yield* get200(request, session.context);
  if (got.tag === 'error') return got;
  const { body } = got.value;
  if (isMarkup(body)) return stoppedBy(wrongContent('answer.token'));
  const read = readToken(utf8(body) ?? '');
  if (read === null) return stoppedBy(malformed('answer.token'));
  session.keep(keyOf(challenge), read.token, read.lifeSeconds * secondMs * shareKept);
  return ok({ token: read.token, isFresh: true });
}

export function isSameToken(a: Challenge, b: Challenge): boolean {
  return keyOf(a) === keyOf(b);
}

function keyOf({ realm, service, scope }: Challenge): string {
  return JSON.stringify(['token', realm, service, scope]);
}

/** Reads the token and its lifetime in a response; `null`: the response has no valid token. */
export function readToken(text: string): { readonly token: string; readonly lifeSeconds: number } | null {
  const parsed = parseFields(text, phrase('answer.token'));
  if (parsed.tag === 'error') return null;
  const { token: plain, access_token: oauth, expires_in: life, issued_at: issued, ...other } = foldKeys(parsed.value);
  const token = typeof plain === 'string' && plain !== '' ? plain : oauth;
  if (typeof token !== 'string' || token.length > tokenCharsMax || !/^[\x21-\x7e]+$/.test(token)) return null;
  // Clients are written in Go: a value of another type makes the whole response unreadable.
  const isRead = (life == null || Number.isSafeInteger(life)) && typeof (other['refresh_token'] ?? '') === 'string';
  if (!isRead || !isGoTime(issued)) return null;
  return { token, lifeSeconds: Math.min(Number(life) > 0 ? Number(life) : lifeSeconds, lifeSecondsMax) };
}

/**
 * One conversation with a registry (the requests of one probe), and the cache that it shares with other conversations.
 */
export interface Session {
  readonly context: OciContext;
  recall(key: string): string | null;
  keep(key: string, text: string, forMs: number): void;
}

export function openSession(context: OciContext): Session {
  const own = new Map<string, string>();
  const { memory, nowWallMs } = context;
  return {
    context,
    recall: (key) => own.get(key) ?? memory?.get(key, nowWallMs) ?? null,
    keep(key, text, forMs) {
      own.set(key, text);
      memory?.keep(key, text, nowWallMs + forMs);
    },
  };
}

/** What a registry states about its token server, in the header `WWW-Authenticate`. */
export interface Challenge {
  /** The URL of the token server: http or https, without user-info and fragment. */
  readonly realm: string;
  readonly service: string | null;
  readonly scope: string | null;
}

const headerCharsMax = 8192;
const valueCharsMax = 2000;

/**
 * Returns the Bearer challenge (which token server to use) in a `WWW-Authenticate` header; `null`: there is none, or a
 * Basic challenge comes first, which clients then answer. If the registry uses TLS, a challenge that names a token
 * server without TLS is malformed.
 * @see docs/protocols/oci.md#tokens; RFC 9110 section 11.6.1
 */
export function parseBearerChallenge(
  header: string | undefined,
  baseUrl: string,
): Result<Challenge | null, ProbeFailure> {
  const found = challenges(header ?? '').find(({ scheme }) => scheme === 'bearer' || scheme === 'basic');
  if (found?.scheme !== 'bearer') return ok(null);
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

/**
 * Splits the header into its challenges. Commas separate both challenges and parameters, so a word without `=` begins a
 * challenge. As in the clients, there are no blanks around `=`, and a value without quotes ends at a colon or slash.
 * @see containers/image docker/wwwauthenticate.go
 */
function challenges(header: string): readonly Read[] {
  const found: Read[] = [];
  const text = header.slice(0, headerCharsMax);
  // The pattern of a name includes the slash, because the base64 text after `Negotiate` may contain a slash. Otherwise
  // parsing would end at this slash.
  const part = /[\s,]*([A-Za-z0-9!#$%&'*+./^_`|~-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9!#$%&'*+.=^_`|~-]*)))?/y;
  for (let match = part.exec(text); match !== null; match = part.exec(text)) {
    const [, name = '', quoted, plain] = match;
    if (quoted === undefined && plain === undefined) found.push({ scheme: name.toLowerCase(), values: new Map() });
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    const values = found.at(-1)?.values;
    // If a parameter is repeated, the last one counts.
    if (value !== undefined && value.length <= valueCharsMax) values?.set(name.toLowerCase(), value);
  }
  return found;
}
