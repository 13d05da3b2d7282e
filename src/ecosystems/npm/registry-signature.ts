import { verify } from 'node:crypto';
import type { ProbeFailure } from '../../core/failure.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Signature, SignatureState } from '../../core/transcript.ts';
import { mismatchOf, phrase } from '../../words/tell.ts';
import type { Signed } from './packument.ts';
import { publicKeyOf, type SigningKey } from './signing-keys.ts';

/** A version's signatures and the keys to judge them by. */
export interface SignedVersion {
  /** `name@version`. */
  readonly id: string;
  readonly signed: Signed;
  /** Keys of an authority, never of the mirror; absent: none known. */
  readonly keys: readonly SigningKey[] | undefined;
  readonly nowWallMs: number;
}

/** The verdict. `mayPin`: signed by a currently valid key, whatever publication time the mirror states. */
export interface JudgedSignature {
  readonly signature: Signature;
  readonly mayPin: boolean;
}

/**
 * Judges the registry's signatures over `name@version:integrity` as `npm audit signatures` does, with two differences.
 * A signature by an unknown key is ignored if there is one by a known key. Without a publication time an expired key is
 * not accepted; npm assumes 2015.
 * @returns  `null`: no signature and no known key, so none is required; `mismatch`: a trusted key signed another hash
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

/** `valid` if the key was in force when the version was published; the signature itself is correct. */
function stateOf(key: SigningKey, version: SignedVersion): SignatureState & ('valid' | 'expired_key' | 'undated') {
  const { publishedMs, modifiedMs } = version.signed;
  if (isInForce(key, version)) return 'valid';
  // No version is newer than the last change of its packument.
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
