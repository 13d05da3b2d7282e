import type { Sentence } from '../../src/core/result.ts';
import { saySentence } from '../../src/words/tell.ts';
import { english } from '../../src/words/words.ts';

/** Sentences as programs are told them. */
export function texts(all: readonly (Sentence | string)[]): readonly string[] {
  return all.map((one) => saySentence(one, english));
}
