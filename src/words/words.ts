import { createRequire } from 'node:module';
import { type MessageFormatElement, parse } from '@formatjs/icu-messageformat-parser';
import { type Formatters, formatToParts, IntlMessageFormat } from 'intl-messageformat';
import type { Counts, Places } from '../../locales/texts.d.ts';

export const languages: Readonly<Record<Language, string>> = { en: 'English', zh: 'Chinese (中文)' };

const load = createRequire(import.meta.url);
/**
 * The catalogues of texts. Each is read at its first use: a probing thread needs English only when a probe fails, and
 * Chinese never.
 */
const catalogues: Partial<Record<Language, Catalogue>> = {};

function catalogueOf(language: Language): Catalogue {
  const known = catalogues[language] ?? catalogue(language, load(`../../locales/${language}.json`));
  catalogues[language] = known;
  return known;
}

interface Catalogue {
  readonly language: Language;
  readonly texts: Readonly<Record<Key, string>>;
  /** The parsed texts. Each is parsed at its first use, because a process uses few texts. */
  readonly read: Map<Key, MessageFormatElement[]>;
  readonly formatters: Formatters;
}

function catalogue(language: Language, texts: Readonly<Record<Key, string>>): Catalogue {
  // Each is created once, because that takes 13 times as long as formatting a number.
  let rules: Intl.PluralRules | undefined;
  let counts: Intl.NumberFormat | undefined;
  const formatters: Formatters = {
    getPluralRules: () => {
      rules ??= new Intl.PluralRules(language);
      return rules;
    },
    getNumberFormat: (locales, style) => {
      if (style !== undefined) return new Intl.NumberFormat(locales, style);
      counts ??= new Intl.NumberFormat(language);
      return counts;
    },
    getDateTimeFormat: (...wanted) => new Intl.DateTimeFormat(...wanted),
  };
  return { language, texts, read: new Map(), formatters };
}

/**
 * Returns the parts of a text: pieces of the catalogue's text, and the given values between them. `IntlMessageFormat`
 * is not used, because its objects would load data of every locale: 6 MB in each thread.
 */
export function piecesOf<K extends Key, Value>(
  language: Language,
  key: K,
  ...[values]: Values<K, Value>
): readonly (string | Value)[] {
  const { texts, read, formatters } = catalogueOf(language);
  const elements = read.get(key) ?? parse(texts[key], { ignoreTag: true });
  read.set(key, elements);
  return formatToParts<Value>(elements, language, formatters, IntlMessageFormat.formats, values).map(
    ({ value }) => value,
  );
}

/**
 * Returns the function that renders texts of the catalogue in one language. Placeholders in inserted values are not
 * replaced.
 */
export function wordsOf(language: Language): Say {
  return (key, ...values) => piecesOf(language, key, ...values).join('');
}

/** Renders English texts. Output for programs is always English. */
export const english: Say = wordsOf('en');

/** True for a key of the catalogue of this release. */
export function isKey(name: string): name is Key {
  return Object.hasOwn(catalogueOf('en').texts, name);
}

/**
 * Returns the text for a key that was built from data of another program; `null`: the catalogue of this release has no
 * such key.
 */
export function sayNamed(say: Say, name: string, values: Readonly<Record<string, string>> = {}): string | null {
  return isKey(name)
    ? (say as unknown as (name: Key, values: Readonly<Record<string, string>>) => string)(name, values)
    : null;
}

export type Key = keyof Places;

export type Language = 'en' | 'zh';

/** The names of the values that texts need. */
export type PlacesOf<K extends Key> = Places[K];

type CountsOf<K> = K extends keyof Counts ? Counts[K] : never;

/** The values for a text's placeholders. They have type `Value`, or are numbers if a plural depends on them. */
export type Values<K extends Key, Value = string | number> = [Places[K]] extends [never]
  ? []
  : [values: Readonly<Record<Exclude<Places[K], CountsOf<K>>, Value> & Record<CountsOf<K>, number>>];

/** Renders a text in one language. */
export type Say = <K extends Key>(key: K, ...values: Values<K>) => string;

/** Formats a fraction, 0 to 1, as a percentage. The result is never rounded up to 100 or down to 0. */
export function percent(share: number, say: Say): string {
  const value = share * 100;
  const shown = value > 99.9 && value < 100 ? 99.9 : value > 0 && value < 0.1 ? 0.1 : Number(value.toFixed(1));
  return say('unit.percent', { value: shown });
}
