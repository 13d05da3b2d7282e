import { readJson } from '../core/read-json.ts';
import { ok } from '../core/result.ts';
import { addLinesAt, type FileFormat, type FileSetting, listLines } from './format.ts';

/**
 * The format of .npmrc, as npm's package `ini` reads it: a key in a section `[name]` has the path `name`, key; a key
 * with `[]` is an element of a list; a comment may follow a value; quotes are JSON. References `${NAME}` are left as
 * written. If a key occurs several times, the last one counts.
 * @see https://github.com/npm/ini/blob/v5.0.0/lib/ini.js `decode`
 */
export const npmrc: FileFormat = {
  parse(text) {
    const settings: FileSetting[] = [];
    const lengths = new Map<string, number>();
    const seen = new Set<string>();
    let section: readonly string[] = [];
    for (const [line, at] of listLines(text)) {
      if (/^\s*(?:[;#]|$)/.test(line)) continue;
      const [, header] = /^\[([^\]]*)\]\s*$/.exec(line) ?? [];
      const split = line.indexOf('=');
      const begin = at + line.search(/\S/);
      const end = at + line.trimEnd().length;
      if (header !== undefined) {
        section = [plainOf(header).text];
        settings.push({ path: section, value: undefined, begin, from: begin, to: end });
      } else if (split !== 0) {
        const name = plainOf(split < 0 ? line : line.slice(0, split)).text;
        const isList = name.length > 2 && name.endsWith('[]');
        const path = [...section, isList ? name.slice(0, -2) : name];
        const key = JSON.stringify(path);
        const length = lengths.get(key) ?? (isList ? Number(seen.has(key)) : null);
        seen.add(key);
        if (length !== null) lengths.set(key, length + 1);
        const { text: plain, from, to } = plainOf(split < 0 ? '' : line.slice(split + 1));
        const value = split < 0 ? true : /^(?:true|false|null)$/.test(plain) ? readJson(plain) : plain;
        const start = split < 0 ? end : at + split + 1;
        settings.push({
          path: length === null ? path : [...path, length],
          value,
          begin,
          from: start + from,
          to: start + to,
        });
      }
    }
    // A value before the first element of a list is an element too.
    const isFirst = ({ path }: FileSetting): boolean => lengths.has(JSON.stringify(path));
    return ok(settings.map((one) => (isFirst(one) ? { ...one, path: [...one.path, 0] } : one)));
  },
  write: (value) => written(value),
  add(text, settings, [key = '', ...more], value) {
    // A line behind the first section header would belong to the section.
    const header = settings.find((one) => one.value === undefined);
    return more.length > 0 ? null : addLinesAt(text, header?.begin ?? text.length, [`${key}=${written(value)}`]);
  },
};

function written(value: unknown): string {
  const text = String(value);
  return typeof value !== 'string' || /^[^\s"'\\;#](?:[^\\;#]*[^\s"'\\;#])?$/.test(text) ? text : JSON.stringify(text);
}

/** Returns a key or value without quotes, escapes and comment, and where it stands in the text. */
function plainOf(text: string): { readonly text: string; readonly from: number; readonly to: number } {
  const from = text.search(/\S|$/);
  const trimmed = text.trim();
  const inner = trimmed.startsWith("'") ? trimmed.slice(1, -1) : trimmed;
  if (/^(?:"[\s\S]*"|'[\s\S]*')$/.test(trimmed) || trimmed === '"' || trimmed === "'")
    return { text: String(readJson(inner) ?? inner), from, to: from + trimmed.length };
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
