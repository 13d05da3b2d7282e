import { ok } from '../core/result.ts';
import { addLinesAt, asTable, type FileFormat, type FileSetting, type FileTable, linesWithOffsets } from './format.ts';

/**
 * The format of .npmrc, as npm's package `ini` reads it: a key in a section `[name]` has the path `name`, key; a key
 * with `[]` is an element of a list; a comment may follow a value; quotes are JSON. References `${NAME}` are left as
 * written. If a key occurs several times, the last one counts.
 * @see https://github.com/npm/ini/blob/v5.0.0/lib/ini.js `decode`
 */
export const npmrc: FileFormat = {
  parse(text) {
    const values = new Map<string, unknown>();
    const sections = new Map<string, Map<string, unknown>>();
    const settings: FileSetting[] = [];
    let section: string | null = null;
    let own = values;
    for (const [line, at] of linesWithOffsets(text)) {
      if (/^\s*(?:[;#]|$)/.test(line)) continue;
      const [, header] = /^\[([^\]]*)\]\s*$/.exec(line) ?? [];
      if (header !== undefined) {
        section = plainOf(header).text;
        own = sections.get(section) ?? new Map<string, unknown>();
        sections.set(section, own);
        settings.push({ path: [section], value: null, begin: at, from: at, to: at + line.trimEnd().length });
        continue;
      }
      const split = line.indexOf('=');
      if (split === 0) continue;
      const written = plainOf(split < 0 ? line : line.slice(0, split)).text;
      const isList = written.length > 2 && written.endsWith('[]');
      const key = isList ? written.slice(0, -2) : written;
      const { text: plain, from, to } = plainOf(split < 0 ? '' : line.slice(split + 1));
      const value = split < 0 ? true : words.has(plain) ? words.get(plain) : plain;
      const before = own.get(key);
      const list = Array.isArray(before)
        ? [...before, value]
        : isList
          ? [...(own.has(key) ? [before] : []), value]
          : null;
      own.set(key, list ?? value);
      const path = [...(section === null ? [] : [section]), key, ...(list === null ? [] : [list.length - 1])];
      const start = split < 0 ? at + line.trimEnd().length : at + split + 1;
      settings.push({ path, value, begin: at + line.search(/\S/), from: start + from, to: start + to });
    }
    const tables = [...sections].map(([name, keys]) => [name, asTable(Object.fromEntries(keys))] as const);
    return ok({ values: asTable(Object.fromEntries([...values, ...tables]) as FileTable), settings });
  },
  write: (value) => written(value),
  add(text, { settings }, path, value) {
    const [key, ...more] = path;
    if (typeof key !== 'string' || more.length > 0) return null;
    // A line behind the first section header would belong to the section.
    const header = settings.find(({ path: own, value: table }) => own.length === 1 && table === null);
    return addLinesAt(text, header?.begin ?? text.length, [`${key}=${written(value)}`]);
  },
};

const words = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

function written(value: unknown): string {
  const text = String(value);
  return typeof value !== 'string' || /^[^\s"'\\;#](?:[^\\;#]*[^\s"'\\;#])?$/.test(text) ? text : JSON.stringify(text);
}

/** Returns a key or value without quotes, escapes and comment, and where it stands in the text. */
function plainOf(text: string): { readonly text: string; readonly from: number; readonly to: number } {
  const from = text.search(/\S|$/);
  const trimmed = text.trim();
  if (/^(?:"[\s\S]*"|'[\s\S]*')$/.test(trimmed) || trimmed === '"' || trimmed === "'")
    return { text: unquoted(trimmed), from, to: from + trimmed.length };
  const end = /^(?:\\[\s\S]|[^\\;#]|\\$)*/.exec(trimmed)?.[0].trimEnd().length ?? 0;
  return {
    text: trimmed
      .slice(0, end)
      .replace(/\\([\\;#])/g, '$1')
      .trim(),
    from,
    to: from + end,
  };
}

function unquoted(text: string): string {
  const inner = text.startsWith("'") ? text.slice(1, -1) : text;
  try {
    return String(JSON.parse(inner));
  } catch {
    return inner;
  }
}
