import { en } from './en.ts';
import type { Key, Language, Say } from './say.ts';
import { zh } from './zh.ts';

const catalogues: Readonly<Record<Language, Readonly<Record<Key, string>>>> = { en, zh };

/** Every language, as a person who reads it calls it. */
export const languages: Readonly<Record<Language, string>> = { en: 'English', zh: '中文' };

/** What says the catalogue's texts in one language; values go in as they are, in one pass. */
export function wordsOf(language: Language): Say {
  const texts = catalogues[language];
  return (key, ...[values]) =>
    texts[key].replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
      String((values as Readonly<Record<string, string | number>> | undefined)?.[name] ?? whole),
    );
}

/** A text in pieces: the first and every second after it as it is, those between are names of what is filled in. */
export function piecesOf(language: Language, key: Key): readonly string[] {
  return catalogues[language][key].split(/\{(\w+)\}/);
}

/** What programs are told in, whatever people read. */
export const english: Say = wordsOf('en');

/** The text of a name that comes from outside, in part at least; `null`: the catalogue of this release has none by it. */
export function sayNamed(say: Say, name: string, values: Readonly<Record<string, string>> = {}): string | null {
  if (!Object.hasOwn(en, name)) return null;
  return (say as (name: string, values: Readonly<Record<string, string>>) => string)(name, values);
}
