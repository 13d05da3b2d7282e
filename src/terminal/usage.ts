import { type ParseArgsConfig, parseArgs } from 'node:util';
import { logLevels } from '../core/ports.ts';
import { printable } from '../core/printable.ts';
import type { Filled, Sentence } from '../core/result.ts';
import { maskName, maskText } from '../core/secret.ts';
import { durationMs, durationPattern } from '../core/units.ts';
import { phrase, saySentence } from '../words/tell.ts';
import { english, type Key, type Say, type Values } from '../words/words.ts';
import type { Context, ExitCode } from './context.ts';

/** Thrown to end a command with a text on standard error and an exit code. */
export class Failed extends Error {
  readonly code: ExitCode;

  constructor(text: string, code: ExitCode) {
    super(text);
    this.code = code;
  }
}

/** Thrown if a command is called with wrong arguments. The exit code is then 2. `message` is in English. */
export class UsageError<K extends Key = Key> extends Error {
  readonly #sentence: Sentence;

  constructor(key: K, ...values: Values<K, Filled>) {
    const sentence = masked(phrase(key, ...values));
    super(saySentence(sentence, english));
    this.#sentence = sentence;
  }

  text(say: Say): string {
    const { key, values } = this.#sentence;
    const shown = Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'string' ? printable(value) : value,
    ]);
    return saySentence({ key, values: Object.fromEntries(shown) }, say);
  }
}

/**
 * `names`: values of a message that are masked as module names. `ours`: values that are texts of this program, so they
 * are not masked.
 */
const names: ReadonlySet<string> = new Set(['module']);
const ours: ReadonlySet<string> = new Set(['expected', 'list', 'names']);

/** Masks the values of a usage error, because any argument may be a URL with a password. */
function masked({ key, values }: Sentence): Sentence {
  if (key === 'wrong.as') return { key, values };
  const shown = Object.entries(values).map(([name, value]) => {
    if (typeof value !== 'string' || ours.has(name)) return [name, value];
    return [name, names.has(name) || key === 'wrong.moduleAs' ? maskName(value) : maskText(value)];
  });
  return { key, values: Object.fromEntries(shown) };
}

/** Returns the log settings, changed by the option `--log-level`. @throws UsageError on an unknown level */
export function readLogLevel({ facts }: Pick<Context, 'facts'>, level: string | undefined): Context['facts']['log'] {
  if (level !== undefined && !logLevels.some((one) => one === level))
    throw new UsageError('wrong.oneOf', { option: 'log-level', list: logLevels.join(', '), word: level });
  return { ...facts.log, level: level ?? facts.log.level };
}

/** Declares options of one type. `string`: each option has a value; `boolean`: it has none. */
export function optionsOf<T extends 'string' | 'boolean', N extends string>(
  type: T,
  ...names: readonly N[]
): Readonly<Record<N, { readonly type: T }>> {
  return Object.fromEntries(names.map((name) => [name, { type }])) as Record<N, { readonly type: T }>;
}

/**
 * Parses a command's arguments strictly.
 * @throws UsageError on an unknown option, a missing value, or more positionals than `most`
 */
export function words<O extends NonNullable<ParseArgsConfig['options']>>(
  argv: readonly string[],
  options: O,
  most: number,
) {
  try {
    const parsed = parseArgs({ args: [...argv], options, allowPositionals: most > 0, strict: true });
    if (parsed.positionals.length > most)
      throw new UsageError('wrong.words', { word: parsed.positionals.at(-1) ?? '' });
    return parsed;
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw parseError(cause instanceof Error ? (cause.message.split('. ')[0] ?? cause.message) : String(cause));
  }
}

function parseError(text: string): UsageError {
  const [, option = ''] = /^(?:Unknown option|Option) '([^']*)'/.exec(text) ?? [];
  if (text === `Unknown option '${option}'`) return new UsageError('wrong.unknownOption', { option });
  if (text === `Option '${option}' argument missing`) return new UsageError('wrong.missingArgument', { option });
  if (text === `Option '${option}' argument is ambiguous`) return new UsageError('wrong.ambiguous', { option });
  if (text === `Option '${option}' does not take an argument`) return new UsageError('wrong.noArgument', { option });
  const [, word] = /^Unexpected argument '(.*)'/.exec(text) ?? [];
  return word === undefined ? new UsageError('wrong.as', { text }) : new UsageError('wrong.unexpected', { word });
}

/**
 * Returns the whole number that an option states; without the option, `otherwise`.
 * @throws UsageError if the text is no whole number, or the number is below `least`
 */
export function parseWholeNumber(name: string, text: string | undefined, otherwise: number, least = 1): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) throw new UsageError('wrong.whole', { name, least, text });
  return value;
}

/** Parses a time, or a duration before now, into wall milliseconds; `null`: the option is absent. */
export function timeOf(name: string, text: string | undefined, nowMs: number): number | null {
  if (text === undefined) return null;
  const isDate = /^\d{4}-\d\d-\d\d/.test(text);
  const at = durationPattern.test(text) ? nowMs - durationMs(text) : isDate ? Date.parse(text) : Number.NaN;
  // A long duration leads to a time outside the range of a Date.
  if (Number.isNaN(new Date(at).getTime())) throw new UsageError('wrong.time', { name, text });
  return at;
}
