import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Signs a file with a new Ed25519 key, and does not store the private key. It writes `FILE.sig` (base64) and `FILE.pub`
 * (PEM). Only a dry run uses it, to check that the signed file is complete. A real release is signed with the identity
 * of its workflow.
 */
export function signWithNewKey(file: string): void {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(`${file}.sig`, `${sign(null, readFileSync(file), privateKey).toString('base64')}\n`);
  writeFileSync(`${file}.pub`, publicKey.export({ type: 'spki', format: 'pem' }));
}

/** True if `FILE.sig` is a signature of the file by the key in `FILE.pub`. */
export function isSigned(file: string): boolean {
  const signature = Buffer.from(readFileSync(`${file}.sig`, 'utf8'), 'base64');
  return verify(null, readFileSync(file), readFileSync(`${file}.pub`, 'utf8'), signature);
}
