import { createHash } from 'node:crypto';

const hexLength = { sha256: 64, sha512: 128 } as const;

/** A content digest. `text` includes the algorithm: `sha256:…`. */
export interface Digest {
  readonly algorithm: keyof typeof hexLength;
  readonly text: string;
}

/**
 * Parses `sha256:…` or `sha512:…`; `null` for any other text, also for one with upper-case digits.
 * @see docs/protocols/oci.md#digests
 */
export function parseDigest(text: string): Digest | null {
  const [, algorithm, hex = ''] = /^(sha256|sha512):([0-9a-f]+)$/.exec(text) ?? [];
  if (algorithm !== 'sha256' && algorithm !== 'sha512') return null;
  return hex.length === hexLength[algorithm] ? { algorithm, text } : null;
}

export function digestOf(algorithm: Digest['algorithm'], bytes: Uint8Array): Digest {
  return { algorithm, text: `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` };
}
