import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Signs a file with a new Ed25519 key whose private half is never written: `FILE.sig` (base64) and `FILE.pub` (PEM).
 * It shows in a dry run that what is signed is whole; a release is signed by its workflow's identity.
 */
export function signWithNewKey(file: string): void {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(`${file}.sig`, `${sign(null, readFileSync(file), privateKey).toString('base64')}\n`);
  writeFileSync(`${file}.pub`, publicKey.export({ type: 'spki', format: 'pem' }));
}

/** Whether `FILE.sig` is a signature of the file by the key in `FILE.pub`. */
export function isSigned(file: string): boolean {
  const signature = Buffer.from(readFileSync(`${file}.sig`, 'utf8'), 'base64');
  return verify(null, readFileSync(file), readFileSync(`${file}.pub`, 'utf8'), signature);
}
