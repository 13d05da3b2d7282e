import { decodeEscapes } from '../../core/http.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import { count, type Lock, type LockFile } from '../locks.ts';
import { type Fields, fieldsOf, memberIn, parseFields } from '../parse-json.ts';
import { type Locked, LockFound, lockedRegistryOf, lockOf } from './locked.ts';
import { isExact, splitPackage } from './names.ts';

/**
 * Parses a lock file of npm, pnpm, yarn or bun. For npm and yarn, the package.json in the same folder names the direct
 * dependencies.
 * @param expected  the error for a text that is no such lock file
 */
export function readLock(file: LockFile, expected: Sentence): Result<Lock, Sentence> {
  const manifest = readLockJson(file.beside(file.name.replace(/(?<![^/\\])[^/\\]*$/, 'package.json')) ?? '');
  const read = readText(file, manifest);
  if (read === null) return error(expected);
  return ok(lockOf(read, file, phrase('expected.lockFields')));
}

function readText({ name, text }: Pick<LockFile, 'name' | 'text'>, manifest: Fields | null): LockFound | null {
  if (name.endsWith('bun.lock')) return parseBunLock(text);
  if (name.endsWith('.yaml')) return parsePnpmLock(text);
  const read = name.endsWith('.json') ? parsePackageLock(text) : parseYarnLock(text);
  for (const one of directPackagesOf(manifest ?? {})) read?.direct.add(one);
  return read;
}

/** Returns the registry of each package that a lock file names; `null`: the public one, or none is recorded. */
export function registriesIn(name: string, text: string): readonly (string | null)[] {
  const { packages } = readText({ name, text }, null) ?? { packages: [] };
  return packages.filter(({ isLocal }) => !isLocal).map(lockedRegistryOf);
}

/**
 * Matches a comma before a closing bracket, outside of strings. bun writes commas there, but JSON does not allow them.
 */
const lastComma = /("(?:[^"\\]|\\.?)*"?)|,(?=\s*[\]}])/gs;

/**
 * Parses a bun.lock; `null`: the text is no bun.lock. A package is a list: `name@version`, its registry (empty: the
 * configured registry), its fields, its integrity. For a package that is not from a registry, such as a git repository,
 * the source takes the place of the version.
 * @see https://bun.com/docs/pm/lockfile
 */
export function parseBunLock(text: string): LockFound | null {
  const parsed = parseFields(text.replace(lastComma, '$1'), phrase('expected.bunLock'));
  if (parsed.tag === 'error' || typeof memberIn(parsed.value, 'lockfileVersion') !== 'number') return null;
  const found = new LockFound();
  for (const [, value] of mappingOf(parsed.value, 'packages')) {
    const [reference, registry, fields, integrity]: readonly unknown[] = Array.isArray(value) ? value : [];
    if (typeof reference !== 'string') continue;
    const { module, version } = splitPackage(reference);
    const info = fieldsOf(fields);
    for (const key of dependencyKeys)
      for (const [name] of info === null ? [] : mappingOf(info, key)) count(found.mentions, name);
    if (memberIn(info, 'bundled') === true) continue;
    const isLocal = /^(?:workspace|root|link|file):/.test(version ?? '');
    const isElsewhere = version === null || /[:/]/.test(version);
    const from = typeof registry === 'string' && registry !== '' ? registry : null;
    found.packages.push({
      module,
      version: version ?? '',
      source: isLocal ? null : isElsewhere ? (version ?? reference) : from,
      isLocal,
      integrity: typeof integrity === 'string' && integrity !== '' ? integrity : null,
    });
  }
  for (const [, value] of mappingOf(parsed.value, 'workspaces'))
    for (const name of directPackagesOf(fieldsOf(value) ?? {})) found.direct.add(name);
  return found;
}

const groups = /^(?:dependencies|devDependencies|optionalDependencies):$/;

const key = /^('(?:[^']|'')*'|"[^"]*"|[^\s'"#?][^\s]*?):(?:\s+(.*))?$/s;

class State extends LockFound {
  /** True for format version 5, whose keys have a `/` before the version of a package. */
  readonly hasSlashes: boolean;
  section = '';
  /** True if the following lines describe the last package. */
  isOpen = false;
  /** The field that the following lines belong to, such as `dependencies:`. */
  group = '';

  constructor(version: number) {
    super();
    this.hasSlashes = version < 6;
  }
}

/**
 * Parses a pnpm-lock.yaml of format version 5 to 9; `null`: the text is no pnpm-lock.yaml. It reads only the layout
 * that pnpm writes: two spaces per level. Versions 5.0 and 5.1 write `resolution` over several lines.
 * @see https://github.com/pnpm/spec/tree/master/lockfile
 */
function parsePnpmLock(text: string): LockFound | null {
  const version = /^lockfileVersion:\s*['"]?(\d+)/m.exec(text)?.[1];
  if (version === undefined) return null;
  const state = new State(Number(version));
  for (const [at, line] of text.split(/\r?\n/).entries()) readLine(line, at + 1, state);
  return state;
}

function readLine(line: string, number: number, state: State): void {
  const content = line.trim();
  if (content === '' || content.startsWith('#')) return;
  const indent = line.length - line.trimStart().length;
  if (indent === 0) {
    state.section = content.endsWith(':') ? content.slice(0, -1) : '';
    state.isOpen = false;
    state.group = '';
    return;
  }
  const [, quoted = '', rest = ''] = key.exec(content) ?? [];
  const name = quoted.replace(/^(['"])(.*)\1$/, '$2').replaceAll("''", "'");
  if (state.section === 'importers') return readImporter(indent, content, name, state);
  if (groups.test(`${state.section}:`)) {
    if (indent === 2 && name !== '') state.direct.add(name);
    return;
  }
  if (state.section !== 'packages' && state.section !== 'snapshots') return;
  if (indent === 2) return readKey(name, content, number, state);
  if (indent === 4) return readField(name, rest, content, state);
  if (indent === 6 && state.group === 'resolution:') return readResolution(content, state);
  if (indent === 6 && groups.test(state.group) && name !== '') count(state.mentions, name);
}

function readImporter(indent: number, content: string, name: string, state: State): void {
  if (indent === 4) state.group = content;
  if (indent === 6 && groups.test(state.group) && name !== '') state.direct.add(name);
}

function readKey(name: string, content: string, number: number, state: State): void {
  state.group = '';
  state.isOpen = false;
  if (state.section === 'snapshots') return;
  if (name === '') return void state.wrong.push({ line: number, words: [content] });
  const plain = name.replace(/^\//, '').replace(/\(.*$/s, '');
  const split = (text: string) => (state.hasSlashes ? splitSlashes(text) : splitPackage(text));
  // A package of another registry than the default one: the key begins with the registry's host.
  const [, host, path = ''] = /^([^@/:][^/:]*)\/(.+)$/s.exec(plain) ?? [];
  const hosted = host === undefined || name.startsWith('/') ? null : split(path);
  const isHosted = isExact(hosted?.version ?? '');
  const { module, version } = isHosted && hosted ? hosted : name.startsWith('/') ? split(plain) : splitPackage(plain);
  const isLocal = /^(?:file|link|workspace):/.test(version ?? plain);
  const elsewhere = version === null || /[:/]/.test(version) ? (version ?? plain) : null;
  const source = isHosted ? `https://${host?.replace('+', ':')}/` : elsewhere;
  state.packages.push({ module, version: version ?? '', source: isLocal ? null : source, isLocal, integrity: null });
  state.isOpen = true;
}

/** Splits a key such as `@scope/name/1.2.3_peer@1.0.0` into the package and the version, here `1.2.3`. */
function splitSlashes(path: string): { readonly module: string; readonly version: string } {
  const [, module = path, version = ''] = /^((?:@[^/]+\/)?[^/]+)\/([^/_]+)/.exec(path) ?? [];
  return { module, version };
}

function readField(name: string, rest: string, content: string, state: State): void {
  state.group = content;
  const locked = state.isOpen ? state.packages.at(-1) : undefined;
  if (locked === undefined) return;
  const value = rest.replace(/^(['"])(.*)\1$/, '$2');
  if (name === 'resolution') readResolution(rest, state);
  // If the key is a URL, such as that of a tarball, the package has its name and version in fields.
  else if (name === 'name') state.packages.splice(-1, 1, { ...locked, module: value });
  else if (name === 'version') state.packages.splice(-1, 1, { ...locked, version: value });
}

/** Reads the fields of `resolution`. A relative URL of a tarball belongs to the package's registry. */
function readResolution(text: string, { packages, isOpen }: State): void {
  const locked = isOpen ? packages.at(-1) : undefined;
  if (locked === undefined) return;
  const integrity = /\bintegrity: *['"]?([A-Za-z0-9+/=-]+)/.exec(text)?.[1] ?? locked.integrity;
  const tarball = /\btarball: *['"]?([^\s'",}]+)/.exec(text)?.[1] ?? null;
  const isLocal = locked.isLocal || /\btype: *directory\b/.test(text) || tarball?.startsWith('file:') === true;
  const other = /\b(?:repo|registry): *['"]?([^\s'",}]+)/.exec(text)?.[1] ?? null;
  const isRelative = tarball !== null && /^\/?[\w@%.-]+\//.test(tarball);
  const source = isLocal ? null : ((isRelative ? null : tarball) ?? other ?? locked.source);
  packages.splice(-1, 1, { ...locked, integrity, isLocal, source, hasOwnPath: isRelative });
}

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
function parseYarnLock(text: string): LockFound | null {
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
    } else if (name === '' || entry === undefined || indent === 0) found.wrong.push({ line: at + 1, words: [content] });
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

const dependencyKeys = ['dependencies', 'optionalDependencies'] as const;
const directKeys = [...dependencyKeys, 'devDependencies'] as const;

/** Parses a JSON lock file or a package.json; `null`: the text is no JSON object. */
function readLockJson(text: string): Fields | null {
  const parsed = parseFields(text, phrase('expected.npmLock'));
  return parsed.tag === 'ok' ? parsed.value : null;
}

function textOf(fields: Fields, key: string): string | null {
  const value = memberIn(fields, key);
  return typeof value === 'string' ? value : null;
}

function mappingOf(fields: Fields, key: string): readonly (readonly [string, unknown])[] {
  return Object.entries(fieldsOf(memberIn(fields, key)) ?? {});
}

/**
 * Returns the names of the dependencies in a package.json, including optional ones and those for development, without
 * peer dependencies.
 */
function directPackagesOf(manifest: Fields): readonly string[] {
  return directKeys.flatMap((key) => mappingOf(manifest, key).map(([name]) => name));
}

/**
 * Parses a package-lock.json or npm-shrinkwrap.json of any format version; `null`: the text is no such file. npm before
 * 5 wrote `dependencies` without a version of the format. Bundled packages are skipped, because no client requests
 * them.
 * @see https://docs.npmjs.com/cli/configuring-npm/package-lock-json
 */
export function parsePackageLock(text: string): LockFound | null {
  const file = readLockJson(text);
  if (file === null || (typeof file['lockfileVersion'] !== 'number' && fieldsOf(file['dependencies']) === null))
    return null;
  return fieldsOf(file['packages']) === null ? readTree(file) : readPackages(file);
}

/** Reads format versions 2 and 3. The project and its workspaces are the folders outside `node_modules`. */
function readPackages(file: Fields): LockFound {
  const found = new LockFound();
  const { packages, direct, mentions } = found;
  for (const [folder, value] of mappingOf(file, 'packages')) {
    const entry = fieldsOf(value);
    if (entry === null) continue;
    const at = folder.lastIndexOf('node_modules/');
    if (at < 0) for (const name of directPackagesOf(entry)) direct.add(name);
    for (const key of dependencyKeys) for (const [name] of mappingOf(entry, key)) count(mentions, name);
    if (at < 0 || entry['inBundle'] === true) continue;
    const name = textOf(entry, 'name') ?? folder.slice(at + 'node_modules/'.length);
    packages.push(lockedOf(name, textOf(entry, 'version') ?? '', entry, entry['link'] === true));
  }
  return found;
}

function readTree(file: Fields): LockFound {
  const found = new LockFound();
  const { packages, mentions } = found;
  const open = [file];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const [name, value] of mappingOf(next, 'dependencies')) {
      const entry = fieldsOf(value);
      if (entry === null) continue;
      open.push(entry);
      for (const [required] of mappingOf(entry, 'requires')) count(mentions, required);
      if (entry['bundled'] === true) continue;
      const version = textOf(entry, 'version') ?? '';
      const alias = version.startsWith('npm:') ? splitPackage(version.slice('npm:'.length)) : null;
      packages.push(lockedOf(alias?.module ?? name, alias?.version ?? version, entry, false));
    }
  }
  return found;
}

function lockedOf(module: string, version: string, entry: Fields, isLink: boolean): Locked {
  // In format version 1, `version` contains the source of a package that is not from a registry.
  const source = textOf(entry, 'resolved') ?? (version.includes(':') ? version : null);
  const isLocal = isLink || source?.startsWith('file:') === true;
  return { module, version, source: isLocal ? null : source, isLocal, integrity: textOf(entry, 'integrity') };
}
