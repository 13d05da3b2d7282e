import type { Language, Say } from '../../words/say.ts';

/** The colour: a problem, grave or not; an action to take; resolved; none of these. */
export const tones = ['bad', 'warn', 'act', 'good', 'info'] as const;
export type Tone = (typeof tones)[number];

/** One event in a card. Texts are plain: each chat service adds markup and escaping. */
export interface Section {
  readonly tone: Tone;
  readonly title: string;
  readonly rows: readonly { readonly label: string; readonly text: string }[];
  /** Text to copy; `null`: none. */
  readonly code: { readonly label: string; readonly text: string } | null;
  readonly ref: string;
}

/** Who is told, and how. */
export interface Reader {
  readonly language: Language;
  readonly timeZone: string;
  readonly vantage: string;
  /** The URL of the page, without a trailing slash; `null`: none that this reader can open. */
  readonly page: string | null;
}

/** What a section is rendered with. */
export interface Pen {
  readonly say: Say;
  readonly reader: Reader;
}
