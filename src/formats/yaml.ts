import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import { readMapping } from '../core/read-json.ts';
import { error, ok, type Result } from '../core/result.ts';
import { addLinesAt, type FileFormat, type FileSetting, type SettingPath } from './format.ts';

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
  add(text, settings, [key = '', ...more], value) {
    const member = `{\n  ${JSON.stringify(key)}: ${JSON.stringify(value)}${settings.length > 0 ? ',' : '\n'}`;
    return more.length > 0 ? null : text.trim() === '' ? `${member}}\n` : text.replace('{', () => member);
  },
};

function parseYaml(text: string, isUnique: boolean): Result<readonly FileSetting[], number> {
  const lines = new LineCounter();
  const options = { prettyErrors: false, logLevel: 'error', uniqueKeys: false, lineCounter: lines } as const;
  const document = parseDocument(text, options);
  const settings: FileSetting[] = [];
  const mistakes = document.errors.map(({ pos: [offset] }) => offset);
  // The library would walk the document for each alias.
  const anchored = new Map<string, unknown>();

  function add(node: unknown, path: SettingPath, begin: number): void {
    const [from = begin, end = begin] = (node as Node | null)?.range ?? [];
    const source = isAlias(node) ? anchored.get(node.source) : node;
    keepAnchor(node);
    if (source === undefined) mistakes.push(from);
    const to = from + text.slice(from, end).trimEnd().length;
    settings.push({ path, value: isScalar(source) ? source.value : undefined, begin, from, to });
    addMembers(node, path);
  }

  function keepAnchor(node: unknown): void {
    if (isNode(node) && !isAlias(node) && node.anchor !== undefined) anchored.set(node.anchor, node);
  }

  function addMembers(node: unknown, path: SettingPath): void {
    if (isSeq(node)) for (const [at, item] of node.items.entries()) add(item, [...path, at], placeOf(item));
    if (!isMap(node)) return;
    const names = new Set<string>();
    for (const { key, value } of node.items as readonly Pair[]) {
      const name = String(isScalar(key) ? key.value : key);
      if (!isScalar(key) || (isUnique && names.has(name))) mistakes.push(placeOf(key));
      names.add(name);
      keepAnchor(key);
      add(value, [...path, name], placeOf(key));
    }
  }

  const { contents } = document;
  if (!(contents === null || isMap(contents) || (isScalar(contents) && contents.value === null)))
    mistakes.push(placeOf(contents));
  keepAnchor(contents);
  addMembers(contents, []);
  const [mistake] = mistakes;
  return mistake === undefined ? ok(settings) : error(lines.linePos(mistake).line || 1);
}

function placeOf(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}
