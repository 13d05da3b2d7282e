import { isMarkup, utf8 } from '../../core/body-text.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { malformed, wrongContent } from '../../words/failure.ts';
import { phrase } from '../../words/tell.ts';
import { parseJson } from '../parse-json.ts';
import { type End, get, type Talk } from '../talk.ts';
import type { Challenge } from './challenge.ts';
import type { Session } from './session.ts';

/** A token, and whether it was fetched in this conversation. */
export interface Held {
  readonly token: string;
  readonly isFresh: boolean;
}

const secondMs = 1000;
/** Where the answer does not say (the token specification's own default). */
const lifeSeconds = 60;
/** A token is never kept longer, whatever its server says: rights are taken back too. */
const lifeSecondsMax = 3600;
const shareKept = 0.8;
/** A head that holds a longer one is refused by most servers. */
const tokenCharsMax = 8192;

/** The token for a challenge: a kept one, else one that is asked for aside and kept until four fifths of its life are over. */
export function* tokenFor(challenge: Challenge, session: Session): Talk<Result<Held, End>> {
  const kept = session.recall(keyOf(challenge));
  return kept === null ? yield* fetchToken(challenge, session) : ok({ token: kept, isFresh: false });
}

/**
 * Asks the token server, as nobody in particular: credentials of the mirror reach it only where it is the mirror's own
 * host, or one of `auth.hosts`; the wire sees to that.
 * @see protocols.md 4.4
 */
export function* fetchToken(challenge: Challenge, session: Session): Talk<Result<Held, End>> {
  const url = new URL(challenge.realm);
  if (challenge.service !== null) url.searchParams.append('service', challenge.service);
  if (challenge.scope !== null) url.searchParams.append('scope', challenge.scope);
  const ask = { url: url.href, aside: true, foreign: true, bodyBytesMax: limits.infoBytes };
  const got = yield* get(ask, session.context);
  if (got.tag === 'error') return got;
  const { body } = got.value;
  if (isMarkup(body)) return error({ tag: 'failed', failure: wrongContent('answer.token') });
  const read = readToken(utf8(body) ?? '');
  if (read === null) return error({ tag: 'failed', failure: malformed('answer.token') });
  session.keep(keyOf(challenge), read.token, read.lifeSeconds * secondMs * shareKept);
  return ok({ token: read.token, isFresh: true });
}

/** True where two challenges ask for the same token. */
export function isSameToken(a: Challenge, b: Challenge): boolean {
  return keyOf(a) === keyOf(b);
}

function keyOf({ realm, service, scope }: Challenge): string {
  return JSON.stringify(['token', realm, service, scope]);
}

/** The token of an answer (`token`, or `access_token` as OAuth2 has it) and its life in seconds; `null` without one. */
export function readToken(text: string): { readonly token: string; readonly lifeSeconds: number } | null {
  const parsed = parseJson(text, phrase('answer.token'));
  const read = parsed.tag === 'ok' ? parsed.value : null;
  if (typeof read !== 'object' || read === null) return null;
  const { token: plain, access_token: oauth, expires_in: life } = read as Record<string, unknown>;
  const token = typeof plain === 'string' && plain !== '' ? plain : oauth;
  if (typeof token !== 'string' || token.length > tokenCharsMax || !/^[\x21-\x7e]+$/.test(token)) return null;
  const isLife = typeof life === 'number' && Number.isFinite(life) && life > 0;
  return { token, lifeSeconds: Math.min(isLife ? life : lifeSeconds, lifeSecondsMax) };
}
