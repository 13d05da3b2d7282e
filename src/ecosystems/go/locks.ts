import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import {
  type Lock,
  type LockEntry,
  type LockFile,
  type Locks,
  malformedOf,
  type SkipReason,
  sortByNeed,
  type WrongLine,
} from '../locks.ts';
import { readGoMod } from './mod-file.ts';
import { isModulePath } from './names.ts';
import { compareVersions, isCanonical } from './version.ts';

function kindOf(name: string): 'sum' | 'mod' | null {
  return name.endsWith('.sum') ? 'sum' : name.endsWith('.mod') ? 'mod' : null;
}

function readLock(file: LockFile): Result<Lock, Sentence> {
  const kind = kindOf(file.name);
  if (kind === null) return error(expected);
  const partner = file.name.replace(/\.(sum|mod)$/, kind === 'sum' ? '.mod' : '.sum');
  const beside = file.beside(partner) ?? '';
  const sum = parseGoSum(kind === 'sum' ? file.text : beside);
  const mod = parseGoMod(kind === 'mod' ? file.text : beside);
  if (kind === 'mod' && mod === null) return error(phrase('expected.goModFile'));
  // An empty go.sum is valid: it is the go.sum of a module without dependencies.
  if (kind === 'sum' && sum === null && file.text.trim() !== '') return error(phrase('expected.goSumLines'));
  const [sumText, sumFile] = kind === 'sum' ? [file.text, file.name] : [beside, partner];
  return ok({
    entries: listLockEntries(kind, sum, mod).map(({ module, version }) => ({
      module,
      version,
      because: skipReason({ module, version }, mod, file.isPrivate(module)),
    })),
    pinned: sum?.hashes ?? {},
    malformed: malformedOf(sumFile, phrase('expected.goSumLine'), wrongLinesIn(sumText)),
  });
}

const expected = phrase('expected.pathGo');

export const goLocks: Locks = {
  describes:
    'File from which modules are taken: a go.sum or go.mod. The other of these two files in the same folder is read too.',
  top: 'Maximum number of modules to take: direct requirements first, then those with the largest number of versions in go.sum.',
  expected,
  isLock: (name) => kindOf(name) !== null,
  reader: () => readLock,
};

type GoModule = Pick<LockEntry, 'module' | 'version'>;

/**
 * `hashes` has the keys `module@version` and `module@version/go.mod`. `versions` says for each version of a module
 * whether go.sum has the hash of its zip.
 */
interface GoSum {
  readonly hashes: Readonly<Record<string, string>>;
  readonly versions: ReadonlyMap<string, ReadonlyMap<string, boolean>>;
}

interface GoMod {
  readonly requires: readonly (GoModule & { readonly direct: boolean })[];
  /** The replaced modules: `module` if a `replace` is for all versions, `module@version` if it is for one version. */
  readonly replaced: ReadonlySet<string>;
}

/** Matches a valid line of go.sum. @see cmd/go/internal/modfetch readGoSum */
const sumLine = /^\s*(\S+)\s+(\S+?)(\/go\.mod)?\s+(h1:[A-Za-z0-9+/]{43}=)\s*$/;

function wrongLinesIn(text: string): readonly WrongLine[] {
  return text.split('\n').flatMap((content, at) => {
    const line = content.trim();
    return line === '' || sumLine.test(content) ? [] : [{ line: at + 1, words: line.split(/\s+/, 2) }];
  });
}

/** Parses go.sum and skips invalid lines. `null`: the text has no valid line. */
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

/** Parses the `require` and `replace` directives of a go.mod. `null`: the text has no `module` directive. */
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
 * Lists the modules of a lock file, sorted by `sortByNeed`. The lock file does not say how many packages require a
 * module, so the number of the module's versions in go.sum is used instead.
 * @param from  `mod`: the modules that go.mod requires. `sum`: the modules whose zip has a hash in go.sum, each at the
 *              highest such version
 */
export function listLockEntries(from: 'sum' | 'mod', sum: GoSum | null, mod: GoMod | null): readonly GoModule[] {
  const direct = new Set(mod?.requires.filter((entry) => entry.direct).map(({ module }) => module));
  const mentions = new Map([...(sum?.versions ?? [])].map(([module, versions]) => [module, versions.size]));
  const used = from === 'mod' ? (mod?.requires ?? []) : zipped(sum);
  return sortByNeed(used, mentions, direct);
}

/** Returns why a module is skipped; `null`: it is not skipped. */
function skipReason({ module, version }: GoModule, mod: GoMod | null, isPrivate: boolean): SkipReason | null {
  if (isPrivate) return 'private';
  if (mod?.replaced.has(module) || mod?.replaced.has(`${module}@${version}`)) return 'replaced';
  return isModulePath(module) && isCanonical(version) ? null : 'malformed';
}

function zipped(sum: GoSum | null): readonly GoModule[] {
  return [...(sum?.versions ?? [])].flatMap(([module, versions]) => {
    const best = [...versions]
      .filter(([, hasZip]) => hasZip)
      .map(([version]) => version)
      .sort(compareVersions)
      .at(-1);
    return best === undefined ? [] : [{ module, version: best }];
  });
}
