import type { Key, Language, Say, Values } from '../../words/say.ts';
import { piecesOf, wordsOf } from '../../words/words.ts';
import { type Html, html, type Part } from './html.ts';

/** Says the catalogue's texts on a page, in the language of who asked. */
export interface PageSay extends Say {
  readonly language: Language;
  /** The same where what is filled in holds markup: `say.html('walk.hop', { hop: html`<b>1</b>` })`. */
  readonly html: <K extends Key>(key: K, ...values: Values<K, Part>) => Html;
}

/** The catalogue for pages in one language. */
export function pageSay(language: Language): PageSay {
  return Object.assign(wordsOf(language), {
    language,
    html: <K extends Key>(key: K, ...values: Values<K, Part>): Html => {
      return html`${piecesOf<K, Part>(language, key, ...values)}`;
    },
  });
}
