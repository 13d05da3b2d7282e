import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { utf8 } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { getOrElse } from '../../core/get-or-else.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import type { Signature, SignatureState } from '../../core/transcript.ts';
import { mismatchOf, phrase } from '../../words/tell.ts';
import { type Fields, fieldsOf, memberIn, parseFields } from '../parse-json.ts';

export interface SigningKey {
  /** The registry's name for the key. @see docs/protocols/npm.md#signatures */
  readonly keyid: string;
  /** The public key: a SubjectPublicKeyInfo in base64. */
  readonly key: string;
  /** When the key expires, wall-clock milliseconds; `null`: never. */
  readonly expiresMs: number | null;
}

/** The supported type of key. @see docs/protocols/npm.md#signatures */
const keyType = 'ecdsa-sha2-nistp256';

const signingKeysExpected = phrase('expected.npmKeys', { type: keyType });

/**
 * Parses keys in the JSON format of the endpoint `/-/npm/v1/keys`. It skips keys of other types; one invalid key makes
 * the list invalid.
 */
export function readSigningKeys(body: Uint8Array): Result<readonly SigningKey[], Sentence> {
  const list = listIn(utf8(body) ?? '');
  if (list === null || list.length > limits.signingKeys) return error(signingKeysExpected);
  const known = list.filter((one) => one?.['keytype'] === keyType).map(readKey);
  const keys = known.filter((one) => one !== null);
  if (keys.length === 0 || keys.length < known.length) return error(signingKeysExpected);
  return new Set(keys.map(({ keyid }) => keyid)).size < keys.length ? error(signingKeysExpected) : ok(keys);
}

function listIn(text: string): readonly (Fields | null)[] | null {
  const read = parseFields(text, signingKeysExpected);
  const keys = read.tag === 'ok' ? memberIn(read.value, 'keys') : null;
  return Array.isArray(keys) ? keys.map(fieldsOf) : null;
}

function readKey(entry: Fields | null): SigningKey | null {
  const { keyid, key, expires = null } = entry ?? {};
  if (typeof keyid !== 'string' || typeof key !== 'string') return null;
  if (!isKeyName(keyid)) return null;
  const expiresMs = expires === null ? null : typeof expires === 'string' ? Date.parse(expires) : Number.NaN;
  return Number.isNaN(expiresMs) || publicKeyOf({ key }) === null ? null : { keyid, key, expiresMs };
}

/** True for a valid `keyid`: 1 to `limits.keyNameChars` printable ASCII characters without spaces. */
export function isKeyName(keyid: string): boolean {
  return /^[\x21-\x7e]+$/.test(keyid) && keyid.length <= limits.keyNameChars;
}

function publicKeyOf({ key }: Pick<SigningKey, 'key'>): KeyObject | null {
  if (key.length > 500) return null;
  const der = { key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' } as const;
  const read = getOrElse(() => createPublicKey(der), null);
  return read?.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? read : null;
}

/** What a packument states about the signatures of a version. */
export interface Signed {
  /** The signed hash as the packument states it (`sha512-<base64>`); `null`: none, or only SHA-1. */
  readonly integrity: string | null;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
  /** When the version was published, wall-clock milliseconds; `null`: not stated, as in an abbreviated packument. */
  readonly publishedMs: number | null;
  /** When the packument was last changed, wall-clock milliseconds; `null`: not stated. */
  readonly modifiedMs: number | null;
}

interface SignedVersion {
  /** The signed version, as `name@version`. */
  readonly id: string;
  readonly signed: Signed;
  readonly keys: readonly SigningKey[] | undefined;
  readonly nowWallMs: number;
}

/**
 * A judged signature. `mayPin`: the signature is valid and its key has not expired, so the signed hash may be stored.
 */
interface JudgedSignature {
  readonly signature: Signature;
  readonly mayPin: boolean;
}

/**
 * Judges the registry's signatures over `name@version:integrity`. If a signature is by a known key, signatures by
 * unknown keys are ignored.
 * @returns  the judgement; `null`: there is no signature, and no key is known. A wrong signature by a trusted key is a
 *           `mismatch`, unless the key had expired before the publication
 * @see docs/protocols/npm.md#signatures; npm/pacote lib/registry.js
 */
export function judgeSignature(version: SignedVersion): Result<JudgedSignature | null, ProbeFailure> {
  const { id, signed, keys } = version;
  const { integrity, signatures } = signed;
  const [first] = signatures;
  if (keys === undefined) return ok(first === undefined ? null : signatureIn('no_key', first.keyid));
  if (first === undefined || integrity === null) return ok(signatureIn('unsigned', null));
  const judged = signatures.flatMap(({ keyid, sig }) => {
    const key = keys.find((one) => one.keyid === keyid);
    return key === undefined ? [] : [{ key, sig, state: stateOf(key, version) }];
  });
  const counting = judged.filter(({ state }) => state !== 'expired_key');
  const wrong = counting.find(({ key, sig }) => !isRight(key, sig, `${id}:${integrity}`));
  if (wrong !== undefined) return error(notSigned(wrong.key, integrity));
  const best = counting.find(({ state }) => state === 'valid') ?? judged[0];
  if (best === undefined) return ok(signatureIn('unknown_key', first.keyid));
  const { state, key } = best;
  return ok({ signature: { state, key: key.keyid }, mayPin: state === 'valid' && isInForce(key, version) });
}

function stateOf(key: SigningKey, version: SignedVersion): SignatureState & ('valid' | 'expired_key' | 'undated') {
  const { publishedMs, modifiedMs } = version.signed;
  if (isInForce(key, version)) return 'valid';
  // The packument was last changed at the publication or later. So the time of that change is an upper bound for the
  // time of publication.
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

function signatureIn(state: SignatureState, key: string | null): JudgedSignature {
  return { signature: { state, key }, mayPin: false };
}

function notSigned({ keyid }: SigningKey, got: string): ProbeFailure {
  return mismatchOf({
    algorithm: 'ecdsa',
    want: phrase('answer.signedBy', { whom: keyid }),
    got: got.slice(0, 300),
    by: phrase('answer.registrySignature'),
    side: 'packument',
  });
}
