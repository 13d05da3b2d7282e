import type { WholeBody } from '../../core/body.ts';
import { limits } from '../../core/limits.ts';
import type { Facts, Verdict } from '../../core/transcript.ts';
import { mismatchOf, phrase } from '../../words/tell.ts';
import { failedBy, fine, hashOf, seenIn, type Talk } from '../talk.ts';

const algorithm = 'sha256';

/**
 * Judges bytes by their sha256 from a lock file or the public index (`pinned`) if known, else from the mirror's own
 * page (`index`), as clients do: such a page vouches for itself, so the bytes are also compared with other mirrors.
 * @param name   of the file
 * @param wants  the hash that an authority expects for bytes with such a hash, as `Pins.wants`
 * @param told   the hash on the page, in hex; `null`: none
 */
export function* verify(
  body: WholeBody,
  name: string,
  wants: (hex: string) => string | null,
  told: string | null,
  known: Facts,
): Talk<Verdict> {
  const hex = (yield* hashOf(body, algorithm)).toString('hex');
  const digest = `sha256:${hex}`;
  const pinned = wants(hex);
  const against = pinned === null ? 'index' : 'pinned';
  const want = pinned ?? (told === null ? null : `sha256:${told}`);
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
  const facts = pinned === null ? { ...seen, compared: { algorithm, digest, of: name } } : seen;
  return fine(want === null ? facts : { ...facts, verified: { algorithm, digest, against } });
}

/** The known hashes of one version: `module@version/<file>` for one file, `…/sha256:<hex>` for any file. */
export interface Pins {
  /**
   * The expected hash of a file as `sha256:<hex>`, or a description if several are valid and this one is not; `null`:
   * unknown.
   * @param hex  the computed hash, or the page's
   */
  wants(file: string, hex: string): string | null;
  /** True if a hash of this file is known. */
  knows(file: string, hex: string | null): boolean;
}

/** Collects the known hashes of a module's version. */
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
