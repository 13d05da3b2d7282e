import { type IntegrityMap, parse } from 'ssri';
import type { WholeBody } from '../../core/body.ts';
import { hashOf, type Talk } from '../talk.ts';

/**
 * The algorithms that npm accepts, strongest first, with the length of a base64 digest.
 * @see docs/protocols/npm.md#the-dist-object
 */
const lengths = { sha512: 88, sha384: 64, sha256: 44, sha1: 28 } as const;
type Algorithm = keyof typeof lengths;
const algorithms = Object.keys(lengths) as readonly Algorithm[];
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** An expected hash. A file must have one of `digests`, each written as `algorithm-base64`. */
export interface Integrity {
  readonly algorithm: Algorithm;
  readonly digests: readonly string[];
}

/**
 * Reads the hashes in an SRI text (Subresource Integrity), the strongest algorithm first. It skips unknown algorithms
 * and digests of a wrong length, because a typing error in a lock file must not count against a mirror.
 * @see W3C SRI section 3.5
 */
export function readIntegrity(text: string): readonly Integrity[] {
  // ssri returns `null` for a text without hashes, contrary to its types.
  const read: IntegrityMap | null = parse(text.slice(0, 10_000));
  return algorithms.flatMap((algorithm) => {
    const digests = (read?.[algorithm] ?? []).flatMap(({ digest }) =>
      digest.length === lengths[algorithm] && base64.test(digest) ? [`${algorithm}-${digest}`] : [],
    );
    return digests.length === 0 ? [] : [{ algorithm, digests }];
  });
}

/** Converts a SHA-1 in hex to an `Integrity`; `null`: the text is no SHA-1. */
export function readShasum(hex: string): Integrity | null {
  if (!/^[0-9a-f]{40}$/i.test(hex)) return null;
  return { algorithm: 'sha1', digests: [`sha1-${Buffer.from(hex, 'hex').toString('base64')}`] };
}

/** Computes the hash of a body in the SRI format (Subresource Integrity), such as `sha512-<base64>`. */
export function* integrityOfWhole(body: WholeBody, algorithm: Algorithm): Talk<string> {
  return `${algorithm}-${(yield* hashOf(body, algorithm)).toString('base64')}`;
}

/** Returns the strongest hash in a pinned SRI text; `undefined`: none. */
export function parsePinnedIntegrity(text: string | undefined): Integrity | undefined {
  return text === undefined ? undefined : readIntegrity(text)[0];
}
