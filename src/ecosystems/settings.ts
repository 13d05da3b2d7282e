import type { z } from 'zod';
import type { Sentence } from '../core/sentence.ts';

/** An ecosystem's own key of the file, a mapping: `go: { sumdb: … }`. */
export interface SettingsKey<Settings = unknown> {
  readonly describes: string;
  /** Its keys, each with a default or optional: an absent mapping is an empty one. */
  readonly keys: Readonly<Record<string, z.ZodType>>;
  /** Its keys that name files, each optional; absent: none. */
  readonly files?: Readonly<Record<string, FileKey>>;
  /** Interprets the checked keys, with the texts of files in place of their names: never throws. */
  read(file: Readonly<Record<string, unknown>>): Settings;
}

/** A key that names a file, read when the configuration is. */
export interface FileKey {
  readonly describes: string;
  /** What was expected of its text; `null`: it is valid. */
  mistake(text: string): Sentence | null;
}

/** Keys of one entry of `mirrors` for one ecosystem only, each optional; none is a key of every mirror. */
export type MirrorKeys = Readonly<Record<string, z.ZodType>>;
