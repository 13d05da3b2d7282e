import { isMarkup } from '../../core/body-text.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import type { Facts, Verdict } from '../../core/transcript.ts';
import { beginsLike } from '../begins.ts';
import { seenIn } from '../seen.ts';
import { ended, fine } from '../talk.ts';
import { type Integrity, integrityOf } from './integrity.ts';
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
export function judgeBytes(body: Uint8Array, told: Integrity | undefined, known: Known, facts: Facts): Verdict {
  const { pinned, isSigned } = known;
  const wants = [pinned, isSigned || pinned === undefined ? told : undefined].filter((one) => one !== undefined);
  const digestOf = hasher(body);
  const wrong = wants.find(({ algorithm, digests }) => !digests.includes(digestOf(algorithm)));
  // Bytes that an authority vouches for are right, whatever they look like.
  if ((wants.length === 0 || wrong !== undefined) && !startsLikeGzip(body))
    return ended({ tag: 'failed', failure: noGzip(body) }, facts);
  const about = { ...facts, ...seenIn(body) };
  const by = wrong === pinned || isSigned ? bySignature : 'its own packument';
  if (wrong !== undefined) return mismatch(wrong, digestOf(wrong.algorithm), about, { by });
  // Packuments may name hashes of different algorithms: only bytes under the same one can be held against one another.
  if (pinned === undefined && !isSigned)
    return fine({ ...about, compared: { algorithm: 'sha512', digest: digestOf('sha512') } });
  const { algorithm } = (isSigned ? told : pinned) ?? told ?? { algorithm: 'sha512' };
  return fine({ ...about, verified: { algorithm, digest: digestOf(algorithm), against: authority(isSigned) } });
}

function authority(isSigned: boolean): string {
  return isSigned ? 'signature' : 'pinned';
}

/** Each algorithm over the bytes once, however many ask for it. */
function hasher(body: Uint8Array): (algorithm: Integrity['algorithm']) => string {
  const digests = new Map<Integrity['algorithm'], string>();
  return (algorithm) => {
    const digest = digests.get(algorithm) ?? integrityOf(body, algorithm);
    digests.set(algorithm, digest);
    return digest;
  };
}

const bySignature = 'a registry signature';

function mismatch(
  { algorithm, digests }: Integrity,
  got: string,
  facts: Facts,
  who: { readonly by: string; readonly side?: string },
): Verdict {
  return ended(
    { tag: 'failed', failure: { kind: 'mismatch', algorithm, want: digests.join(' '), got, ...who } },
    facts,
  );
}

function noGzip(body: Uint8Array): ProbeFailure {
  return { kind: isMarkup(body) ? 'wrong_content' : 'malformed', expected: 'a tarball in gzip' };
}

/** By its first two bytes, of which one may be wrong. */
export function startsLikeGzip(body: Uint8Array): boolean {
  return beginsLike(body, '1f8b');
}
