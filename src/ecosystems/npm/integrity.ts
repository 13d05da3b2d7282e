import { createHash } from 'node:crypto';
import { type IntegrityMap, parse } from 'ssri';
import type { WholeBody } from '../../core/whole-body.ts';
import type { Talk } from '../talk.ts';
import { hashOf } from '../whole.ts';

/** The algorithms that npm takes, the strongest first, and the base64 length of their digests. @see protocols.md 2.2 */
const lengths = { sha512: 88, sha384: 64, sha256: 44, sha1: 28 } as const;
type Algorithm = keyof typeof lengths;
const algorithms = Object.keys(lengths) as readonly Algorithm[];
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** What bytes should hash to: any one of `digests`, each as `algorithm-base64`, all of one algorithm. */
export interface Integrity {
  readonly algorithm: Algorithm;
  readonly digests: readonly string[];
}

/**
 * Every hash in an SRI text, by algorithm, the strongest first; what is none of ours is left out, and so is a digest that
 * no bytes have, which ssri takes: a mirror would be guilty of what a typist did.
 * @see W3C SRI section 3.5
 */
export function readIntegrity(text: string): readonly Integrity[] {
  // Without any hash it is `null`, whatever its types say.
  const read: IntegrityMap | null = parse(text.slice(0, 10_000));
  return algorithms.flatMap((algorithm) => {
    const digests = (read?.[algorithm] ?? []).flatMap(({ digest }) =>
      digest.length === lengths[algorithm] && base64.test(digest) ? [`${algorithm}-${digest}`] : [],
    );
    return digests.length === 0 ? [] : [{ algorithm, digests }];
  });
}

/** A packument's hex SHA-1 as a hash like the others; `null` where it is none. */
export function readShasum(hex: string): Integrity | null {
  if (!/^[0-9a-f]{40}$/i.test(hex)) return null;
  return { algorithm: 'sha1', digests: [`sha1-${Buffer.from(hex, 'hex').toString('base64')}`] };
}

/** The hash of bytes as SRI writes it. */
export function integrityOf(body: Uint8Array, algorithm: Algorithm): string {
  return written(algorithm, createHash(algorithm).update(body).digest());
}

/** The same of a body that may be long. */
export function* integrityOfWhole(body: WholeBody, algorithm: Algorithm): Talk<string> {
  return written(algorithm, yield* hashOf(body, algorithm));
}

function written(algorithm: Algorithm, digest: Buffer): string {
  return `${algorithm}-${digest.toString('base64')}`;
}

/** The strongest hash of a pinned text; `undefined` where nothing is pinned, or nothing that can be held against bytes. */
export function pinnedIntegrity(text: string | undefined): Integrity | undefined {
  return text === undefined ? undefined : readIntegrity(text)[0];
}
