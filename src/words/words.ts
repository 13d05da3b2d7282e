import { type Formatters, IntlMessageFormat } from 'intl-messageformat';
import en from '../../locales/en.json' with { type: 'json' };
import zh from '../../locales/zh.json' with { type: 'json' };
import type { Key, Language, Say, Values } from './say.ts';

/** Every language, as a person who reads it calls it. */
export const languages: Readonly<Record<Language, string>> = { en: 'English', zh: '中文' };

const catalogues: Readonly<Record<Language, Catalogue>> = { en: catalogue('en', en), zh: catalogue('zh', zh) };

interface Catalogue {
  readonly texts: Readonly<Record<Key, string>>;
  readonly language: Language;
  readonly options: { readonly ignoreTag: true; readonly formatters: Formatters };
  /** Made when a text is first shown: one process shows few of them. The catalogue bounds their number. */
  readonly formats: Map<Key, IntlMessageFormat>;
}

function catalogue(language: Language, texts: Readonly<Record<Key, string>>): Catalogue {
  const rules = new Intl.PluralRules(language);
  const formatters: Formatters = {
    getPluralRules: () => rules,
    getNumberFormat: (...wanted) => new Intl.NumberFormat(...wanted),
    getDateTimeFormat: (...wanted) => new Intl.DateTimeFormat(...wanted),
  };
  return { texts, language, options: { ignoreTag: true, formatters }, formats: new Map() };
}

function formatOf({ texts, language, options, formats }: Catalogue, key: Key): IntlMessageFormat {
  const kept = formats.get(key);
  if (kept !== undefined) return kept;
  const format = new IntlMessageFormat(texts[key], language, undefined, options);
  formats.set(key, format);
  return format;
}

/** What says the catalogue's texts in one language; values go in as they are, in one pass. */
export function wordsOf(language: Language): Say {
  return (key, ...[values]) => formatOf(catalogues[language], key).format(values) as string;
}

/** A text in pieces, in order: its own words, and the values as they were given. */
export function piecesOf<K extends Key, Value>(
  language: Language,
  key: K,
  ...[values]: Values<K, Value>
): readonly (string | Value)[] {
  return formatOf(catalogues[language], key)
    .formatToParts<Value>(values)
    .map(({ value }) => value);
}

/** What programs are told in, whatever people read. */
export const english: Say = wordsOf('en');

/** True for a key of this release. */
export function isKey(name: string): name is Key {
  return Object.hasOwn(en, name);
}

/** The text of a name that comes from outside, in part at least; `null`: the catalogue of this release has none by it. */
export function sayNamed(say: Say, name: string, values: Readonly<Record<string, string>> = {}): string | null {
  return isKey(name)
    ? (say as unknown as (name: Key, values: Readonly<Record<string, string>>) => string)(name, values)
    : null;
}
