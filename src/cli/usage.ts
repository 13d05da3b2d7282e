import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The words of a call were wrong: shown with the command's usage, exit 2. */
export class UsageError extends Error {}

/**
 * Parses a command's words strictly.
 * @throws UsageError on an unknown option, a missing value, or more positionals than `most`
 */
export function words<O extends NonNullable<ParseArgsConfig['options']>>(
  argv: readonly string[],
  options: O,
  most: number,
) {
  try {
    const parsed = parseArgs({ args: [...argv], options, allowPositionals: most > 0, strict: true });
    if (parsed.positionals.length > most) throw new UsageError(`too many words: '${parsed.positionals.at(-1)}'`);
    return parsed;
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(cause instanceof Error ? (cause.message.split('. ')[0] ?? cause.message) : String(cause));
  }
}

/** A whole number of at least `least` from an option's text. @throws UsageError otherwise */
export function wholeNumber(name: string, text: string | undefined, otherwise: number, least = 1): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least)
    throw new UsageError(`--${name} takes a whole number of at least ${least}, not '${text}'`);
  return value;
}
