/**
 * A sentence by its key in the catalogue and what is filled in, so that it can be said again in another language. What is
 * filled in may be said itself, or a list of such, which is said as one. As large as its text, about.
 */
export interface Sentence {
  readonly key: string;
  readonly values: Readonly<Record<string, Filled>>;
}

export type Filled = string | number | Sentence | readonly Filled[];

/** A sentence in English, and how it is said in any language; `null`: in English alone. */
export interface Told {
  readonly text: string;
  readonly sentence: Sentence | null;
}
