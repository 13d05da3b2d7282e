import { isMarkup, type WholeBody } from '../../core/body.ts';
import { limits } from '../../core/limits.ts';
import type { Sentence } from '../../core/result.ts';
import type { Facts, Verdict } from '../../core/transcript.ts';
import { failureOf, mismatchOf, phrase } from '../../words/tell.ts';
import { wordOfFile } from '../file-word.ts';
import { failedBy, fine, matchesBeginning, seenIn, type Talk } from '../talk.ts';
import { type Integrity, integrityOfWhole, parsePinnedIntegrity } from './integrity.ts';
import type { Dist } from './packument.ts';

/** What is known about a version's artifact from sources other than the mirror. */
export interface KnownHashes {
  /** The hash from an earlier signature; `undefined`: none is known. */
  readonly pinned: Integrity | undefined;
  /** The hash from a lock file as it is written there; `undefined`: none. It counts only if nothing is signed. */
  readonly locked?: string | undefined;
  /** True if a trusted key signed the packument's hash. */
  readonly isSigned: boolean;
  /** True if the trusted keys are those of a file. */
  readonly isKey: boolean;
}

/**
 * Compares the packument's hash with the known hash of the same algorithm: a signed one, else that of the lock file. If
 * there is none, a valid signature verifies the packument's hash. Without a signature the hash is only compared between
 * mirrors.
 */
export function judgeStatedHash({ integrity }: Pick<Dist, 'integrity'>, known: KnownHashes, facts: Facts): Verdict {
  const { pinned, isSigned, isKey } = known;
  const lock = parsePinnedIntegrity(known.locked);
  const statedAs = (one: Integrity | undefined) =>
    one && integrity.find(({ algorithm }) => algorithm === one.algorithm);
  const ofLock = statedAs(lock);
  const isRight = ofLock === undefined || ofLock.digests.some((one) => lock?.digests.includes(one) === true);
  const isProven = pinned !== undefined || isSigned;
  const want = isProven ? pinned : lock;
  const same = statedAs(want);
  const digest = same?.digests.find((one) => want?.digests.includes(one));
  // A packument without a hash of the lock file's algorithm says nothing about the lock file.
  const judged = ofLock === undefined ? { ...known, locked: undefined } : known;
  const all = { ...facts, ...wordOf(judged, isRight, same === undefined || digest !== undefined) };
  if (want !== undefined && same !== undefined) {
    const { algorithm } = want;
    if (digest !== undefined) return fine({ ...all, verified: { algorithm, digest, against: authority(isSigned) } });
    const got = same.digests.join(' ');
    const compared = isProven && !isKey ? {} : { compared: { algorithm, digest: got } };
    return mismatch(want, got, { ...all, ...compared }, { by: bySignature, side: 'packument' });
  }
  const [best] = integrity;
  if (best === undefined) return fine(facts);
  const stated = { algorithm: best.algorithm, digest: best.digests.join(' ') };
  return fine({ ...all, ...(isSigned ? { verified: { ...stated, against: 'signature' } } : { compared: stated }) });
}

/**
 * What the lock file, or the file with the trusted keys, says. If a signature confirms other bytes, the lock file is
 * overruled. Bytes that a signature calls wrong show nothing about the lock file.
 * @param isRight        the bytes are those of the lock file
 * @param isProvenRight  the bytes are those of the signature
 */
function wordOf(known: KnownHashes, isRight: boolean, isProvenRight: boolean): Pick<Facts, 'file'> {
  const { pinned, locked, isSigned, isKey } = known;
  const isProven = pinned !== undefined || isSigned;
  if (!isProven) return wordOfFile(locked, { isRight });
  if (!isRight && isProvenRight) return wordOfFile(locked, { isOverruled: true, isRight, isKey });
  return isKey ? wordOfFile(pinned?.digests.join(' ') ?? '', { isRight: isProvenRight, isKey }) : {};
}

/**
 * Judges an artifact by the signed hash, else by the packument's hash, which proves only that the mirror is consistent,
 * and by that of the lock file. A mirror whose artifact contradicts its own packument is wrong, whatever a lock file or
 * a key of a file says.
 * @param stated  the packument's hash
 */
export function* judgeBytes(
  body: WholeBody,
  stated: Integrity | undefined,
  known: KnownHashes,
  facts: Facts,
): Talk<Verdict> {
  const { isSigned, isKey } = known;
  const lock = parsePinnedIntegrity(known.locked);
  const isProven = known.pinned !== undefined || isSigned;
  const isWeak = isKey || !isProven;
  const pinned = isProven ? known.pinned : lock;
  const wants = [isWeak ? stated : undefined, pinned, isSigned ? stated : undefined].filter((one) => one !== undefined);
  const digestOf = hasher(body);
  const begin = body.read(0, limits.bodyBeginBytes);
  let wrong: Integrity | undefined;
  for (const one of wants) {
    if (one.digests.includes(yield* digestOf(one.algorithm))) continue;
    wrong = one;
    break;
  }
  // A tarball with the expected hash is accepted in any format. Otherwise it must be gzip.
  if ((wants.length === 0 || wrong !== undefined) && !matchesGzip(begin))
    return failedBy(failureOf(isMarkup(begin) ? 'wrong_content' : 'malformed', phrase('answer.npmGzip')), facts);
  const isRight = lock === undefined || lock.digests.includes(yield* digestOf(lock.algorithm));
  const isOwn = isWeak && wrong !== undefined && wrong !== pinned;
  const word = isOwn ? {} : wordOf(known, isRight, wrong === undefined);
  const about = { ...facts, ...seenIn(begin, body.bytes), ...word };
  const by = wrong === pinned || isSigned ? bySignature : phrase('answer.npmOwn');
  if (wrong !== undefined) {
    const got = yield* digestOf(wrong.algorithm);
    const compared = isOwn || !isWeak ? {} : { compared: { algorithm: wrong.algorithm, digest: got } };
    return mismatch(wrong, got, { ...about, ...compared }, { by });
  }
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

export function matchesGzip(body: Uint8Array): boolean {
  return matchesBeginning(body, '1f8b');
}
