import type { Sentence } from '../../src/core/result.ts';
import { saySentence } from '../../src/words/tell.ts';
import { english } from '../../src/words/words.ts';

/** Sentences in English, a line each. */
export function englishOf(sentences: readonly (Sentence | string)[]): string {
  return sentences.map((sentence) => saySentence(sentence, english)).join('\n');
}
