import { count } from '../locks.ts';
import { type Locked, type LockText, Malformed } from './locked.ts';
import { splitPackage } from './names.ts';

const groups = /^(?:dependencies|devDependencies|optionalDependencies):$/;

const key = /^('(?:[^']|'')*'|"[^"]*"|[^\s'"#?][^\s]*?):(?:\s+(.*))?$/s;

interface State {
  readonly packages: Map<string, Locked>;
  readonly direct: Set<string>;
  readonly mentions: Map<string, number>;
  readonly malformed: Malformed;
  /** True for format version 5, whose keys have a `/` before the version of a package. */
  readonly hasSlashes: boolean;
  section: string;
  /** The key in `packages` that the following lines describe; `null`: none. */
  current: string | null;
  /** The field that the following lines belong to, such as `dependencies:`. */
  group: string;
}

/**
 * Parses a pnpm-lock.yaml of format version 5 to 9; `null`: the text is no pnpm-lock.yaml. It reads only the layout
 * that pnpm writes: two spaces per level, and `resolution` on one line.
 * @see https://github.com/pnpm/spec/tree/master/lockfile
 */
export function parsePnpmLock(text: string): LockText | null {
  const version = /^lockfileVersion:\s*['"]?(\d+)/m.exec(text)?.[1];
  if (version === undefined) return null;
  const state: State = {
    packages: new Map(),
    direct: new Set(),
    mentions: new Map(),
    malformed: new Malformed(),
    hasSlashes: Number(version) < 6,
    section: '',
    current: null,
    group: '',
  };
  for (const [at, line] of text.split(/\r?\n/).entries()) readLine(line, at + 1, state);
  const { packages, direct, mentions, malformed } = state;
  return { packages: [...packages.values()], direct, mentions, malformed };
}

function readLine(line: string, number: number, state: State): void {
  const content = line.trim();
  if (content === '' || content.startsWith('#')) return;
  const indent = line.length - line.trimStart().length;
  if (indent === 0) {
    state.section = content.endsWith(':') ? content.slice(0, -1) : '';
    state.current = null;
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
  if (indent === 6 && groups.test(state.group) && name !== '') count(state.mentions, name);
}

function readImporter(indent: number, content: string, name: string, state: State): void {
  if (indent === 4) state.group = content;
  if (indent === 6 && groups.test(state.group) && name !== '') state.direct.add(name);
}

function readKey(name: string, content: string, number: number, state: State): void {
  state.group = '';
  state.current = null;
  if (state.section === 'snapshots') return;
  if (name === '') return state.malformed.add(number, content);
  const plain = name.replace(/^\//, '').replace(/\(.*$/s, '');
  const { module, version } = state.hasSlashes && name.startsWith('/') ? splitSlashes(plain) : splitPackage(plain);
  const isLocal = /^(?:file|link|workspace):/.test(version ?? plain);
  const source = version === null || /[:/]/.test(version) ? (version ?? plain) : null;
  const locked = { module, version: version ?? '', source: isLocal ? null : source, isLocal, integrity: null };
  state.current = `${module}@${version}`;
  if (!state.packages.has(state.current)) state.packages.set(state.current, locked);
}

/** Splits a key such as `@scope/name/1.2.3_peer@1.0.0` into the package and the version, here `1.2.3`. */
function splitSlashes(path: string): { readonly module: string; readonly version: string } {
  const [, module = path, version = ''] = /^((?:@[^/]+\/)?[^/]+)\/([^/_]+)/.exec(path) ?? [];
  return { module, version };
}

function readField(name: string, rest: string, content: string, state: State): void {
  state.group = content;
  const locked = state.current === null ? undefined : state.packages.get(state.current);
  if (state.current === null || locked === undefined || name !== 'resolution') return;
  const integrity = /\bintegrity: *['"]?([A-Za-z0-9+/=-]+)/.exec(rest)?.[1] ?? null;
  const tarball = /\btarball: *['"]?([^\s'",}]+)/.exec(rest)?.[1] ?? null;
  const isLocal = locked.isLocal || /\btype: *directory\b/.test(rest) || tarball?.startsWith('file:') === true;
  const repository = /\brepo: *['"]?([^\s'",}]+)/.exec(rest)?.[1] ?? null;
  const source = isLocal ? null : (tarball ?? repository ?? locked.source);
  state.packages.set(state.current, { ...locked, integrity, isLocal, source });
}
