import type { Mirror } from '../core/mirror.ts';
import type { Result, Sentence } from '../core/result.ts';

/**
 * Why an entry of a lock file is skipped. `replaced`: its source is another module or folder; `private`: a pattern of
 * `private` matches; `foreign`: its recorded source is neither the upstream nor a configured mirror of it; `malformed`: no
 * valid name or version, or an invalid line.
 */
export type SkipReason = 'replaced' | 'private' | 'foreign' | 'malformed';

/** A skipped entry of a lock file, and the reason. */
export interface SkippedLockEntry {
  /** The file as in the configuration; `file:line` for an invalid line. */
  readonly file: string;
  readonly module: string;
  /** Empty where a malformed line has one word only. */
  readonly version: string;
  readonly because: SkipReason;
}

/** One module that a lock file holds. */
export interface LockEntry {
  readonly module: string;
  readonly version: string;
  /** Why it is skipped; `null`: it may be requested. */
  readonly because: SkipReason | null;
}

/** Invalid lines of a lock file that are not empty. */
export interface MalformedLines {
  readonly count: number;
  /** The first ones by number (from 1), with their first words. */
  readonly first: readonly { readonly line: number; readonly module: string; readonly version: string }[];
}

/** The contents of a lock file. */
export interface Lock {
  /** The modules required most by others come first. */
  readonly entries: readonly LockEntry[];
  /** Hashes of its modules, in the form of `ProbeContext.pinned`. */
  readonly pinned: Readonly<Record<string, string>>;
  /** Invalid lines in the named file, with the expected form. `null`: none. */
  readonly malformed: (MalformedLines & { readonly file: string; readonly expected: Sentence }) | null;
}

/** Adds one to a count. */
export function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/**
 * Entries in the order in which they are taken: direct requirements of the project first, then by the number of packages
 * that require each, then by name.
 * @param needs   that number by module; absent: 0
 * @param direct  the names of direct requirements
 */
export function sortByNeed<Entry extends Pick<LockEntry, 'module'>>(
  entries: readonly Entry[],
  needs: ReadonlyMap<string, number>,
  direct: ReadonlySet<string> = new Set(),
  nameOf = ({ module }: Entry): string => module,
): readonly Entry[] {
  const rankOf = ({ module }: Entry) => Number(direct.has(module));
  const needsOf = ({ module }: Entry) => needs.get(module) ?? 0;
  return entries.toSorted(
    (a, b) =>
      rankOf(b) - rankOf(a) || needsOf(b) - needsOf(a) || (nameOf(a) < nameOf(b) ? -1 : Number(nameOf(a) > nameOf(b))),
  );
}

/** One lock file of the configuration. */
export interface LockFile {
  readonly name: string;
  readonly text: string;
  /** The text of a file beside it, by name; `null` where there is none. */
  beside(name: string): string | null;
  /** Mirrors of the ecosystem: accepted sources of entries. */
  readonly mirrors: readonly Mirror[];
  isPrivate(module: string): boolean;
}

/** Reads a lock file; the error says what was expected. */
export type LockReader = (file: LockFile) => Result<Lock, Sentence>;

/** How an ecosystem's lock files are read. */
export interface Locks {
  /** Description of the key `from`. */
  readonly describes: string;
  /** Description of the key `top`. */
  readonly top: string;
  /** The expected value of `from`: `the path of a go.sum or go.mod`. */
  readonly expected: Sentence;
  isLock(name: string): boolean;
  /** The reader: at once, or after loading its libraries, if a configuration names such a file. */
  reader(): LockReader | Promise<LockReader>;
}
