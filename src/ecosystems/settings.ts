import type { z } from 'zod';

/** An ecosystem's own key of the file, a mapping: `go: { sumdb: … }`. */
export interface SettingsKey<Settings = unknown> {
  readonly describes: string;
  /** Its keys, each with a default or optional: an absent mapping is an empty one. */
  readonly keys: Readonly<Record<string, z.ZodType>>;
  /** What the keys mean, checked before: never throws. */
  read(file: Readonly<Record<string, unknown>>): Settings;
}

/** Keys of one entry of `mirrors` that an ecosystem alone knows, each optional; no word that any mirror has. */
export type MirrorKeys = Readonly<Record<string, z.ZodType>>;
