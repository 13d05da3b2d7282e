import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Ask } from '../../core/transcript.ts';
import { type Answered, answeredOf, type End, stoppedBy, type Talk, unaskable } from '../talk.ts';
import {
  type Challenge,
  fetchToken,
  type Held,
  isSameToken,
  parseBearerChallenge,
  type Session,
  tokenFor,
} from './token.ts';

const doorKey = 'door';
/** How long the response of the API root is cached: a challenge, or that no token is required. */
const doorMs = 3_600_000;

/**
 * The URL that repositories are below: the base URL if its path contains `v2`, as in
 * `https://harbor.example.com/v2/docker-hub`, else `/v2` below the base URL.
 */
export function apiRootOf(baseUrl: string): string {
  const base = baseUrl.replace(/\/+$/, '');
  return new URL(base).pathname.split('/').includes('v2') ? base : `${base}/v2`;
}

/** The URL of the API root, `…/v2/`. Its response shows whether the server is a registry. */
export function apiBaseOf(baseUrl: string): string {
  const root = new URL(apiRootOf(baseUrl));
  return `${root.origin}${/^.*?\/v2(?=\/|$)/.exec(root.pathname)?.[0] ?? ''}/`;
}

/** The URL of a path such as `library/alpine/manifests/latest`. Some mirrors choose their upstream by `?ns=`. */
export function repositoryUrlOf({ context }: Session, host: string, path: string): string {
  const query = context.own.ns ? `?ns=${encodeURIComponent(host)}` : '';
  return `${apiRootOf(context.baseUrl)}/${path}${query}`;
}

/**
 * Sends a request, with a token if the registry requires one. Only a 401 to the request itself causes a second one.
 * @see docs/protocols/oci.md#tokens
 */
export function* askWithToken(ask: Ask, repository: string, session: Session): Talk<Result<Answered, End>> {
  const door = yield* doorOf(session);
  if (door.tag === 'error') return door;
  const first = door.value === null ? null : scoped(door.value, repository);
  const held: Result<Held | null, End> = first === null ? ok(null) : yield* tokenFor(first, session);
  if (held.tag === 'error') return held;
  const answer = answeredOf(yield withBearer(ask, held.value));
  if (answer.tag === 'error' || answer.value.status !== 401) return answer;
  const told = challengeOf(answer.value, session);
  if (told.tag === 'error') return told;
  if (told.value === null) return answer;
  const second = scoped(told.value, repository);
  // The registry refused a token that is fresh: it would refuse another one too.
  if (held.value?.isFresh === true && first !== null && isSameToken(first, second)) return answer;
  keepDoor(told.value, session);
  const fresh = yield* fetchToken(second, session);
  return fresh.tag === 'error' ? fresh : answeredOf(yield withBearer(ask, fresh.value));
}

/** Caches the challenge; `null`: no token is required. */
export function keepDoor(challenge: Challenge | null, { keep }: Session): void {
  keep(doorKey, JSON.stringify(challenge === null ? null : { ...challenge, scope: null }), doorMs);
}

/**
 * The challenge of a 401; `null`: it names no token server. Ends the conversation if a token would be sent in clear
 * text to another machine.
 */
export function challengeOf(answer: Answered, { context }: Session): Result<Challenge | null, End> {
  const told = parseBearerChallenge(answer.headers['www-authenticate'], context.baseUrl);
  if (told.tag === 'error') return stoppedBy(told.error);
  if (told.value !== null && !mayCarryTokens(context.baseUrl)) return error(unaskable);
  return told;
}

function* doorOf(session: Session): Talk<Result<Challenge | null, End>> {
  const kept = session.recall(doorKey);
  if (kept !== null) return ok(JSON.parse(kept) as Challenge | null);
  const url = apiBaseOf(session.context.baseUrl);
  const answer = answeredOf(yield { url, aside: true, bodyBytesMax: limits.errorBodyBytes });
  if (answer.tag === 'error') return answer;
  const told = answer.value.status === 401 ? challengeOf(answer.value, session) : ok(null);
  // A 404 is not cached: the server may have only some registry files.
  if (told.tag === 'ok' && (answer.value.status === 200 || told.value !== null)) keepDoor(told.value, session);
  return told;
}

function scoped(challenge: Challenge, repository: string): Challenge {
  return { ...challenge, scope: challenge.scope ?? `repository:${repository}:pull` };
}

function withBearer(ask: Ask, held: Held | null): Ask {
  return held === null ? ask : { ...ask, headers: { ...ask.headers, authorization: `Bearer ${held.token}` } };
}

function mayCarryTokens(baseUrl: string): boolean {
  const { protocol, hostname } = new URL(baseUrl);
  return protocol === 'https:' || /^(localhost|127\.[0-9.]+|\[::1\])$/.test(hostname);
}
