import type { Language, Say } from '../../words/say.ts';

/** What colour it has: something is wrong, gravely or less so; something is to be done; it is well again; none of these. */
export const tones = ['bad', 'warn', 'act', 'good', 'info'] as const;
export type Tone = (typeof tones)[number];

/** One event in a card. Texts are plain: each chat service adds markup and escaping. */
export interface Section {
  readonly tone: Tone;
  readonly title: string;
  readonly rows: readonly { readonly label: string; readonly text: string }[];
  /** To be copied as it is; `null`: nothing is. */
  readonly code: { readonly label: string; readonly text: string } | null;
  readonly ref: string;
}

/** Who is told, and how. */
export interface Reader {
  readonly language: Language;
  readonly timeZone: string;
  readonly vantage: string;
  /** Where the page is, without a slash behind; `null`: nowhere that this reader could follow. */
  readonly page: string | null;
}

/** What a section is written with. */
export interface Pen {
  readonly say: Say;
  readonly reader: Reader;
}
