import { count } from '../locks.ts';
import { LockFound, type LockText } from './locked.ts';
import { isExact, splitPackage } from './names.ts';

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
export function parsePnpmLock(text: string): LockText | null {
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
  if (name === '') return state.malformed.add(number, content);
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
