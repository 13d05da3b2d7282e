import { z } from 'zod';
import type { Result, Sentence } from '../core/result.ts';
import { phrase } from '../words/tell.ts';

/** Makes the option `error` of a zod schema. It contains the sentence as JSON, which `decodeMessage` decodes. */
export function errorOf(expected: Sentence): { readonly error: string } {
  return { error: JSON.stringify(expected) };
}

/** Decodes the sentence that `errorOf` encoded in the message of a zod issue. */
export function decodeMessage(message: string): Sentence {
  return JSON.parse(message) as Sentence;
}

/** Makes the schema of a string key. `read` parses the value; its error says what was expected. */
export function readable(description: string, expected: Sentence, read: (value: string) => Result<unknown, Sentence>) {
  return z
    .string(errorOf(expected))
    .check((context) => {
      const result = read(context.value);
      if (result.tag === 'ok') return;
      context.issues.push({ code: 'custom', message: errorOf(result.error).error, input: context.value });
    })
    .describe(description);
}

/** Makes the schema of a string key. The function `accepts` checks its value. */
export function checked(description: string, expected: Sentence, accepts: (value: string) => boolean) {
  return z.string(errorOf(expected)).refine(accepts, errorOf(expected)).describe(description);
}

export const flag = (description: string) => z.boolean(errorOf(phrase('expected.boolean'))).describe(description);

/**
 * Makes the schema of a mapping that rejects unknown keys.
 * @param description  `null`: what contains the mapping describes it
 */
export function mapping<Shape extends z.ZodRawShape>(
  description: string | null,
  shape: Shape,
  expected = phrase('expected.mapping'),
) {
  const error = (issue: { code?: string }) => (issue.code === 'invalid_type' ? errorOf(expected).error : undefined);
  const schema = z.strictObject(shape, { error });
  return description === null ? schema : schema.describe(description);
}

/**
 * Makes the schema of a list with at most `max` entries.
 * @param expected  the error for a value that is no list
 */
export function list<Entry extends z.ZodType>(entry: Entry, expected: Sentence, max = 1000) {
  return z.array(entry, errorOf(expected)).max(max, errorOf(phrase('expected.entries', { count: max })));
}
