import type { Mirror } from '../core/mirror.ts';
import { printable } from '../core/printable.ts';
import type { Result, Sentence } from '../core/result.ts';

/**
 * Why an entry of a lock file is skipped. `replaced`: the project takes the module from another source, such as a
 * folder. `private`: a pattern of `private` matches. `foreign`: the recorded source is neither the public upstream nor
 * one of its configured mirrors. `malformed`: the name, the version or the line is invalid. `unpinned`: no exact
 * version. `unread`: an included file that cannot be read, or must not be read. `unsure`: such a file may name the source of
 * the module.
 */
export type SkipReason = 'replaced' | 'private' | 'foreign' | 'malformed' | 'unpinned' | 'unread' | 'unsure';

export interface SkippedLockEntry {
  /** The file name as configured; for an invalid line, `:` and the line number follow. */
  readonly file: string;
  readonly module: string;
  /** The version in the lock file, or a condition such as `>=1.0`; it may be empty. */
  readonly version: string;
  readonly because: SkipReason;
}

export interface LockEntry {
  readonly module: string;
  readonly version: string;
  /** Why the module is skipped; `null`: it may be requested from mirrors. */
  readonly because: SkipReason | null;
}

/** The invalid lines of a lock file. */
export interface MalformedLines {
  readonly file: string;
  /** What a valid line looks like. */
  readonly expected: Sentence;
  readonly count: number;
  /**
   * The first of the invalid lines; `line` is counted from 1. `module` and `version` contain only the beginning of the
   * line, for display. They are empty for a file that another lock file includes.
   */
  readonly first: readonly { readonly line: number; readonly module: string; readonly version: string }[];
}

export interface Lock {
  /** The entries in the order of `sortByNeed`: direct requirements first. */
  readonly entries: readonly LockEntry[];
  /**
   * The hashes in the lock file. Each ecosystem defines its keys, such as `module@version`. Probes receive them as
   * `ProbeContext.pinned`.
   */
  readonly pinned: Readonly<Record<string, string>>;
  /** The invalid lines of each file. Empty: all lines are valid. */
  readonly malformed: readonly MalformedLines[];
  /** True if the lock file leads to a file that was not read, although it may exist. */
  readonly isIncomplete?: boolean;
}

const malformedMax = 20;
const shownChars = 60;

/** An invalid line of a lock file. `words`: what is shown of it, as a module and a version. */
export interface WrongLine {
  readonly line: number;
  readonly words: readonly string[];
}

/** Returns the invalid lines of one file for `Lock.malformed`. */
export function malformedOf(file: string, expected: Sentence, wrong: readonly WrongLine[]): Lock['malformed'] {
  if (wrong.length === 0) return [];
  const first = wrong.slice(0, malformedMax).map(({ line, words }) => {
    const [module = '', version = ''] = words.map((word) => printable(word, shownChars));
    return { line, module, version };
  });
  return [{ file, expected, count: wrong.length, first }];
}

export function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/**
 * Sorts entries of a lock file: direct requirements first, then those that the largest number of packages
 * requires, then by name.
 * @param needs  the number of packages that require a module, by module; absent: 0
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

export interface LockFile {
  readonly name: string;
  readonly text: string;
  /**
   * Returns the text of another file, such as the package.json next to the lock file; `null`: it cannot be read, or it
   * is outside the folders that a lock file may name. A relative path is resolved like the path `name` of the lock file.
   */
  beside(name: string): string | null;
  /** The mirrors of the ecosystem, of all upstreams: the configured ones, and the known ones of public upstreams. */
  readonly mirrors: readonly Pick<Mirror, 'url' | 'upstream'>[];
  /**
   * The URLs from which clients take a module if the lock file records no source (the key `clients`). Empty: the public
   * upstream.
   */
  readonly sources: readonly string[];
  isPrivate(module: string): boolean;
}

/** Reads a lock file. The error says what was expected. */
export type LockReader = (file: LockFile) => Result<Lock, Sentence>;

export interface Locks {
  /** Description of the configuration key `from`, which names a lock file. */
  readonly describes: string;
  /** Description of the configuration key `top`, which limits the number of modules. */
  readonly top: string;
  readonly expected: Sentence;
  isLock(name: string): boolean;
  /** Loads the parser of lock files. It is called only if a configuration names a lock file. */
  reader(): LockReader | Promise<LockReader>;
}
