import { hash } from 'node:crypto';

/** A hash of bytes as npm writes it. */
export function integrityOf(bytes: Uint8Array, algorithm: string): string {
  return `${algorithm}-${hash(algorithm, bytes, 'base64')}`;
}
