import { error, ok } from '../core/result.ts';
import {
  addLinesAt,
  asTable,
  type FileFormat,
  type FileSetting,
  type FileTable,
  linesWithOffsets,
  settingAt,
} from './format.ts';

/** The value of a key while its lines are read. */
interface Open {
  readonly section: string;
  readonly key: string;
  readonly begin: number;
  readonly from: number;
  to: number;
  readonly lines: string[];
}

/**
 * The format of pip.conf, as Python's `configparser.RawConfigParser` reads it: indented lines continue a value, a
 * comment has its own line, keys are in lower case, and a section or key that occurs twice is an error. pip does not
 * interpolate (`%(name)s`). The path of a value is its section and its key; that of a section header, the section.
 * @see https://github.com/python/cpython/blob/v3.13.0/Lib/configparser.py `RawConfigParser._read`
 */
export const ini: FileFormat = {
  parse(text) {
    const found: (FileSetting | Open)[] = [];
    const seen = new Set<string>();
    let section: string | null = null;
    let open: Open | null = null;
    let indent = 0;
    for (const [line, at, number] of linesWithOffsets(text)) {
      const content = line.trim();
      if (content === '') open?.lines.push('');
      if (content === '' || /^[#;]/.test(content)) continue;
      const column = line.search(/\S/);
      const to = at + column + content.length;
      if (open !== null && column > indent) {
        open.lines.push(content);
        open.to = to;
        continue;
      }
      indent = column;
      const [, header] = /^\[(.+)\]/.exec(content) ?? [];
      const split = content.search(/[=:]/);
      if (header !== undefined) {
        if (header !== defaults && seen.has(header)) return error(number);
        section = header;
        open = null;
        found.push({ path: [header], value: null, begin: at + column, from: at + column, to });
      } else if (section === null || split < 1) return error(number);
      else {
        const value = content.slice(split + 1).trim();
        const key = content.slice(0, split).trimEnd().toLowerCase();
        open = { section, key, begin: at + column, from: to - value.length, to, lines: [value] };
        found.push(open);
      }
      const name = open === null ? section : `${open.section}\n${open.key}`;
      if (open !== null && seen.has(name)) return error(number);
      seen.add(name);
    }
    const settings = found.map((one) => ('path' in one ? one : settingOf(one)));
    const sections = Map.groupBy(settings, ({ path: [name] }) => String(name));
    const keys = (own: readonly FileSetting[]) =>
      own.flatMap(({ path: [, key], value }) => (key ? [[key, value]] : []));
    const tables = [...sections].map(([name, own]) => [name, asTable(Object.fromEntries(keys(own)) as FileTable)]);
    return ok({ values: asTable(Object.fromEntries(tables) as FileTable), settings });
  },
  write(value, text, { from, to }) {
    const [first = '', ...more] = text.slice(from, to).split(/\r?\n/);
    const comments = more.filter((line) => /^\s*[#;]/.test(line));
    const end = text.includes('\r\n') ? '\r\n' : '\n';
    return [`${first.trim() === '' && /[=:]/.test(text[from - 1] ?? '') ? ' ' : ''}${value}`, ...comments].join(end);
  },
  add(text, parsed, [section = '', key = ''], value) {
    const header = settingAt(parsed, [section]);
    if (header === undefined) return addLinesAt(text, text.length, [`[${section}]`, `${key} = ${value}`]);
    // With less indentation than the new line, the next key would continue its value.
    const next = parsed.settings.find(({ path: [own, name] }) => own === section && name !== undefined);
    const indent = next === undefined ? '' : text.slice(text.lastIndexOf('\n', next.begin) + 1, next.begin);
    const end = text.indexOf('\n', header.to);
    return addLinesAt(text, end < 0 ? text.length : end + 1, [`${indent}${key} = ${value}`]);
  },
};

/** The section whose keys count in all other sections. */
const defaults = 'DEFAULT';

function settingOf({ section, key, lines, ...places }: Open): FileSetting {
  return { path: [section, key], value: lines.join('\n').trimEnd(), ...places };
}
