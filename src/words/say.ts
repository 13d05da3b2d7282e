import type { en } from './en.ts';

/** A text of the catalogue. */
export type Key = keyof typeof en;

/** Languages that every text is there in. */
export type Language = 'en' | 'zh';

/** Braces with a space in them are a piece of a configuration, and no placeholder. */
type Names<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `${string} ${string}` ? never : Name) | Names<Rest>
  : never;

/** What a text wants filled in, each with one of `Value`; nothing where it has no placeholder. */
export type Values<K extends Key, Value = string | number> = [Names<(typeof en)[K]>] extends [never]
  ? []
  : [values: Readonly<Record<Names<(typeof en)[K]>, Value>>];

/** A text in one language. */
export type Say = <K extends Key>(key: K, ...values: Values<K>) => string;
