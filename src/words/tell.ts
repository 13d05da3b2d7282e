import { FormatError } from 'intl-messageformat';
import type { ProbeFailure } from '../core/failure.ts';
import type { Filled, Message, Sentence } from '../core/result.ts';
import { english, isKey, type Key, type Language, type Say, sayNamed, type Values, wordsOf } from './words.ts';

/** Makes a sentence: the key of a text in the catalogue, and its values. It can be rendered later in any language. */
export function phrase<K extends Key>(key: K, ...[values]: Values<K, Filled>): Sentence {
  return { key, values: values ?? {} };
}

/** Makes a sentence (the key of a text in the catalogue, and its values), together with its text in English. */
export function messageFor<K extends Key>(
  key: K,
  ...values: Values<K, Filled>
): Message & { readonly sentence: Sentence } {
  return messageOf(phrase(key, ...values));
}

/** Returns a sentence together with its text in English. */
export function messageOf(one: Sentence): Message & { readonly sentence: Sentence } {
  return { text: saySentence(one, english), sentence: one };
}

/**
 * Renders a stored sentence in a language. If this release does not know the sentence, its stored English text is
 * returned.
 */
export function renderIn(language: Language, messageFor: Stored): string {
  return renderBy(wordsOf(language), messageFor);
}

function renderBy(say: Say, { text, sentence: stored }: Stored): string {
  if (typeof stored !== 'object' || stored === null || !isKnown(stored)) return text;
  try {
    return saySentence(stored, say);
  } catch (cause) {
    // Another release stored the sentence, and its text had other placeholders than the text of this release.
    if (cause instanceof FormatError) return text;
    throw cause;
  }
}

/**
 * Renders a stored sentence that has no English text. If this release does not know the sentence, its key is returned.
 */
export function showStored(sentence: Sentence, say: Say): string {
  return renderBy(say, { text: sentence.key, sentence });
}

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

/** Renders a sentence of this release in a language; a string is unchanged. */
export function saySentence(sentence: Sentence | string, say: Say): string {
  if (typeof sentence === 'string') return sentence;
  const { key, values } = sentence;
  // A count stays a number, because plurals depend on it.
  const filled = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'number' ? value : valueText(say, value),
  ]);
  // Sentences of this release have keys of the catalogue. For any other key, `say` throws.
  return (say as unknown as (key: Key, values: object) => string)(key as Key, Object.fromEntries(filled));
}

function valueText(say: Say, value: Filled): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  // The full stop of a sentence within a sentence is removed.
  if (!isList(value)) return saySentence(value, say).replace(/[.。]$/, '');
  const all = value.map((one) => valueText(say, one));
  const last = all.pop() ?? '';
  return all.length === 0 ? last : say('list.last', { all: all.join(say('list.comma')), last });
}

function isList(value: Sentence | readonly Filled[]): value is readonly Filled[] {
  return Array.isArray(value);
}

type Unexpected = Extract<ProbeFailure, { readonly expected: string }>;
type Mismatch = Extract<ProbeFailure, { readonly kind: 'mismatch' }>;

/** Creates the failure for a response whose content is not as expected. */
export function failureOf(kind: Unexpected['kind'], expected: Sentence): Unexpected {
  return { kind, expected: saySentence(expected, english), sentences: { expected } };
}

/**
 * Creates the failure for bytes that differ from what an authority states. If a field is a sentence, its English text
 * is stored too.
 */
export function mismatchOf(
  fields: {
    readonly [Field in keyof Omit<Mismatch, 'kind' | 'sentences'>]: Mismatch[Field] | Sentence;
  },
): Mismatch {
  const nested = Object.entries(fields).filter(([, value]) => typeof value === 'object');
  const texts = nested.map(([name, value]) => [name, saySentence(value, english)]);
  const sentences = nested.length === 0 ? {} : { sentences: Object.fromEntries(nested) as Mismatch['sentences'] };
  return { kind: 'mismatch', ...fields, ...Object.fromEntries(texts), ...sentences };
}

/** Creates the failure for a response that breaks the format of its protocol. */
export function malformed<K extends Key>(key: K, ...values: Values<K, Filled>): Unexpected {
  return failureOf('malformed', phrase(key, ...values));
}

/** Creates the failure for a response that is something else than the requested content, such as a web page. */
export function wrongContent<K extends Key>(key: K, ...values: Values<K, Filled>): Unexpected {
  return failureOf('wrong_content', phrase(key, ...values));
}

/**
 * Returns the fields of a probe's failure that are not `null`, each as a text with the name and the value.
 * @param duration  formats milliseconds
 */
export function sentenceFieldsOf(
  say: Say,
  failure: ProbeFailure,
  duration: (ms: number) => string,
): readonly { readonly field: string; readonly text: string }[] {
  const { sentences = {}, ...fields } = failure as ProbeFailure & Pick<Unexpected, 'sentences'>;
  return Object.entries(fields).flatMap(([field, value]) => {
    if (value === null) return [];
    const name = field.replace(/Ms$/, '');
    const text = name === field ? fieldText(say, field, String(value), sentences[field]) : duration(Number(value));
    return [{ field, text: `${sayNamed(say, `failure.${name}`) ?? name} ${text}` }];
  });
}

function fieldText(say: Say, field: string, text: string, sentence: Sentence | undefined): string {
  return (field === 'phase' ? sayNamed(say, `phase.${text}`) : null) ?? renderBy(say, { text, sentence });
}
