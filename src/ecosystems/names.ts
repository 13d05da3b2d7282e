import type { z } from 'zod';
import type { Result, Sentence } from '../core/result.ts';

export interface Named {
  readonly module: string;
  /** The version in the entry of `modules`; `null`: the entry names none, or the ecosystem has no versions. */
  readonly version: string | null;
  readonly upstream?: string;
  /**
   * What the responses must contain, as plain data; absent: nothing is required. It is stored as `ModuleRef.expect`.
   */
  readonly expect?: unknown;
}

/** Resolves the file names in an entry of `modules`. */
export interface EntryFiles {
  /**
   * Returns the absolute path of an OpenPGP keyring. A missing or invalid file is reported as an issue of the
   * configuration.
   * @param keys  where the entry names the file: the configuration keys from the entry down to the file name
   * @param name  the file as the entry names it
   */
  keyring(keys: readonly string[], name: string): string;
}

/** How an ecosystem's modules and private names are written. */
export interface Names {
  readonly describes: string;
  /** The texts for an entry of `modules` that is a string. */
  readonly entry: { readonly describes: string; readonly expected: Sentence };
  parse(text: string): Result<Named, Sentence>;
  /**
   * The schema and the reader for entries of `modules` that are mappings. They do not apply to entries that name a lock
   * file. Absent: the ecosystem has no such entries.
   */
  readonly form?: {
    readonly schema: z.ZodType;
    read(value: unknown, files: EntryFiles): Named;
  };
  /**
   * Parses a module as written on the command line. Unlike `parse`, it accepts any text. The version is `null` if the
   * text has none.
   */
  byHand(text: string): { readonly module: string; readonly version: string | null };
  /** The version to probe if an entry names none, such as `latest`; `null`: the ecosystem has no such version. */
  readonly newest: string | null;
  /** True for a configured version whose content must not change. */
  isFixed(version: string | null): boolean;
  /** An entry with a public module, which can be probed without a configuration; `null`: none is known. */
  readonly example: string | null;
  /**
   * The patterns of the configuration key `private.<id>`; `null`: the ecosystem has no private names, and no such key.
   */
  readonly private: {
    readonly describes: string;
    readonly expected: Sentence;
    /** The name of the list in messages, such as `a list of globs`. */
    readonly list: Sentence;
    isPattern(text: string): boolean;
    matches(patterns: readonly string[], module: string): boolean;
  } | null;
}

export function isPrivate(names: Names, patterns: readonly string[], module: string): boolean {
  return names.private?.matches(patterns, module) ?? false;
}
