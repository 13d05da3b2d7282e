import type { z } from 'zod';
import type { Result, Sentence } from '../core/result.ts';

/** A module as written in an entry of the file or on the command line. */
export interface Named {
  readonly module: string;
  /** `null` where the ecosystem has no versions, or none was written. */
  readonly version: string | null;
  /** Only where the entry names it; absent: the public upstream, by the rules of private names. */
  readonly upstream?: string;
  /** What is expected of its responses: plain data, kept as `ModuleRef.expect`. */
  readonly expect?: unknown;
}

/** Files of the operator that an entry may name besides its module. */
export interface EntryFiles {
  /**
   * The absolute path of an OpenPGP keyring; mistakes are reported.
   * @param keys  its position in the entry
   */
  keyring(keys: readonly string[], name: string): string;
}

/** How an ecosystem's modules and private names are written. */
export interface Names {
  /** Description of the list `modules.<id>`. */
  readonly describes: string;
  /** Description of one entry as text, and what is expected of one: `module@version`. */
  readonly entry: { readonly describes: string; readonly expected: Sentence };
  /** Parses an entry that is a text; the error says what was expected. */
  parse(text: string): Result<Named, Sentence>;
  /** Entries that are mappings of their own (not lock files); absent: none. */
  readonly form?: {
    readonly schema: z.ZodType;
    /** Reads an entry that the schema accepted. */
    read(value: unknown, files: EntryFiles): Named;
  };
  /**
   * Parses a module of the command line, leniently: it may be one that no entry may have. `version` is `null` where none
   * was written.
   */
  byHand(text: string): { readonly module: string; readonly version: string | null };
  /** The default version: `latest`; `null`: none. */
  readonly newest: string | null;
  /** True for a version whose bytes never change: its first module is the canary. */
  isFixed(version: string | null): boolean;
  /** A public module that can be probed without a configuration; `null`: none is known. */
  readonly example: string | null;
  /** The patterns of `private.<id>`; `null`: the ecosystem has no private names, and no such key. */
  readonly private: {
    readonly describes: string;
    /** What one pattern is. */
    readonly expected: Sentence;
    /** What the list is: `a list of globs`. */
    readonly list: Sentence;
    isPattern(text: string): boolean;
    matches(patterns: readonly string[], module: string): boolean;
  } | null;
}

/** Whether a module matches a private pattern: then it is never requested from mirrors of the public upstream. */
export function isPrivate(names: Names, patterns: readonly string[], module: string): boolean {
  return names.private?.matches(patterns, module) ?? false;
}
