import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Answer, Ask } from '../../core/transcript.ts';
import type { Answered } from '../status.ts';
import { type End, type Talk, unaskable } from '../talk.ts';
import { bearerChallenge, type Challenge } from './challenge.ts';
import type { Session } from './session.ts';
import { fetchToken, type Held, isSameToken, tokenFor } from './token.ts';

const doorKey = 'door';
/** For so long a registry that let us in is not asked anew whether it wants a token. */
const doorMs = 3_600_000;

/**
 * The root of the API: `/v2` below the base, or the base itself where `v2` is a part of its path, as containerd's
 * `override_path` has it (`https://harbor.example.com/v2/docker-hub`: a project that is a mirror).
 */
export function apiRoot(baseUrl: string): string {
  const base = baseUrl.replace(/\/+$/, '');
  return new URL(base).pathname.split('/').includes('v2') ? base : `${base}/v2`;
}

/** The URL whose response shows whether the server is a registry. */
export function doorUrl(baseUrl: string): string {
  const root = new URL(apiRoot(baseUrl));
  return `${root.origin}${/^.*?\/v2(?=\/|$)/.exec(root.pathname)?.[0] ?? ''}/`;
}

/** The URL of a part of a repository, with the namespace for mirrors that choose their upstream by it. */
export function repositoryUrl({ context }: Session, host: string, path: string): string {
  const query = context.own.ns ? `?ns=${encodeURIComponent(host)}` : '';
  return `${apiRoot(context.baseUrl)}/${path}${query}`;
}

/**
 * Asks with a token where the registry wants one. What the dance needs is asked aside: first the door, which tells who gives
 * tokens, so that what is timed is one ask whether or not a token was at hand.
 * @returns the answer of any status, or how the conversation ends
 * @see protocols.md 4.4
 */
export function* askWithToken(ask: Ask, repository: string, session: Session): Talk<Result<Answered, End>> {
  const door = yield* doorOf(session);
  if (door.tag === 'error') return door;
  const first = door.value === null ? null : scoped(door.value, repository);
  const held: Result<Held | null, End> = first === null ? ok(null) : yield* tokenFor(first, session);
  if (held.tag === 'error') return held;
  const answer = ended(yield withBearer(ask, held.value));
  if (answer.tag === 'error' || answer.value.status !== 401) return answer;
  const told = challengeOf(answer.value, session);
  if (told.tag === 'error') return told;
  if (told.value === null) return answer;
  const second = scoped(told.value, repository);
  // Refused with a token that was made a moment ago for just this: another one would be refused too.
  if (held.value?.isFresh === true && first !== null && isSameToken(first, second)) return answer;
  keepDoor(told.value, session);
  const fresh = yield* fetchToken(second, session);
  return fresh.tag === 'error' ? fresh : ended(yield withBearer(ask, fresh.value));
}

/** Keeps what the door said: whose tokens it wants, or that it is open. */
export function keepDoor(challenge: Challenge | null, { keep }: Session): void {
  keep(doorKey, JSON.stringify(challenge === null ? null : { ...challenge, scope: null }), doorMs);
}

/** What a 401 asks for; `null`: no token. In the clear and off this machine no token may be sent, so nothing can be asked. */
export function challengeOf(answer: Answered, { context }: Session): Result<Challenge | null, End> {
  const told = bearerChallenge(answer.headers['www-authenticate'], context.baseUrl);
  if (told.tag === 'error') return error({ tag: 'failed', failure: told.error });
  if (told.value !== null && !mayCarryTokens(context.baseUrl)) return error(unaskable);
  return told;
}

function* doorOf(session: Session): Talk<Result<Challenge | null, End>> {
  const kept = session.recall(doorKey);
  if (kept !== null) return ok(JSON.parse(kept) as Challenge | null);
  const url = doorUrl(session.context.baseUrl);
  const answer = ended(yield { url, aside: true, bodyBytesMax: limits.errorBodyBytes });
  if (answer.tag === 'error') return answer;
  const told = answer.value.status === 401 ? challengeOf(answer.value, session) : ok(null);
  // A door that answers neither (a mirror that serves files alone has none) says nothing to remember.
  if (told.tag === 'ok' && (answer.value.status === 200 || told.value !== null)) keepDoor(told.value, session);
  return told;
}

function scoped(challenge: Challenge, repository: string): Challenge {
  return { ...challenge, scope: challenge.scope ?? `repository:${repository}:pull` };
}

function withBearer(ask: Ask, held: Held | null): Ask {
  return held === null ? ask : { ...ask, headers: { ...ask.headers, authorization: `Bearer ${held.token}` } };
}

function ended(answer: Answer): Result<Answered, End> {
  if (answer.tag === 'answered') return ok(answer);
  return error(answer.tag === 'failed' ? answer : { tag: 'unknown', because: answer.because });
}

function mayCarryTokens(baseUrl: string): boolean {
  const { protocol, hostname } = new URL(baseUrl);
  return protocol === 'https:' || /^(localhost|127\.[0-9.]+|\[::1\])$/.test(hostname);
}
