import { createPublicKey, type KeyObject } from 'node:crypto';
import { utf8 } from '../../core/body.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import { parseJson } from '../parse-json.ts';

/** A registry's public signing key: plain data, which can cross to threads. */
export interface SigningKey {
  /** The registry's label of the key, not a digest of it. @see protocols.md 2.3 */
  readonly keyid: string;
  /** SubjectPublicKeyInfo in base64. */
  readonly key: string;
  /** Expiry, wall milliseconds: it signs nothing after it; `null`: in force. */
  readonly expiresMs: number | null;
}

/** The only kind of key that registries use. @see protocols.md 2.3 */
const keyType = 'ecdsa-sha2-nistp256';

/** The expected form of a list of keys. */
const signingKeysExpected = phrase('expected.npmKeys', { type: keyType });

/**
 * Reads a list of keys in the form of `/-/npm/v1/keys`. Keys of other types are skipped. An invalid P-256 key or an
 * invalid `expires` invalidates the list: a key that seems never to expire is worse than none.
 */
export function readSigningKeys(body: Uint8Array): Result<readonly SigningKey[], Sentence> {
  const list = listIn(utf8(body) ?? '');
  if (list === null || list.length > limits.signingKeys) return error(signingKeysExpected);
  const known = list.filter((one) => one?.['keytype'] === keyType).map(readKey);
  const keys = known.filter((one) => one !== null);
  if (keys.length === 0 || keys.length < known.length) return error(signingKeysExpected);
  return new Set(keys.map(({ keyid }) => keyid)).size < keys.length ? error(signingKeysExpected) : ok(keys);
}

type Entry = Readonly<Record<string, unknown>> | null;

function listIn(text: string): readonly Entry[] | null {
  const read = parseJson(text, signingKeysExpected);
  const fields = read.tag === 'ok' ? (read.value as Entry) : null;
  const keys = fields !== null && typeof fields === 'object' && Object.hasOwn(fields, 'keys') ? fields['keys'] : null;
  return Array.isArray(keys) ? keys.map((one) => (typeof one === 'object' ? (one as Entry) : null)) : null;
}

function readKey(entry: Entry): SigningKey | null {
  const { keyid, key, expires = null } = entry ?? {};
  if (typeof keyid !== 'string' || typeof key !== 'string') return null;
  if (!isKeyName(keyid)) return null;
  const expiresMs = expires === null ? null : typeof expires === 'string' ? Date.parse(expires) : Number.NaN;
  return Number.isNaN(expiresMs) || publicKeyOf({ key }) === null ? null : { keyid, key, expiresMs };
}

/** True for a label that a key may have: printable, and short enough to be shown. */
export function isKeyName(keyid: string): boolean {
  return /^[\x21-\x7e]+$/.test(keyid) && keyid.length <= limits.keyNameChars;
}

/** The key; `null` if the text is no P-256 key. */
export function publicKeyOf({ key }: Pick<SigningKey, 'key'>): KeyObject | null {
  if (key.length > 500) return null;
  try {
    const read = createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' });
    return read.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? read : null;
  } catch {
    return null;
  }
}
