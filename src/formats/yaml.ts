import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { readMapping } from '../core/read-json.ts';
import { error, ok, type Result } from '../core/result.ts';
import {
  addLinesAt,
  asTable,
  type FileFormat,
  type FileSetting,
  type FileTable,
  type ParsedFile,
  type SettingPath,
} from './format.ts';

/** The maximum number of values of a file. Aliases of aliases can have billions. */
const valuesMax = 100_000;

class Rejected extends Error {
  readonly offset: number;
  constructor(offset: number) {
    super();
    this.offset = offset;
  }
}

/**
 * The format of .yarnrc.yml and of pnpm's files. A file is one document with a mapping, or empty; a key that occurs
 * twice is an error. New settings are keys of the outermost mapping.
 */
export const yaml: FileFormat = {
  parse: (text) => parseYaml(text, true),
  write: (value, text, { from }) => `${text[from - 1] === ':' ? ' ' : ''}${JSON.stringify(value)}`,
  add: (text, _, [key = '', ...more], value) =>
    more.length > 0 ? null : addLinesAt(text, text.length, [`${key}: ${JSON.stringify(value)}`]),
};

/** The format of daemon.json. If a key occurs twice, the last one counts. Docker reads an empty file too. */
export const json: FileFormat = {
  parse: (text) => (text.trim() === '' || readMapping(text) !== null ? parseYaml(text, false) : error(1)),
  write: (value) => JSON.stringify(value),
  add(text, { settings }, [key = '', ...more], value) {
    const member = `${JSON.stringify(key)}: ${JSON.stringify(value)}`;
    if (more.length > 0) return null;
    if (text.trim() === '') return `{\n  ${member}\n}\n`;
    const last = settings.findLast(({ path }) => path.length === 1);
    if (last === undefined) return text.replace('{', () => `{${member}`);
    // The new member stands below the last one, or behind it if that one does not begin its line.
    const [margin = ' '] = /\r?\n[ \t]*$/.exec(text.slice(0, last.begin)) ?? [];
    return `${text.slice(0, last.to)},${margin}${member}${text.slice(last.to)}`;
  },
};

function parseYaml(text: string, isUnique: boolean): Result<ParsedFile, number> {
  const lines = new LineCounter();
  const settings: FileSetting[] = [];
  let count = 0;
  try {
    const options = { prettyErrors: false, logLevel: 'error', uniqueKeys: false, lineCounter: lines } as const;
    const document = parseDocument(text, options);
    const [mistake] = document.errors;
    if (mistake !== undefined) throw new Rejected(mistake.pos[0]);
    const contents = document.contents as Node | null;
    if (contents === null || (isScalar(contents) && contents.value === null))
      return ok({ values: asTable({}), settings });
    if (!isMap(contents)) throw new Rejected(contents.range?.[0] ?? 0);

    /** @param path  `null`: the value belongs to an alias, so it has no place of its own */
    const readNode = (node: unknown, path: SettingPath | null, begin: number): unknown => {
      count += 1;
      if (count > valuesMax) throw new Rejected(begin);
      const [from = begin, end = begin] = (node as Node | null)?.range ?? [];
      const to = from + text.slice(from, end).trimEnd().length;
      const setting = { path: path ?? [], begin, from, to, value: null as unknown };
      if (path !== null && path.length > 0) settings.push(setting);
      const source = isAlias(node) ? node.resolve(document) : node;
      if (source === undefined) throw new Rejected(from);
      setting.value = isAlias(node)
        ? readNode(source, null, begin)
        : isScalar(node)
          ? node.value
          : membersOf(node, path, begin);
      return setting.value;
    };
    const below = (path: SettingPath | null, key: string | number): SettingPath | null => path && [...path, key];
    const membersOf = (node: unknown, path: SettingPath | null, begin: number): unknown => {
      if (isSeq(node))
        return node.items.map((item, at) =>
          readNode(item, below(path, at), (item as Node | null)?.range?.[0] ?? begin),
        );
      if (!isMap(node)) return null;
      const table = new Map<string, unknown>();
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : null;
        const place = (key as Node | null)?.range?.[0] ?? begin;
        if (name === null || (isUnique && table.has(name))) throw new Rejected(place);
        table.set(name, readNode(value, below(path, name), place));
      }
      return asTable(Object.fromEntries(table) as FileTable);
    };
    return ok({ values: readNode(contents, [], 0) as FileTable, settings });
  } catch (thrown) {
    // The parser overflows the stack at deep nesting.
    if (!(thrown instanceof Rejected || thrown instanceof RangeError)) throw thrown;
    return error(thrown instanceof Rejected ? lines.linePos(thrown.offset).line || 1 : 1);
  }
}
