export type Result<T, E> = { readonly tag: 'ok'; readonly value: T } | { readonly tag: 'error'; readonly error: E };

export function ok<T>(value: T): { readonly tag: 'ok'; readonly value: T } {
  return { tag: 'ok', value };
}

export function error<E>(what: E): { readonly tag: 'error'; readonly error: E } {
  return { tag: 'error', error: what };
}

/**
 * A text that can be rendered in any language: its key in the catalogue, and values. A value may be a number, a text,
 * or a list of values.
 */
export interface Sentence {
  readonly key: string;
  readonly values: Readonly<Record<string, Filled>>;
}

export type Filled = string | number | Sentence | readonly Filled[];

/**
 * A text in English. `sentence`: the text as a key and values, to render it in any language; `null`: only English
 * exists.
 */
export interface Message {
  readonly text: string;
  readonly sentence: Sentence | null;
}
