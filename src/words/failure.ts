import type { ProbeFailure } from '../core/failure.ts';
import type { Filled, Sentence } from '../core/sentence.ts';
import type { Key, Say, Values } from './say.ts';
import { phrase, saySentence, tellBy } from './tell.ts';
import { english, sayNamed } from './words.ts';

type Unexpected = Extract<ProbeFailure, { readonly expected: string }>;
type Mismatch = Extract<ProbeFailure, { readonly kind: 'mismatch' }>;

/** A response whose content is not what was expected. */
export function failureOf(kind: Unexpected['kind'], expected: Sentence): Unexpected {
  return { kind, expected: saySentence(expected, english), sentences: { expected } };
}

/** Bytes that are not those an authority names; a field that is a sentence is kept in English, and beside it for any language. */
export function mismatchOf(
  fields: {
    readonly [Field in keyof Omit<Mismatch, 'kind' | 'sentences'>]: Mismatch[Field] | Sentence;
  },
): Mismatch {
  const said = Object.entries(fields).filter(([, value]) => typeof value === 'object');
  const texts = said.map(([name, value]) => [name, saySentence(value, english)]);
  const sentences = said.length === 0 ? {} : { sentences: Object.fromEntries(said) as Mismatch['sentences'] };
  return { kind: 'mismatch', ...fields, ...Object.fromEntries(texts), ...sentences };
}

/** A response that breaks the format of its protocol. */
export function malformed<K extends Key>(key: K, ...values: Values<K, Filled>): Unexpected {
  return failureOf('malformed', phrase(key, ...values));
}

/** A response that is something else altogether, such as a web page. */
export function wrongContent<K extends Key>(key: K, ...values: Values<K, Filled>): Unexpected {
  return failureOf('wrong_content', phrase(key, ...values));
}

/**
 * The fields of a failed probe, each with its name and its value as a person reads them; what is `null` is left out.
 * @param duration  how milliseconds are shown
 */
export function fieldsOf(
  say: Say,
  failure: ProbeFailure,
  duration: (ms: number) => string,
): readonly { readonly field: string; readonly text: string }[] {
  const { sentences = {}, ...fields } = failure as ProbeFailure & Pick<Unexpected, 'sentences'>;
  return Object.entries(fields).flatMap(([field, value]) => {
    if (value === null) return [];
    const name = field.replace(/Ms$/, '');
    const text = name === field ? valueText(say, field, String(value), sentences[field]) : duration(Number(value));
    return [{ field, text: `${sayNamed(say, `failure.${name}`) ?? name} ${text}` }];
  });
}

/** A phase or a sentence in words; else as it is. */
function valueText(say: Say, field: string, text: string, sentence: Sentence | undefined): string {
  return (field === 'phase' ? sayNamed(say, `phase.${text}`) : null) ?? tellBy(say, { text, sentence });
}
