import { z } from 'zod';
import type { Result, Sentence } from '../core/result.ts';
import { phrase } from '../words/tell.ts';

/**
 * The expectation of a schema, as its option. A schema's message can only be a text, so the sentence is encoded:
 * `decodeMessage`.
 */
export function errorOf(expected: Sentence): { readonly error: string } {
  return { error: JSON.stringify(expected) };
}

/** The sentence in the message of a schema's issue. */
export function decodeMessage(message: string): Sentence {
  return JSON.parse(message) as Sentence;
}

/** A string key of the configuration file, checked by `read`, whose error says what was expected. */
export function readable(description: string, expected: Sentence, read: (value: string) => Result<unknown, Sentence>) {
  return z
    .string(errorOf(expected))
    .check((context) => {
      const result = read(context.value);
      if (result.tag === 'ok') return;
      context.issues.push({ code: 'custom', message: errorOf(result.error).error, input: context.value });
    })
    .meta({ description });
}

/** A string key of the configuration file, checked by `accepts`. */
export function checked(description: string, expected: Sentence, accepts: (value: string) => boolean) {
  return z.string(errorOf(expected)).refine(accepts, errorOf(expected)).meta({ description });
}

/** A mapping that rejects unknown keys. */
export function mapping<Shape extends z.ZodRawShape>(shape: Shape, expected = phrase('expected.mapping')) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? errorOf(expected).error : undefined),
  });
}

/** A list; `expected` describes it in error messages. */
export function list<Entry extends z.ZodType>(entry: Entry, expected: Sentence, max = 1000) {
  return z.array(entry, errorOf(expected)).max(max, errorOf(phrase('expected.entries', { count: max })));
}
