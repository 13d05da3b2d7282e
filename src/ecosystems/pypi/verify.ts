import type { WholeBody } from '../../core/body.ts';
import { limits } from '../../core/limits.ts';
import type { Facts, Verdict } from '../../core/transcript.ts';
import { mismatchOf, phrase } from '../../words/tell.ts';
import { failedBy, fine, hashOf, seenIn, type Talk } from '../talk.ts';

const algorithm = 'sha256';

/**
 * Judges bytes by the pinned SHA-256. If none is pinned, it uses the hash on the mirror's own page, as clients do. The
 * hash on the page proves only that the mirror is consistent, so the bytes are only compared between mirrors. If the
 * mirror is the public index itself, its page is an authority and also verifies the bytes.
 * @param wants   returns the pinned hash of this file; see `Pins.wants`
 * @param known   facts to return with the verdict
 */
export function* verify(
  body: WholeBody,
  name: string,
  wants: (hex: string) => string | null,
  stated: Stated,
  known: Facts,
): Talk<Verdict> {
  const hex = (yield* hashOf(body, algorithm)).toString('hex');
  const digest = `sha256:${hex}`;
  const pinned = wants(hex);
  const want = pinned ?? (stated.sha256 === null ? null : `sha256:${stated.sha256}`);
  const seen = { ...known, ...seenIn(body.read(0, limits.bytesShown), body.bytes) };
  if (want !== null && want !== digest)
    return failedBy(
      mismatchOf({
        algorithm,
        want,
        got: digest,
        by: pinned === null ? phrase('answer.ownPage') : phrase('answer.publicIndex'),
      }),
      seen,
    );
  if (pinned !== null) return fine({ ...seen, verified: { algorithm, digest, against: 'pinned' } });
  const facts = { ...seen, compared: { algorithm, digest, of: name } };
  const isVerified = want !== null && stated.isAuthority;
  return fine(isVerified ? { ...facts, verified: { algorithm, digest, against: 'index' } } : facts);
}

/** What the mirror's own page states about a file. */
interface Stated {
  /** The hash on the page, in hex; `null`: none. */
  readonly sha256: string | null;
  /** True if the mirror is the public index itself; see `PypiOwn`. */
  readonly isAuthority: boolean;
}

export interface Pins {
  /**
   * Returns the expected hash of a file as `sha256:<hex>`; `null`: none is known. If several hashes are acceptable and
   * `hex` is none of them, it returns a description of them.
   * @param hex  the hash computed from the file, or stated on the page
   */
  wants(file: string, hex: string): string | null;
  /**
   * True if the hash of this file is known.
   * @param hex  the hash on the page; `null`: none
   */
  knows(file: string, hex: string | null): boolean;
}

/**
 * Returns the pinned hashes of a version.
 * @param pinned  keyed by `module@version/<file>`, and by `module@version/sha256:<hex>` if any file may have the hash
 */
export function pinsOf(pinned: Readonly<Record<string, string>>, module: string, version: string): Pins {
  const at = `${module}@${version}/`;
  const byName = (file: string): string | null =>
    Object.hasOwn(pinned, at + file) ? (pinned[at + file] ?? null) : null;
  const anyOf = `${at}sha256:`;
  const locked = new Set(Object.keys(pinned).flatMap((key) => (key.startsWith(anyOf) ? [key.slice(at.length)] : [])));
  return {
    wants(file, hex) {
      const one = byName(file);
      if (one !== null || locked.size === 0) return one;
      const is = `sha256:${hex}`;
      if (locked.has(is)) return is;
      const [only] = locked;
      return locked.size === 1 && only !== undefined ? only : 'one of the hashes of the lock file';
    },
    knows: (file, hex) => byName(file) !== null || (hex !== null && locked.has(`sha256:${hex}`)),
  };
}
