import type { Sentence } from '../../src/core/sentence.ts';
import { saySentence } from '../../src/words/tell.ts';
import { wordsOf } from '../../src/words/words.ts';

/** Sentences in English, a line each. */
export function englishOf(sentences: readonly (Sentence | string)[]): string {
  return sentences.map((sentence) => saySentence(sentence, wordsOf('en'))).join('\n');
}
