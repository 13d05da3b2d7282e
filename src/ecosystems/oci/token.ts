import { isMarkup, utf8 } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { ProbeRequest } from '../../core/transcript.ts';
import { readForeignUrl } from '../../core/url.ts';
import { malformed, phrase, wrongContent } from '../../words/tell.ts';
import { foldKeys, isGoTime, parseFields } from '../parse-json.ts';
import { type Ask, type End, get200, type Responded, respondedOf, stoppedBy, unaskable } from '../talk.ts';
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

function* tokenFor(challenge: Challenge, session: Session): Ask<HeldToken> {
  const kept = session.recall(keyOf(challenge));
  return kept === null ? yield* fetchToken(challenge, session) : ok({ token: kept, isFresh: false });
}

/** Requests a token and caches it. @see docs/protocols/oci.md#tokens */
function* fetchToken(challenge: Challenge, session: Session): Ask<HeldToken> {
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

const doorKey = 'door';
/**
 * How long the response of the API root is cached, milliseconds. This response says whether a token is required, and
 * which server issues it.
 */
const doorMs = 3_600_000;

/**
 * Returns the URL below which the repositories are. This is the base URL if its path contains `v2`, as in
 * `https://harbor.example.com/v2/docker-hub`. Else it is `/v2` below the base URL.
 */
export function apiRootOf(baseUrl: string): string {
  const base = baseUrl.replace(/(?<!\/)\/+$/, '');
  return new URL(base).pathname.split('/').includes('v2') ? base : `${base}/v2`;
}

/** Returns the URL of the API root, `…/v2/`. Its response shows whether the server is a registry. */
export function apiBaseOf(baseUrl: string): string {
  const root = new URL(apiRootOf(baseUrl));
  return `${root.origin}${/^.*?\/v2(?=\/|$)/.exec(root.pathname)?.[0] ?? ''}/`;
}

/**
 * Returns the URL of a path such as `library/alpine/manifests/latest`. It ends in `?ns=<host>` if the mirror's key `ns`
 * is on, because some mirrors choose their upstream by this query.
 */
export function repositoryUrlOf({ context }: Session, host: string, path: string): string {
  const query = context.own.ns ? `?ns=${encodeURIComponent(host)}` : '';
  return `${apiRootOf(context.baseUrl)}/${path}${query}`;
}

/**
 * Sends a request, with a token if the registry requires one. After a 401 response it may request a new token and send
 * the request once more.
 * @see docs/protocols/oci.md#tokens
 */
export function* requestWithToken(request: ProbeRequest, repository: string, session: Session): Ask<Responded> {
  const door = yield* doorOf(session);
  if (door.tag === 'error') return door;
  const first = door.value === null ? null : scoped(door.value, repository);
  const held: Result<HeldToken | null, End> = first === null ? ok(null) : yield* tokenFor(first, session);
  if (held.tag === 'error') return held;
  const response = respondedOf(yield withBearer(request, held.value));
  if (response.tag === 'error' || response.value.status !== 401) return response;
  const challenge = challengeOf(response.value, session);
  if (challenge.tag === 'error') return challenge;
  if (challenge.value === null) return response;
  const second = scoped(challenge.value, repository);
  // The registry refused a token that was just issued, so it would refuse another token too.
  if (held.value?.isFresh === true && first !== null && keyOf(first) === keyOf(second)) return response;
  keepDoor(challenge.value, session);
  const fresh = yield* fetchToken(second, session);
  return fresh.tag === 'error' ? fresh : respondedOf(yield withBearer(request, fresh.value));
}

/** Caches the challenge (which token server to use); `null`: no token is required. */
export function keepDoor(challenge: Challenge | null, { keep }: Session): void {
  keep(doorKey, JSON.stringify(challenge === null ? null : { ...challenge, scope: null }), doorMs);
}

/**
 * Returns the challenge in a 401 response; `null`: it names no token server. Ends the conversation if a token would be
 * sent in clear text to another machine.
 */
export function challengeOf(response: Responded, { context }: Session): Result<Challenge | null, End> {
  const challenge = parseBearerChallenge(response.headers['www-authenticate'], context.baseUrl);
  if (challenge.tag === 'error') return stoppedBy(challenge.error);
  if (challenge.value !== null && !mayCarryTokens(context.baseUrl)) return error(unaskable);
  return challenge;
}

function* doorOf(session: Session): Ask<Challenge | null> {
  const kept = session.recall(doorKey);
  if (kept !== null) return ok(JSON.parse(kept) as Challenge | null);
  const url = apiBaseOf(session.context.baseUrl);
  const response = respondedOf(yield { url, aside: true, bodyBytesMax: limits.errorBodyBytes });
  if (response.tag === 'error') return response;
  const challenge = response.value.status === 401 ? challengeOf(response.value, session) : ok(null);
  // A 404 does not show whether a token is required, because the server may have only some files of a registry. So it
  // is not cached.
  if (challenge.tag === 'ok' && (response.value.status === 200 || challenge.value !== null))
    keepDoor(challenge.value, session);
  return challenge;
}

function scoped(challenge: Challenge, repository: string): Challenge {
  return { ...challenge, scope: challenge.scope ?? `repository:${repository}:pull` };
}

function withBearer(request: ProbeRequest, held: HeldToken | null): ProbeRequest {
  return held === null
    ? request
    : { ...request, headers: { ...request.headers, authorization: `Bearer ${held.token}` } };
}

function mayCarryTokens(baseUrl: string): boolean {
  const { protocol, hostname } = new URL(baseUrl);
  return protocol === 'https:' || /^(localhost|127\.[0-9.]+|\[::1\])$/.test(hostname);
}
