import type { Counts, Places } from '../../locales/texts.d.ts';

/** A text of the catalogue. */
export type Key = keyof Places;

/** Languages that every text is there in. */
export type Language = 'en' | 'zh';

type CountsOf<K> = K extends keyof Counts ? Counts[K] : never;

/** What a text wants filled in, each with one of `Value`, a number where its wording depends on it; nothing where it has no place. */
export type Values<K extends Key, Value = string | number> = [Places[K]] extends [never]
  ? []
  : [values: Readonly<Record<Exclude<Places[K], CountsOf<K>>, Value> & Record<CountsOf<K>, number>>];

/** A text in one language. */
export type Say = <K extends Key>(key: K, ...values: Values<K>) => string;
