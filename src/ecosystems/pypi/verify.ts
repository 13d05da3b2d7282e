import type { WholeBody } from '../../core/body.ts';
import { limits } from '../../core/limits.ts';
import type { Facts, Verdict } from '../../core/transcript.ts';
import { mismatchOf, phrase } from '../../words/tell.ts';
import { failedBy, fine, hashOf, seenIn, type Talk } from '../talk.ts';

const algorithm = 'sha256';

/**
 * Judges bytes by the SHA-256 from a lock file or the public index, if it is known (`against` is then `pinned`). Else by the
 * SHA-256 on the mirror's own page (`index`), as clients do. That page proves only that the mirror is consistent, so the
 * bytes are then also compared with other mirrors.
 * @param name   the name of the file
 * @param wants  the hash that an authority expects, given the computed one in hex: see `Pins.wants`
 * @param told   the hash on the page, in hex; `null`: none
 * @param known  facts to return with the verdict
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

/**
 * The known hashes of one version. Keys of the pins are `module@version/<file>` for the hash of one file, and
 * `module@version/sha256:<hex>` for a hash that any file of the version may have.
 */
export interface Pins {
  /**
   * The expected hash of a file as `sha256:<hex>`; `null`: none is known. If several are valid and `hex` is none of them, a
   * description of them.
   * @param hex  the hash computed from the file, or stated on the page
   */
  wants(file: string, hex: string): string | null;
  /** True if an authority's hash of this file is known. @param hex  the hash on the page; `null`: none */
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
