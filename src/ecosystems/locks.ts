import type { Mirror } from '../core/mirror.ts';
import type { Result, Sentence } from '../core/result.ts';

/**
 * Why an entry of a lock file is skipped. `replaced`: the project replaces the module by another module or a folder.
 * `private`: a pattern of `private` matches. `foreign`: the recorded source is neither the upstream nor a configured mirror
 * of that upstream. `malformed`: the name, the version or the line is invalid.
 */
export type SkipReason = 'replaced' | 'private' | 'foreign' | 'malformed';

/** A skipped entry of a lock file, and the reason. */
export interface SkippedLockEntry {
  /** The path of the file as the configuration has it; followed by `:` and the line number for an invalid line. */
  readonly file: string;
  readonly module: string;
  /** Empty if a malformed line has only one word. */
  readonly version: string;
  readonly because: SkipReason;
}

/** One module that a lock file holds. */
export interface LockEntry {
  readonly module: string;
  readonly version: string;
  /** Why the module is skipped; `null`: it may be requested from mirrors. */
  readonly because: SkipReason | null;
}

/** The lines of a lock file that are neither empty nor valid. */
export interface MalformedLines {
  readonly count: number;
  /** The first invalid lines: each with its number, from 1, and its first two words. */
  readonly first: readonly { readonly line: number; readonly module: string; readonly version: string }[];
}

/** The contents of a lock file. */
export interface Lock {
  /** In the order of `sortByNeed`. */
  readonly entries: readonly LockEntry[];
  /** The recorded hashes of the modules, in the form of `ProbeContext.pinned`. */
  readonly pinned: Readonly<Record<string, string>>;
  /** The invalid lines, the path of the file that has them, and the expected form of a line. `null`: none is invalid. */
  readonly malformed: (MalformedLines & { readonly file: string; readonly expected: Sentence }) | null;
}

/** Adds one to the count of a name; an absent count is 0. */
export function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/**
 * Sorts entries of a lock file by importance: direct requirements of the project first, then those that most packages
 * require, then by name.
 * @param needs   the number of packages that require a module, by module; absent: 0
 * @param direct  the modules that the project requires directly
 * @param nameOf  the name that breaks ties
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
  /** The text of another file, named as this one is; `null` if there is none. */
  beside(name: string): string | null;
  /** The ecosystem's mirrors: an entry whose recorded source is one of them is accepted. */
  readonly mirrors: readonly Mirror[];
  isPrivate(module: string): boolean;
}

/** Parses a lock file; the error says what was expected. */
export type LockReader = (file: LockFile) => Result<Lock, Sentence>;

/** How an ecosystem's lock files are read. */
export interface Locks {
  /** Description of the configuration key `from`, which names a lock file. */
  readonly describes: string;
  /** Description of the configuration key `top`, which limits the number of modules. */
  readonly top: string;
  /** The expected value of `from`: `the path of a go.sum or go.mod`. */
  readonly expected: Sentence;
  /** Whether a file of this name is a lock file of this ecosystem. */
  isLock(name: string): boolean;
  /** The parser of lock files. It is loaded with its libraries only when a configuration names such a file. */
  reader(): LockReader | Promise<LockReader>;
}
