import type { MalformedLines, SkipReason } from '../locks.ts';
import { readGoMod } from './mod-text.ts';
import { isModulePath } from './module-name.ts';
import { compareVersions, isCanonical } from './version.ts';

/** One module that a go.sum or go.mod holds. */
export interface GoLockEntry {
  readonly module: string;
  readonly version: string;
  /** Required by the main module itself, as far as a go.mod says so. */
  readonly direct: boolean;
  /** Versions of it that go.sum names: how many others' requirements met on it, as far as the file shows. */
  readonly mentions: number;
}

/** What go.sum holds: hashes by `module@version` and `module@version/go.mod`, and of each module its versions: whether with a zip. */
export interface GoSum {
  readonly hashes: Readonly<Record<string, string>>;
  readonly versions: ReadonlyMap<string, ReadonlyMap<string, boolean>>;
}

/** What we need of go.mod. */
export interface GoMod {
  readonly requires: readonly { readonly module: string; readonly version: string; readonly direct: boolean }[];
  /** `module`, or `module@version` where only one version is replaced. */
  readonly replaced: ReadonlySet<string>;
}

/** A line of go.sum, with blanks as the go command takes them. @see cmd/go/internal/modfetch readGoSum */
const sumLine = /^\s*(\S+)\s+(\S+?)(\/go\.mod)?\s+(h1:[A-Za-z0-9+/]{43}=)\s*$/;
const malformedMax = 20;
const wordChars = 60;

/** Lines of a go.sum that are neither empty nor of its form: how many, and the first 20 by number (from 1) with their first words. */
export function malformedLines(text: string): MalformedLines {
  const wrong = text
    .split('\n')
    .map((content, at) => ({ content, line: at + 1 }))
    .filter(({ content }) => content.trim() !== '' && !sumLine.test(content));
  const first = wrong.slice(0, malformedMax).map(({ content, line }) => {
    const [module = '', version = ''] = content.trim().split(/\s+/, 2).map(shown);
    return { line, module, version };
  });
  return { count: wrong.length, first };
}

function shown(word: string): string {
  const clean = word.replace(/[^\x20-\x7e\u00a0-\ufffd]/g, '?');
  return clean.length <= wordChars ? clean : `${clean.slice(0, wordChars - 1)}…`;
}

/** Reads go.sum; lines that are none are left out: `malformedLines` has them. `null` where a text has no line of a go.sum at all. */
export function parseGoSum(text: string): GoSum | null {
  const hashes: Record<string, string> = Object.create(null) as Record<string, string>;
  const versions = new Map<string, Map<string, boolean>>();
  for (const line of text.split('\n')) {
    const match = sumLine.exec(line);
    if (match === null) continue;
    const [, module = '', version = '', goMod, hash = ''] = match;
    hashes[`${module}@${version}${goMod ?? ''}`] = hash;
    const known = versions.get(module) ?? new Map<string, boolean>();
    known.set(version, known.get(version) === true || goMod === undefined);
    versions.set(module, known);
  }
  return versions.size === 0 ? null : { hashes, versions };
}

/** Reads the `require` and `replace` directives of a go.mod. `null` where a text has no `module` line. */
export function parseGoMod(text: string): GoMod | null {
  const requires: { module: string; version: string; direct: boolean }[] = [];
  const replaced = new Set<string>();
  let isModule = false;
  for (const { verb, words, comment } of readGoMod(text)) {
    const [module = '', version = ''] = words;
    isModule ||= verb === 'module' && module !== '';
    if (verb === 'require' && version !== '') requires.push({ module, version, direct: !/\bindirect\b/.test(comment) });
    if (verb === 'replace' && words.includes('=>')) replaced.add(version === '=>' ? module : `${module}@${version}`);
  }
  return isModule ? { requires, replaced } : null;
}

/**
 * The modules of a lock file, those most required by others first: direct requirements of go.mod, then by how many
 * versions of a module go.sum names (each is somebody's requirement), then by name. Of several versions in a go.sum the
 * highest whose zip it names is the one in use.
 * @param from  which of the two the configuration names: go.mod gives its requirements, go.sum the modules with a zip
 */
export function lockEntries(from: 'sum' | 'mod', sum: GoSum | null, mod: GoMod | null): readonly GoLockEntry[] {
  const direct = new Set(mod?.requires.filter((entry) => entry.direct).map(({ module }) => module));
  const mentions = (module: string): number => sum?.versions.get(module)?.size ?? 0;
  const used = from === 'mod' ? (mod?.requires ?? []) : zipped(sum);
  return used
    .map(({ module, version }) => ({ module, version, direct: direct.has(module), mentions: mentions(module) }))
    .sort(
      (a, b) =>
        Number(b.direct) - Number(a.direct) ||
        b.mentions - a.mentions ||
        (a.module < b.module ? -1 : Number(a.module > b.module)),
    );
}

/** Why an entry is not taken, or `null` where it is. */
export function skipReason(
  entry: { readonly module: string; readonly version: string },
  mod: GoMod | null,
  isPrivate: (module: string) => boolean,
): SkipReason | null {
  if (isPrivate(entry.module)) return 'private';
  if (mod?.replaced.has(entry.module) || mod?.replaced.has(`${entry.module}@${entry.version}`)) return 'replaced';
  return isModulePath(entry.module) && isCanonical(entry.version) ? null : 'malformed';
}

function zipped(sum: GoSum | null): readonly { readonly module: string; readonly version: string }[] {
  return [...(sum?.versions ?? [])].flatMap(([module, versions]) => {
    const best = [...versions]
      .filter(([, hasZip]) => hasZip)
      .map(([version]) => version)
      .sort(compareVersions)
      .at(-1);
    return best === undefined ? [] : [{ module, version: best }];
  });
}
