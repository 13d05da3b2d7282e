import type { Mirror } from '../core/mirror.ts';
import type { Result } from '../core/result.ts';
import type { Sentence } from '../core/sentence.ts';

/**
 * Why an entry of a lock file is not taken. `replaced`: its source is another module or folder; `private`: a pattern of
 * `private` matches; `foreign`: its recorded source is neither the upstream nor a configured mirror of it; `malformed`: no
 * name or version that a mirror could be asked for, or a line that is none.
 */
export type SkipReason = 'replaced' | 'private' | 'foreign' | 'malformed';

/** A lock file's entry that is not taken, and why. */
export interface SkippedLockEntry {
  /** The file as the configuration names it; `file:line` for a line that is none of a lock file. */
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
  /** `null`: it may be asked for. */
  readonly because: SkipReason | null;
}

/** Lines of a lock file that are neither empty nor of its form. */
export interface MalformedLines {
  readonly count: number;
  /** The first ones by number (from 1), with their first words. */
  readonly first: readonly { readonly line: number; readonly module: string; readonly version: string }[];
}

/** What a lock file came to. */
export interface Lock {
  /** Those most required by others first. */
  readonly entries: readonly LockEntry[];
  /** Hashes of its modules, keyed and written as `ProbeContext.pinned` is. */
  readonly pinned: Readonly<Record<string, string>>;
  /** Lines that could not be read, in the file named; what a line should have been. `null`: none. */
  readonly malformed: (MalformedLines & { readonly file: string; readonly expected: Sentence }) | null;
}

/** One lock file as the configuration names it. */
export interface LockFile {
  readonly name: string;
  readonly text: string;
  /** The text of a file beside it, by name; `null` where there is none. */
  beside(name: string): string | null;
  /** Mirrors of the ecosystem: where entries may come from. */
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
  /** What `from` names: `the path of a go.sum or go.mod`. */
  readonly expected: Sentence;
  isLock(name: string): boolean;
  /** The reader: at once, or once the libraries that it needs are loaded, where a configuration names such a file. */
  reader(): LockReader | Promise<LockReader>;
}
