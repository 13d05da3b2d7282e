import { isDeepStrictEqual } from 'node:util';
import { error, ok, type Result } from '../core/result.ts';

/** The section, the keys and the positions in lists that lead to a value, outermost first. */
export type SettingPath = readonly (string | number)[];

/** A value in a settings file. All positions are offsets in the text. */
export interface FileSetting {
  readonly path: SettingPath;
  readonly value: unknown;
  /** The position of the key; of an element of a list: the position of the element. */
  readonly begin: number;
  /** The position of the value as written. For a section or table with a header: the header. */
  readonly from: number;
  readonly to: number;
}

/** A table of values. Its prototype is `null`. */
export type FileTable = Readonly<Record<string, unknown>>;

export interface ParsedFile {
  readonly values: FileTable;
  /** All values in the order of the file. A list or table is followed by its members. */
  readonly settings: readonly FileSetting[];
}

/** The syntax of a settings file. Its grammar is the one of the client that reads the file. */
export interface FileFormat {
  /** @returns the error is the number of the line that the client rejects, from 1 */
  parse(text: string): Result<ParsedFile, number>;
  /** Returns the text of a value that replaces the value of `old`. */
  write(value: unknown, text: string, old: FileSetting): string;
  /** Returns the text with a new setting; `null`: this form of the file cannot be extended. */
  add(text: string, parsed: ParsedFile, path: SettingPath, value: unknown): string | null;
}

/** `syntax`: the client rejects the file. `form`: another value would change too, so nothing was changed. */
export type EditFault = { readonly tag: 'syntax'; readonly line: number } | { readonly tag: 'form' };

/**
 * Sets one value in a text. All other bytes stay. The new text is parsed again: the value must be the wanted one, and
 * all other values must be the same as before.
 */
export function changeSetting(
  format: FileFormat,
  text: string,
  path: SettingPath,
  value: unknown,
): Result<string, EditFault> {
  const before = format.parse(text);
  if (before.tag === 'error') return error({ tag: 'syntax', line: before.error });
  const old = settingAt(before.value, path);
  const after =
    old === undefined
      ? format.add(text, before.value, path, value)
      : text.slice(0, old.from) + format.write(value, text, old) + text.slice(old.to);
  const again = after === null ? null : format.parse(after);
  const isProven =
    again?.tag === 'ok' && isDeepStrictEqual(again.value.values, withValue(before.value.values, path, value));
  return after !== null && isProven ? ok(after) : error({ tag: 'form' });
}

/** Returns the setting at a path. If a file sets it several times, the last one counts. */
export function settingAt({ settings }: ParsedFile, path: SettingPath): FileSetting | undefined {
  return settings.findLast((one) => isDeepStrictEqual(one.path, path));
}

function withValue(values: unknown, [key, ...rest]: SettingPath, value: unknown): unknown {
  if (key === undefined) return value?.constructor === Object ? asTable(value as FileTable) : value;
  if (typeof key === 'number') {
    const list = Array.isArray(values) ? (values as readonly unknown[]) : [];
    return Object.assign([...list], { [key]: withValue(list[key], rest, value) });
  }
  const table = asTable({ ...(values as FileTable | undefined) });
  return asTable({ ...table, [key]: withValue(table[key], rest, value) });
}

/** Returns a copy of a table without a prototype, so that every key is a value of the file. */
export function asTable(fields: FileTable): FileTable {
  return Object.assign(Object.create(null) as FileTable, fields);
}

/** Returns the value at a path; `undefined`: there is none. */
export function valueIn(values: unknown, path: SettingPath): unknown {
  return path.reduce(
    (inner: unknown, key) => (typeof inner === 'object' && inner !== null ? (inner as FileTable)[key] : undefined),
    values,
  );
}

/** Lists the lines of a text with their offsets. */
export function* linesWithOffsets(text: string): Generator<readonly [line: string, at: number, number: number]> {
  let number = 0;
  for (const { 0: line, index } of text.matchAll(/[^\r\n]*(?:\r\n|\n|\r|$)/g)) {
    number += 1;
    yield [line.replace(/[\r\n]+$/, ''), index, number];
  }
}

/** Inserts lines at an offset that begins a line, with the line ending of the text. */
export function addLinesAt(text: string, at: number, lines: readonly string[]): string {
  const end = /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n';
  const before = text.slice(0, at);
  const isOpen = before !== '' && !before.endsWith('\n');
  return `${before}${isOpen ? end : ''}${lines.map((line) => line + end).join('')}${text.slice(at)}`;
}
