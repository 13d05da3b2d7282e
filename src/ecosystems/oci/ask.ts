import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { ProbeRequest } from '../../core/transcript.ts';
import { type Ask, type End, type Responded, respondedOf, stoppedBy, unaskable } from '../talk.ts';
import {
  type Challenge,
  fetchToken,
  type HeldToken,
  isSameToken,
  parseBearerChallenge,
  type Session,
  tokenFor,
} from './token.ts';

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
  if (held.value?.isFresh === true && first !== null && isSameToken(first, second)) return response;
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
