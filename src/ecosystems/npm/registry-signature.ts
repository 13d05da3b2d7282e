import { verify } from 'node:crypto';
import type { ProbeFailure } from '../../core/failure.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Signature, SignatureState } from '../../core/signature.ts';
import { mismatchOf } from '../../words/failure.ts';
import { phrase } from '../../words/tell.ts';
import type { Signed } from './packument.ts';
import { publicKeyOf, type SigningKey } from './signing-keys.ts';

/** A version's signatures, and what they are judged by. */
export interface SignedVersion {
  /** `name@version`. */
  readonly id: string;
  readonly signed: Signed;
  /** An authority's, never the mirror's own; absent: none is at hand. */
  readonly keys: readonly SigningKey[] | undefined;
  readonly nowWallMs: number;
}

/** What came of it; `mayPin`: by a key in force now, whatever time of publication the mirror tells. */
export interface JudgedSignature {
  readonly signature: Signature;
  readonly mayPin: boolean;
}

/**
 * Judges the registry's signatures over `name@version:integrity` as `npm audit signatures` does, but that a signature by an
 * unknown key decides nothing beside one by a known key, and that without a time of publication an expired key is not
 * taken to have been in force: npm assumes 2015 then.
 * @returns  `null` where nothing is signed and no key is at hand: nobody said that it should be; `mismatch` where a trusted
 *           key signed something else
 * @see protocols.md 2.3; npm/pacote lib/registry.js
 */
export function judgeSignature(version: SignedVersion): Result<JudgedSignature | null, ProbeFailure> {
  const { id, signed, keys } = version;
  const { integrity, signatures } = signed;
  const [first] = signatures;
  if (keys === undefined) return ok(first === undefined ? null : told('no_key', first.keyid));
  if (first === undefined || integrity === null) return ok(told('unsigned', null));
  const judged = signatures.flatMap(({ keyid, sig }) => {
    const key = keys.find((one) => one.keyid === keyid);
    return key === undefined ? [] : [{ key, sig, state: stateOf(key, version) }];
  });
  const counting = judged.filter(({ state }) => state !== 'expired_key');
  const wrong = counting.find(({ key, sig }) => !isRight(key, sig, `${id}:${integrity}`));
  if (wrong !== undefined) return error(notSigned(wrong.key, integrity));
  const best = counting.find(({ state }) => state === 'valid') ?? judged[0];
  if (best === undefined) return ok(told('unknown_key', first.keyid));
  const { state, key } = best;
  return ok({ signature: { state, key: key.keyid }, mayPin: state === 'valid' && isInForce(key, version) });
}

/** `valid` where the key counted when the version was published, its signature being right. */
function stateOf(key: SigningKey, version: SignedVersion): SignatureState & ('valid' | 'expired_key' | 'undated') {
  const { publishedMs, modifiedMs } = version.signed;
  if (isInForce(key, version)) return 'valid';
  // A packument that was last changed before then holds no version from after it.
  const boundMs = publishedMs ?? modifiedMs;
  if (boundMs !== null && boundMs < (key.expiresMs ?? 0)) return 'valid';
  return publishedMs === null ? 'undated' : 'expired_key';
}

function isInForce({ expiresMs }: SigningKey, { nowWallMs }: SignedVersion): boolean {
  return expiresMs === null || nowWallMs < expiresMs;
}

function isRight(key: SigningKey, sig: string, message: string): boolean {
  const publicKey = publicKeyOf(key);
  return publicKey !== null && verify('sha256', Buffer.from(message), publicKey, Buffer.from(sig, 'base64'));
}

function told(state: SignatureState, key: string | null): JudgedSignature {
  return { signature: { state, key }, mayPin: false };
}

function notSigned({ keyid }: SigningKey, got: string): ProbeFailure {
  return mismatchOf({
    algorithm: 'ecdsa',
    want: phrase('answer.signedBy', { whom: keyid }),
    got: got.slice(0, 300),
    by: phrase('answer.npmSignature'),
    side: 'packument',
  });
}
