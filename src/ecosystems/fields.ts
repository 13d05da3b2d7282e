import { z } from 'zod';

/** A text of the file that a reader of ours takes; its error says what was expected. */
export function readable(
  description: string,
  expected: string,
  read: (value: string) => { readonly tag: 'ok' } | { readonly tag: 'error'; readonly error: string },
) {
  return z
    .string({ error: expected })
    .check((context) => {
      const result = read(context.value);
      if (result.tag === 'error') context.issues.push({ code: 'custom', message: result.error, input: context.value });
    })
    .meta({ description });
}

/** A text of the file that a check of ours accepts. */
export function checked(description: string, expected: string, accepts: (value: string) => boolean) {
  return z.string({ error: expected }).refine(accepts, { error: expected }).meta({ description });
}

/** A mapping that takes its own keys only. */
export function mapping<Shape extends z.ZodRawShape>(shape: Shape, expected = 'a mapping of keys and values') {
  return z.strictObject(shape, { error: (issue) => (issue.code === 'invalid_type' ? expected : undefined) });
}

/** A list; the message names what one entry is. */
export function list<Entry extends z.ZodType>(entry: Entry, expected: string, max = 1000) {
  return z.array(entry, { error: expected }).max(max, { error: `at most ${max} entries` });
}
