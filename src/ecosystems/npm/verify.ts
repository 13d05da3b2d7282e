import { isMarkup } from '../../core/body-text.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Sentence } from '../../core/sentence.ts';
import type { Facts, Verdict } from '../../core/transcript.ts';
import type { WholeBody } from '../../core/whole-body.ts';
import { failureOf, mismatchOf } from '../../words/failure.ts';
import { phrase } from '../../words/tell.ts';
import { beginsLike } from '../begins.ts';
import { seenIn } from '../seen.ts';
import { ended, fine, type Talk } from '../talk.ts';
import { type Integrity, integrityOfWhole } from './integrity.ts';
import type { Dist } from './packument.ts';

/** What is known of a version's artifact from elsewhere than its packument. */
export interface Known {
  /** Of a lock file, or learnt; `undefined`: none. */
  readonly pinned: Integrity | undefined;
  /** The packument's own hash is what a trusted key signed. */
  readonly isSigned: boolean;
}

/** A pinned hash is held against what the packument says of the same algorithm: where it says nothing, nothing is pinned. */
export function vouched({ integrity }: Pick<Dist, 'integrity'>, { pinned, isSigned }: Known, facts: Facts): Verdict {
  const same = pinned && integrity.find(({ algorithm }) => algorithm === pinned.algorithm);
  if (pinned !== undefined && same !== undefined) {
    const digest = same.digests.find((one) => pinned.digests.includes(one));
    if (digest === undefined)
      return mismatch(pinned, same.digests.join(' '), facts, { by: bySignature, side: 'packument' });
    return fine({ ...facts, verified: { algorithm: pinned.algorithm, digest, against: authority(isSigned) } });
  }
  const [best] = integrity;
  if (best === undefined) return fine(facts);
  const digest = { algorithm: best.algorithm, digest: best.digests.join(' ') };
  return fine({ ...facts, ...(isSigned ? { verified: { ...digest, against: 'signature' } } : { compared: digest }) });
}

/**
 * Judges an artifact's bytes: by the hash that was signed and the pinned one where there are such, else only by the
 * packument's own, which proves that the mirror agrees with itself.
 * @param told  what the packument says; `undefined`: no hash
 */
export function* judgeBytes(body: WholeBody, told: Integrity | undefined, known: Known, facts: Facts): Talk<Verdict> {
  const { pinned, isSigned } = known;
  const wants = [pinned, isSigned || pinned === undefined ? told : undefined].filter((one) => one !== undefined);
  const digestOf = hasher(body);
  const begin = body.read(0, limits.bodyBeginBytes);
  let wrong: Integrity | undefined;
  for (const one of wants) {
    if (one.digests.includes(yield* digestOf(one.algorithm))) continue;
    wrong = one;
    break;
  }
  // Bytes that an authority vouches for are right, whatever they look like.
  if ((wants.length === 0 || wrong !== undefined) && !startsLikeGzip(begin))
    return ended({ tag: 'failed', failure: noGzip(begin) }, facts);
  const about = { ...facts, ...seenIn(begin, body.bytes) };
  const by = wrong === pinned || isSigned ? bySignature : phrase('answer.npmOwn');
  if (wrong !== undefined) return mismatch(wrong, yield* digestOf(wrong.algorithm), about, { by });
  // Packuments may name hashes of different algorithms: only bytes under the same one can be held against one another.
  if (pinned === undefined && !isSigned)
    return fine({ ...about, compared: { algorithm: 'sha512', digest: yield* digestOf('sha512') } });
  const { algorithm } = (isSigned ? told : pinned) ?? told ?? { algorithm: 'sha512' };
  const digest = yield* digestOf(algorithm);
  return fine({ ...about, verified: { algorithm, digest, against: authority(isSigned) } });
}

function authority(isSigned: boolean): string {
  return isSigned ? 'signature' : 'pinned';
}

/** Each algorithm over the bytes once, however many ask for it. */
function hasher(body: WholeBody): (algorithm: Integrity['algorithm']) => Talk<string> {
  const digests = new Map<Integrity['algorithm'], string>();
  return function* (algorithm) {
    const digest = digests.get(algorithm) ?? (yield* integrityOfWhole(body, algorithm));
    digests.set(algorithm, digest);
    return digest;
  };
}

const bySignature = phrase('answer.npmSignature');

function mismatch(
  { algorithm, digests }: Integrity,
  got: string,
  facts: Facts,
  who: { readonly by: Sentence; readonly side?: string },
): Verdict {
  return ended({ tag: 'failed', failure: mismatchOf({ algorithm, want: digests.join(' '), got, ...who }) }, facts);
}

function noGzip(body: Uint8Array): ProbeFailure {
  return failureOf(isMarkup(body) ? 'wrong_content' : 'malformed', phrase('answer.npmGzip'));
}

/** By its first two bytes, of which one may be wrong. */
export function startsLikeGzip(body: Uint8Array): boolean {
  return beginsLike(body, '1f8b');
}
