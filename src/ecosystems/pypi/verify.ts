import type { WholeBody } from '../../core/body.ts';
import { limits } from '../../core/limits.ts';
import type { Facts, Verdict } from '../../core/transcript.ts';
import { mismatchOf, phrase } from '../../words/tell.ts';
import { wordOfFile } from '../file-word.ts';
import { failedBy, fine, hashOf, seenIn, type Talk } from '../talk.ts';

const algorithm = 'sha256';

/**
 * Judges bytes by the known SHA-256 of the file (`Pins.wants`). If none is known, it uses the hash on the mirror's own
 * page, as clients do. The hash on the page proves only that the mirror is consistent, so the bytes are only compared
 * between mirrors. If the mirror is the public index itself, its page is an authority and also verifies the bytes.
 * @param pins    `null`: no hash of this file is known
 * @param known   facts to return with the verdict
 */
export function* verify(body: WholeBody, name: string, pins: Pins | null, stated: Stated, known: Facts): Talk<Verdict> {
  const hex = (yield* hashOf(body, algorithm)).toString('hex');
  const digest = `sha256:${hex}`;
  const { hash, word } = pins?.wants(name, hex, stated) ?? { hash: null, word: {} };
  const want = hash ?? (stated.sha256 === null ? null : `sha256:${stated.sha256}`);
  const facts = { ...known, ...seenIn(body.read(0, limits.bytesShown), body.bytes), ...word };
  const compared = { algorithm, digest, of: name };
  if (want !== null && want !== digest) {
    const by = hash === null ? phrase('answer.ownPage') : phrase('answer.publicIndex');
    return failedBy(mismatchOf({ algorithm, want, got: digest, by }), { ...facts, ...comparedByFile(word, compared) });
  }
  if (hash !== null)
    return fine({ ...facts, ...comparedByFile(word, compared), verified: { algorithm, digest, against: 'pinned' } });
  const isVerified = want !== null && stated.isAuthority;
  return fine({ ...facts, compared, ...(isVerified && { verified: { algorithm, digest, against: 'index' } }) });
}

/** What a lock file says about bytes, with their hash to compare mirrors by if only the lock file decides. */
export function comparedByFile(word: Pick<Facts, 'file'>, compared: NonNullable<Facts['compared']>): Facts {
  return word.file === undefined || word.file.says === 'overruled' ? word : { ...word, compared };
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
   * Returns the expected hash of a file as `sha256:<hex>`; `null`: none is known. The hash that the public index stated
   * takes precedence over that of a lock file. If several hashes are acceptable and `hex` is none of them, it returns a
   * description of them. `word`: what the lock file says.
   * @param hex  the hash computed from the file, or stated on the page
   * @param page  what the mirror's page states. If it is the public index itself, a lock file cannot refute `hex`. If it
   *   states another hash than `hex`, the mirror is wrong, whatever a lock file says
   */
  wants(file: string, hex: string, page: Stated): { readonly hash: string | null; readonly word: Pick<Facts, 'file'> };
  /**
   * True if the hash of this file is known.
   * @param hex  the hash on the page; `null`: none
   */
  knows(file: string, hex: string | null): boolean;
}

type Hashes = Readonly<Record<string, string>>;

/**
 * Returns the known hashes of a version. The hashes are keyed by `module@version/<file>`; those of lock files also by
 * `module@version/sha256:<hex>` if any file may have the hash.
 */
export function pinsOf(
  { pinned, locked = {} }: { readonly pinned: Hashes; readonly locked?: Hashes },
  module: string,
  version: string,
): Pins {
  const at = `${module}@${version}/`;
  const byName = (hashes: Hashes, file: string): string | null =>
    Object.hasOwn(hashes, at + file) ? (hashes[at + file] ?? null) : null;
  const anyOf = `${at}sha256:`;
  const any = new Set(Object.keys(locked).flatMap((key) => (key.startsWith(anyOf) ? [key.slice(at.length)] : [])));
  const lockOf = (file: string, is: string): string | null => {
    const one = byName(locked, file);
    if (one !== null || any.size === 0) return one;
    if (any.has(is)) return is;
    const [only] = any;
    return any.size === 1 && only !== undefined ? only : 'one of the hashes of the lock file';
  };
  return {
    wants(file, hex, { sha256, isAuthority }) {
      const is = `sha256:${hex}`;
      const hash = byName(pinned, file);
      const proven = hash ?? (isAuthority ? is : null);
      const lock = lockOf(file, proven ?? is);
      if (lock === null || lock === proven || (proven === null && (sha256 ?? hex) !== hex)) return { hash, word: {} };
      const word = wordOfFile(lock, { isOverruled: proven !== null, isRight: lock === is });
      return { hash: proven === null ? lock : hash, word };
    },
    knows: (file, hex) =>
      byName(pinned, file) !== null || byName(locked, file) !== null || (hex !== null && any.has(`sha256:${hex}`)),
  };
}
