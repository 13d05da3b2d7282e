import type { ProbeFailure } from '../core/failure.ts';
import type { Sentence } from '../core/sentence.ts';
import type { Say } from './say.ts';
import { toldOf } from './tell.ts';
import { sayTold } from './told.ts';
import { sayNamed } from './words.ts';

/** What stages tell in such a field is no longer; what a mirror said may be. */
const toldChars = 300;

type Unexpected = Extract<ProbeFailure, { readonly expected: string }>;

/** A response whose content is not what was expected: in English, and as a sentence for any language. */
export function failureOf(kind: Unexpected['kind'], expected: Sentence): Unexpected {
  const { text, sentence } = toldOf(expected);
  return { kind, expected: text, sentence };
}

/** What a field of a failed probe is called; one of another release by its own name. */
export function failureWord(say: Say, field: string): string {
  return sayNamed(say, `failure.${field}`) ?? field;
}

/** What stands in such a field: a phase, or what was expected, in words; else as it is. */
export function failureValue(say: Say, field: string, value: unknown): string {
  const text = String(value);
  const phase = field === 'phase' ? sayNamed(say, `phase.${text}`) : null;
  return phase ?? saidShort(say, text);
}

/** What a stage may have told, or a mirror or a client in its own words, which stay. */
function saidShort(say: Say, text: string): string {
  return text.length > toldChars ? text : sayTold(text, say);
}
