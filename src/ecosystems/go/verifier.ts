import { createHash } from 'node:crypto';

/** A public key for verifying notes. */
export interface Verifier {
  readonly name: string;
  /** Four bytes, big-endian, as eight hex digits. */
  readonly hashHex: string;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Buffer;
}

/**
 * Parses `<name>+<8 hex digits>+<base64>`; `null` if it is no Ed25519 verifier key or its hash is wrong.
 * @see protocols.md 1.11
 */
export function parseVerifier(text: string): Verifier | null {
  // Only the first two plus signs are separators: base64 contains more. 33 bytes are 44 characters without padding.
  const found = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(text);
  const [, name = '', hashHex = '', encoded = ''] = found ?? [];
  const key = Buffer.from(encoded, 'base64');
  if (found === null || key[0] !== 1) return null;
  const hash = createHash('sha256').update(`${name}\n`).update(key).digest('hex').slice(0, 8);
  return hash === hashHex ? { name, hashHex, publicKey: key.subarray(1) } : null;
}
