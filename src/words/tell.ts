import { FormatError } from 'intl-messageformat';
import type { Filled, Sentence, Told } from '../core/sentence.ts';
import type { Key, Language, Say, Values } from './say.ts';
import { english, isKey, wordsOf } from './words.ts';

/** A text of the catalogue with what is filled in, to be said later in any language. */
export function phrase<K extends Key>(key: K, ...[values]: Values<K, Filled>): Sentence {
  return { key, values: values ?? {} };
}

/** The same with its text in English. */
export function told<K extends Key>(key: K, ...values: Values<K, Filled>): Told & { readonly sentence: Sentence } {
  return toldOf(phrase(key, ...values));
}

/** A sentence with its text in English. */
export function toldOf(one: Sentence): Told & { readonly sentence: Sentence } {
  return { text: saySentence(one, english), sentence: one };
}

/**
 * A sentence in a language. What was stored by another version, or before there were languages, is told as its English text:
 * nothing of it is relied on.
 */
export function tellIn(language: Language, told: Stored): string {
  return tellBy(wordsOf(language), told);
}

/** The same by the words of a language. */
export function tellBy(say: Say, { text, sentence: stored }: Stored): string {
  if (typeof stored !== 'object' || stored === null || !isKnown(stored)) return text;
  try {
    return saySentence(stored, say);
  } catch (cause) {
    // A release before or after this one fills in less.
    if (cause instanceof FormatError) return text;
    throw cause;
  }
}

/** A sentence as it was stored, with its English text. */
interface Stored {
  readonly text: string;
  readonly sentence?: Sentence | string | null | undefined;
}

function isKnown(value: Filled): boolean {
  if (typeof value === 'string' || typeof value === 'number') return true;
  if (Array.isArray(value)) return value.every(isKnown);
  const { key, values } = (value ?? {}) as Partial<Sentence>;
  if (typeof key !== 'string' || !isKey(key) || typeof values !== 'object' || values === null) return false;
  return Object.values(values).every(isKnown);
}

/** A sentence of this release as a person reads it; what is a text already, in English alone, stays. */
export function saySentence(sentence: Sentence | string, say: Say): string {
  if (typeof sentence === 'string') return sentence;
  const { key, values } = sentence;
  // A count stays a number: the wording may depend on it.
  const filled = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'number' ? value : valueText(say, value),
  ]);
  // The key is one of the catalogue: `phrase` takes no other, and `isKnown` lets no other through.
  return (say as unknown as (key: Key, values: object) => string)(key as Key, Object.fromEntries(filled));
}

function valueText(say: Say, value: Filled): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  // A sentence within a sentence has no full stop of its own.
  if (!isList(value)) return saySentence(value, say).replace(/[.。]$/, '');
  const all = value.map((one) => valueText(say, one));
  const last = all.pop() ?? '';
  return all.length === 0 ? last : say('list.last', { all: all.join(say('list.comma')), last });
}

function isList(value: Sentence | readonly Filled[]): value is readonly Filled[] {
  return Array.isArray(value);
}
