import { error, ok } from '../core/result.ts';
import { addLinesAt, type FileFormat, type FileSetting, listLines, settingAt } from './format.ts';

/**
 * The format of pip.conf, as Python's `configparser.RawConfigParser` reads it: indented lines continue a value, a
 * comment has its own line, keys are in lower case, and a section or key that occurs twice is an error, as is a byte
 * order mark. pip does not interpolate (`%(name)s`). The path of a value is its section and its key; that of a section
 * header, the section.
 * @see https://github.com/python/cpython/blob/v3.13.0/Lib/configparser.py `RawConfigParser._read`
 */
export const ini: FileFormat = {
  parse(text) {
    const settings: (FileSetting & { value: string | undefined; to: number })[] = [];
    const seen = new Set<string>();
    let section: string | null = null;
    let indent = 0;
    for (const [line, at, number] of listLines(text)) {
      const content = line.trim();
      const open = settings.at(-1);
      if (content === '' && open?.value !== undefined) open.value += '\n';
      if (content === '' || /^[#;]/.test(content)) continue;
      const column = line.search(/\S/);
      const [begin, to] = [at + column, at + column + content.length];
      if (open?.value !== undefined && column > indent) {
        open.value += `\n${content}`;
        open.to = to;
        continue;
      }
      indent = column;
      const [, header] = /^(?!\ufeff)\s*\[(.+)\]/.exec(line) ?? [];
      const split = content.search(/[=:]/);
      section = header ?? section;
      if (section === null || (header === undefined && split < 1)) return error(number);
      const value = header === undefined ? content.slice(split + 1).trim() : undefined;
      const path = [section, ...(value === undefined ? [] : [content.slice(0, split).trimEnd().toLowerCase()])];
      const name = JSON.stringify(path);
      if (seen.has(name) && header !== 'DEFAULT') return error(number);
      seen.add(name);
      settings.push({ path, value, begin, from: to - (value ?? content).length, to });
    }
    for (const one of settings) one.value = one.value?.trimEnd();
    return ok(settings);
  },
  write(value, text, { from, to }) {
    const [first = '', ...more] = text.slice(from, to).split(/\r?\n/);
    const comments = more.filter((line) => /^\s*[#;]/.test(line));
    const blank = first.trim() === '' && /[=:]/.test(text[from - 1] ?? '') ? ' ' : '';
    return [`${blank}${value}`, ...comments].join(text.includes('\r\n') ? '\r\n' : '\n');
  },
  add(text, settings, [section = '', key = ''], value) {
    const header = settingAt(settings, [section]);
    if (header === undefined) return addLinesAt(text, text.length, [`[${section}]`, `${key} = ${value}`]);
    // With less indentation than the new line, the next key would continue its value.
    const next = settings.find(({ path: [own, name] }) => own === section && name !== undefined);
    const indent = next === undefined ? '' : text.slice(text.lastIndexOf('\n', next.begin) + 1, next.begin);
    const end = text.indexOf('\n', header.to);
    return addLinesAt(text, end < 0 ? text.length : end + 1, [`${indent}${key} = ${value}`]);
  },
};
