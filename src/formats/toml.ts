import { isDeepStrictEqual } from 'node:util';
import { parse, TomlError, type TomlTable } from 'smol-toml';
import { error, ok, type Result } from '../core/result.ts';
import { addLinesAt, type FileFormat, type FileSetting, type SettingPath, settingAt } from './format.ts';

const depthMax = 50;

/**
 * Parses TOML.
 * @param isExact  true: an integer that a JavaScript number cannot represent exactly is an error; else it is a bigint
 * @returns        the table; the error is the number of the invalid line, from 1
 */
export function parseToml(text: string, isExact = true): Result<TomlTable, number> {
  return lineOfError(() => parse(text, { maxDepth: depthMax, integersAsBigInt: !isExact }));
}

function lineOfError<Value>(read: () => Value): Result<Value, number> {
  try {
    return ok(read());
  } catch (thrown) {
    if (thrown instanceof TomlError) return error(thrown.line);
    throw thrown;
  }
}

/**
 * The format of uv.toml, pyproject.toml, hosts.toml and registries.conf. The library `smol-toml` reads the values; the
 * places of the values are found by the grammar of TOML. A new element of a list of tables is written into the list,
 * or as a table `[[name]]`.
 * @see https://toml.io/en/v1.0.0
 */
export const toml: FileFormat = {
  parse(text) {
    const parsed = parseToml(text, false);
    return parsed.tag === 'error' ? parsed : lineOfError(() => locateSettings(text, parsed.value));
  },
  write: (value) => writeToml(value),
  add(text, settings, path, value) {
    const [name = '', position, ...more] = path;
    if (typeof position === 'string') return addKey(text, settings, path, value);
    if (position === undefined || more.length > 0) return null;
    const list = settingAt(settings, [name]);
    if (list === undefined) {
      const keys = Object.entries(value as TomlTable).map(([key, one]) => `${key} = ${writeToml(one)}`);
      return addLinesAt(text, text.length, [`[[${name}]]`, ...keys]);
    }
    const last = settingAt(settings, [name, position - 1]);
    const at = last?.to ?? list.from + 1;
    return `${text.slice(0, at)}${last === undefined ? '' : ', '}${writeToml(value)}${text.slice(at)}`;
  },
};

/** Adds a key to a table: after the last key that the table has, or with a new header at the end of the text. */
function addKey(text: string, settings: readonly FileSetting[], path: SettingPath, value: unknown): string | null {
  const [table, [key = '']] = [path.slice(0, -1), path.slice(-1)];
  const names = [...table, key].map((part) => (/^[\w-]+$/.test(`${part}`) ? `${part}` : JSON.stringify(part)));
  const line = `${names.at(-1)} = ${writeToml(value)}`;
  const isOfTable = ({ path: of }: FileSetting) => isDeepStrictEqual(of.slice(0, table.length), table);
  const last = settings.findLast((one) => isOfTable(one) && one.path.length <= path.length);
  if (last === undefined) return addLinesAt(text, text.length, [`[${names.slice(0, -1).join('.')}]`, line]);
  const end = text.indexOf('\n', last.to);
  return addLinesAt(text, end < 0 ? text.length : end + 1, [line]);
}

/** Writes a value in one line. */
export function writeToml(value: unknown): string {
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? JSON.stringify(value) : String(value);
  if (Array.isArray(value)) return `[${value.map(writeToml).join(', ')}]`;
  const members = Object.entries(value).map(([key, one]) => `${key} = ${writeToml(one)}`);
  return `{ ${members.join(', ')} }`;
}

const blank = /(?:[ \t\r\n]|#[^\n]*(?:\n|$))*/y;
const keys = /(?:[\w \t.-]|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')+/y;
const scalar =
  /"""(?:\\[\s\S]|[^\\])*?"{3,5}(?!")|'''[\s\S]*?'{3,5}(?!')|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s,\]}#]+(?: \d[^\s,\]}#]*)?/y;

/**
 * Finds the places of all values in a text that is valid TOML.
 * @throws TomlError on a path of more than `depthMax` names: the paths of its members would fill the memory
 */
function locateSettings(text: string, values: TomlTable): readonly FileSetting[] {
  const settings: FileSetting[] = [];
  let at = 0;

  function take(pattern: RegExp): string {
    pattern.lastIndex = at;
    const [found = ''] = pattern.exec(text) ?? [];
    at += found.length;
    return found;
  }

  function takeKeys(table: SettingPath): SettingPath {
    const [begin, path] = [at, [...table]];
    let inner: unknown = parse(`${take(keys)} = 0`);
    for (; typeof inner === 'object'; inner = Object.values(inner as TomlTable)[0])
      path.push(...Object.keys(inner as TomlTable));
    if (path.length > depthMax) throw new TomlError('too many names', { toml: text, ptr: begin });
    return path;
  }

  function takePair(table: SettingPath): void {
    const begin = at;
    const path = takeKeys(table);
    take(/=[ \t]*/y);
    takeValue(path, begin);
  }

  function takeValue(path: SettingPath, begin: number): void {
    const found = path.reduce<unknown>((inner, key) => (inner as TomlTable)[key], values);
    const isScalar = typeof found !== 'object' || found instanceof Date;
    const setting = { path, begin, from: at, to: at, value: isScalar ? found : undefined };
    settings.push(setting);
    if (take(/\[/y) !== '') takeMembers(']', (member) => takeValue([...path, member], at));
    else if (take(/\{/y) !== '') takeMembers('}', () => takePair(path));
    else if (take(scalar) === '') throw new Error(`no value at ${at} of a TOML text`);
    setting.to = at;
  }

  function takeMembers(end: string, takeMember: (member: number) => void): void {
    for (let member = 0; ; member += 1) {
      take(blank);
      if (text[at] === end) break;
      takeMember(member);
      take(blank);
      take(/,/y);
    }
    at += 1;
  }

  let table: SettingPath = [];
  const lengths = new Map<string, number>();
  for (take(blank); at < text.length; take(blank)) {
    const begin = at;
    const brackets = take(/\[\[?/y);
    if (brackets === '') {
      takePair(table);
      continue;
    }
    const names = takeKeys([]);
    at += brackets.length;
    table = tableAt(names, brackets === '[[', lengths);
    settings.push({ path: table, begin, from: begin, to: at, value: undefined });
  }
  return settings;
}

/**
 * Returns the path of a table by its header. In lists of tables, it is that of the last table.
 * @param isElement  true: the header begins a new table of a list
 * @param lengths    how many tables each list has so far, by its path in JSON
 */
function tableAt(names: SettingPath, isElement: boolean, lengths: Map<string, number>): SettingPath {
  const path: (string | number)[] = [];
  for (const [depth, name] of names.entries()) {
    path.push(name);
    const key = JSON.stringify(path);
    if (isElement && depth === names.length - 1) lengths.set(key, (lengths.get(key) ?? 0) + 1);
    const length = lengths.get(key);
    if (length !== undefined) path.push(length - 1);
  }
  return path;
}
