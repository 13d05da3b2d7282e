import { decodeEscapes } from '../../core/http.ts';
import { count } from '../locks.ts';
import { type Locked, LockFound, type LockText } from './locked.ts';
import { splitPackage } from './names.ts';

interface Entry {
  /** The first name of the entry with its range, such as `left-pad@^1.0.0`. */
  readonly descriptor: string;
  readonly fields: Map<string, string>;
  readonly requires: string[];
}

function unquoted(text: string): string {
  return text.trim().replace(/^"(.*)"$/, '$1');
}

/**
 * Parses a yarn.lock of any yarn version; `null`: the text is no yarn.lock. It reads only the layout that yarn writes:
 * the names of an entry are not indented, its fields have two spaces, its dependencies four.
 * @see yarnpkg/yarn src/lockfile/parse.js; yarnpkg/berry packages/yarnpkg-core/sources/Project.ts
 */
export function parseYarnLock(text: string): LockText | null {
  const isFirst = /^# yarn lockfile v1\s*$/m.test(text);
  if (!isFirst && !/^__metadata:\s*$/m.test(text)) return null;
  const found = new LockFound();
  const entries: Entry[] = [];
  let group = '';
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    const content = line.trim();
    if (content === '' || content.startsWith('#')) continue;
    const entry = entries.at(-1);
    const indent = line.length - line.trimStart().length;
    const [, name = '', value = ''] = /^("[^"]*"|[^\s:"]+):?(?:\s+(.*))?$/s.exec(content) ?? [];
    if (indent === 0 && content.endsWith(':')) {
      // yarn 1 quotes each name; later versions quote the whole list of names.
      const [first = ''] = content.slice(0, -1).split(', ');
      entries.push({ descriptor: first.replaceAll('"', ''), fields: new Map(), requires: [] });
      group = '';
    } else if (name === '' || entry === undefined || indent === 0) found.malformed.add(at + 1, content);
    else if (indent === 2) {
      group = unquoted(name);
      if (value !== '') entry.fields.set(group, unquoted(value));
    } else if (indent === 4 && /^(?:dependencies|optionalDependencies)$/.test(group))
      entry.requires.push(unquoted(name));
  }
  collect(entries, isFirst, found);
  return found;
}

function collect(entries: readonly Entry[], isFirst: boolean, { packages, direct, mentions }: LockFound): void {
  for (const entry of entries) {
    if (entry.descriptor === '__metadata') continue;
    const resolution = entry.fields.get('resolution') ?? '';
    const isWorkspace = resolution.includes('@workspace:');
    for (const name of entry.requires) isWorkspace ? direct.add(name) : count(mentions, name);
    packages.push(isFirst ? firstOf(entry) : laterOf(resolution, entry));
  }
}

/** Reads an entry of yarn 1. `resolved` is the URL of the artifact, with a SHA-1 after `#`. */
function firstOf({ descriptor, fields }: Entry): Locked {
  const { module: written, version: range } = splitPackage(descriptor);
  const module = range?.startsWith('npm:') ? splitPackage(range.slice('npm:'.length)).module : written;
  const resolved = fields.get('resolved') ?? null;
  const isLocal = /^(?:file|link):/.test(range ?? '') || resolved?.startsWith('file:') === true;
  const integrity = fields.get('integrity') ?? null;
  const source =
    resolved?.replace(/#.*$/s, '') ??
    (range !== null && /[:/]/.test(range) && !range.startsWith('npm:') ? range : null);
  return { module, version: fields.get('version') ?? '', source: isLocal ? null : source, isLocal, integrity };
}

/**
 * Reads an entry of yarn 2 or later. `resolution` is `name@npm:version`, with `::__archiveUrl=` for another URL.
 * `checksum` is not used, because it is the hash of an archive that yarn itself makes.
 */
function laterOf(resolution: string, { fields }: Entry): Locked {
  const { module, version: reference } = splitPackage(resolution);
  const [, range = ''] = /^npm:([^:]*)/.exec(reference ?? '') ?? [];
  const archive = /::__archiveUrl=([^&:]+)/.exec(reference ?? '')?.[1];
  const isLocal = /^(?:workspace|patch|link|portal|file):/.test(reference ?? '');
  const source = isLocal || (range !== '' && archive === undefined) ? null : decodeEscapes(archive ?? reference ?? '');
  return { module, version: fields.get('version') ?? range, source, isLocal, integrity: null };
}
