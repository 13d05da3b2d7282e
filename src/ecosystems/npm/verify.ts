import { isMarkup, type WholeBody } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Sentence } from '../../core/result.ts';
import type { Facts, Verdict } from '../../core/transcript.ts';
import { failureOf, mismatchOf, phrase } from '../../words/tell.ts';
import { failedBy, fine, matchesBeginning, seenIn, type Talk } from '../talk.ts';
import { type Integrity, integrityOfWhole } from './integrity.ts';
import type { Dist } from './packument.ts';

/** What is known about a version's artifact from sources other than the mirror. */
export interface KnownHashes {
  /** The hash from a lock file, or from an earlier signature; `undefined`: none is known. */
  readonly pinned: Integrity | undefined;
  /** True if a trusted key signed the packument's hash. */
  readonly isSigned: boolean;
}

/**
 * Compares the packument's hash with the pinned hash of the same algorithm. If there is none, a valid signature
 * verifies the packument's hash. Without a signature the hash is only compared between mirrors.
 */
export function judgeStatedHash(
  { integrity }: Pick<Dist, 'integrity'>,
  { pinned, isSigned }: KnownHashes,
  facts: Facts,
): Verdict {
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
 * Judges an artifact by the signed and the pinned hash. If neither is known, it uses the packument's hash, which proves
 * only that the mirror is consistent.
 * @param stated  the packument's hash
 */
export function* judgeBytes(
  body: WholeBody,
  stated: Integrity | undefined,
  known: KnownHashes,
  facts: Facts,
): Talk<Verdict> {
  const { pinned, isSigned } = known;
  const wants = [pinned, isSigned || pinned === undefined ? stated : undefined].filter((one) => one !== undefined);
  const digestOf = hasher(body);
  const begin = body.read(0, limits.bodyBeginBytes);
  let wrong: Integrity | undefined;
  for (const one of wants) {
    if (one.digests.includes(yield* digestOf(one.algorithm))) continue;
    wrong = one;
    break;
  }
  // A tarball with the expected hash is accepted in any format. Otherwise it must be gzip.
  if ((wants.length === 0 || wrong !== undefined) && !matchesGzip(begin)) return failedBy(noGzip(begin), facts);
  const about = { ...facts, ...seenIn(begin, body.bytes) };
  const by = wrong === pinned || isSigned ? bySignature : phrase('answer.npmOwn');
  if (wrong !== undefined) return mismatch(wrong, yield* digestOf(wrong.algorithm), about, { by });
  // Mirrors are compared by SHA-512, because their packuments may have hashes of different algorithms.
  if (pinned === undefined && !isSigned)
    return fine({ ...about, compared: { algorithm: 'sha512', digest: yield* digestOf('sha512') } });
  const { algorithm } = (isSigned ? stated : pinned) ?? { algorithm: 'sha512' };
  const digest = yield* digestOf(algorithm);
  return fine({ ...about, verified: { algorithm, digest, against: authority(isSigned) } });
}

function authority(isSigned: boolean): string {
  return isSigned ? 'signature' : 'pinned';
}

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
  return failedBy(mismatchOf({ algorithm, want: digests.join(' '), got, ...who }), facts);
}

function noGzip(body: Uint8Array): ProbeFailure {
  return failureOf(isMarkup(body) ? 'wrong_content' : 'malformed', phrase('answer.npmGzip'));
}

export function matchesGzip(body: Uint8Array): boolean {
  return matchesBeginning(body, '1f8b');
}
