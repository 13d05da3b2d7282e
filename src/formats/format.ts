import { isDeepStrictEqual } from 'node:util';
import { error, ok, type Result, type Sentence } from '../core/result.ts';
import { phrase } from '../words/tell.ts';

/** The section, the keys and the positions in lists that lead to a value, outermost first. */
export type SettingPath = readonly (string | number)[];

/** A value in a settings file. All positions are offsets in the text. */
export interface FileSetting {
  readonly path: SettingPath;
  /** `undefined`: a section, a table or a list. Its members follow, each with its own path. */
  readonly value: unknown;
  /** The position of the key; of an element of a list: the position of the element. */
  readonly begin: number;
  /** The position of the value as written. For a section or table with a header: the header. */
  readonly from: number;
  readonly to: number;
}

/** The syntax of a settings file. Its grammar is the one of the client that reads the file. */
export interface FileFormat {
  /** @returns all settings in the order of the file; the error is the number of the line that the client rejects, from 1 */
  parse(text: string): Result<readonly FileSetting[], number>;
  /** Returns the text of a value that replaces the value of `old`. */
  write(value: unknown, text: string, old: FileSetting): string;
  /** Returns the text with a new setting; `null`: this form of the file cannot be extended. */
  add(text: string, settings: readonly FileSetting[], path: SettingPath, value: unknown): string | null;
}

/**
 * Sets one value in a text. All other bytes stay. The new text is parsed again: the value must be the wanted one, and
 * all other values must be the same as before.
 * @returns the error says why the text cannot be changed safely
 */
export function changeSetting(
  { parse, write, add }: FileFormat,
  text: string,
  path: SettingPath,
  value: unknown,
): Result<string, Sentence> {
  const before = parse(text);
  if (before.tag === 'error') return error(phrase('change.syntax', { line: before.error }));
  const old = settingAt(before.value, path);
  const after =
    old === undefined
      ? add(text, before.value, path, value)
      : text.slice(0, old.from) + write(value, text, old) + text.slice(old.to);
  const again = after === null ? null : parse(after);
  const others = before.value.filter((one) => !isDeepStrictEqual(one.path.slice(0, path.length), path));
  const wanted = new Map([...valuesOf(others), ...valuesBelow(path, value)]);
  if (after !== null && again?.tag === 'ok' && isDeepStrictEqual(valuesOf(again.value), wanted)) return ok(after);
  return error(phrase('change.form', { key: path.filter((part) => typeof part === 'string').join('.') }));
}

/** Returns the setting at a path. If a file sets it several times, the last one counts. */
export function settingAt(settings: readonly FileSetting[], path: SettingPath): FileSetting | undefined {
  return settings.findLast((one) => isDeepStrictEqual(one.path, path));
}

/** Returns the values by their paths in JSON. */
export function valuesOf(settings: readonly FileSetting[]): ReadonlyMap<string, unknown> {
  return new Map(settings.flatMap(({ path, value }) => (value === undefined ? [] : [[JSON.stringify(path), value]])));
}

function valuesBelow(path: SettingPath, value: unknown): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null) return [[JSON.stringify(path), value]];
  const isList = Array.isArray(value);
  return Object.entries(value).flatMap(([key, one]) => valuesBelow([...path, isList ? Number(key) : key], one));
}

/** Lists the lines of a text with their offsets. */
export function* listLines(text: string): Generator<readonly [line: string, at: number, number: number]> {
  const ends = /\r\n|\n|\r|$/g;
  let [at, number] = [0, 1];
  for (const { 0: end, index } of text.matchAll(ends)) {
    yield [text.slice(at, index), at, number];
    at = index + end.length;
    number += 1;
  }
}

/** Inserts lines at an offset that begins a line, with the line ending of the text. */
export function addLinesAt(text: string, at: number, lines: readonly string[]): string {
  const end = /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n';
  const before = text.slice(0, at);
  const isOpen = before !== '' && !before.endsWith('\n');
  return `${before}${isOpen ? end : ''}${lines.map((line) => line + end).join('')}${text.slice(at)}`;
}
