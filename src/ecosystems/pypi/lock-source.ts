import { type Lock, type LockEntry, type LockFile, type SkipReason, sortByNeed } from '../locks.ts';
import { publicPypi } from './context.ts';
import { isProjectName, normalNameOf } from './names.ts';
import { parseVersion } from './version.ts';

/**
 * The source of a package in a lock file. `url`: the index; `null`: the public index. `elsewhere`: the source is no
 * index.
 */
export type LockSource = { readonly kind: 'index'; readonly url: string | null } | { readonly kind: 'elsewhere' };

const publicIndex = /^https:\/\/pypi\.(?:org|python\.org)\/simple$/;

/** True if an option `find-links` names a page or a variable, not a folder. */
export function isPage(place: string): boolean {
  return /https?:|\$/i.test(place);
}

/**
 * True for an index that is neither the public index nor a configured mirror of it. The projects of such an index may
 * be private.
 */
export function isForeignIndex(url: string, mirrors: LockFile['mirrors']): boolean {
  if (!URL.canParse(url)) return true;
  const { protocol, host, pathname } = new URL(url);
  // The look-behind keeps the time linear: each run of slashes is tried only once.
  const plain = `${protocol}//${host}${pathname}`.replace(/(?<!\/)\/+$/, '');
  if (publicIndex.test(plain)) return false;
  return !mirrors.some((mirror) => mirror.upstream === publicPypi && mirror.url.replace(/(?<!\/)\/+$/, '') === plain);
}

export function entryOf(
  name: string,
  version: string,
  source: LockSource,
  { mirrors, isPrivate }: Pick<LockFile, 'mirrors' | 'isPrivate'>,
): LockEntry {
  const isNamed = isProjectName(name);
  const module = isNamed ? normalNameOf(name) : name;
  const because = (): SkipReason | null => {
    if (isNamed && isPrivate(module)) return 'private';
    if (source.kind === 'elsewhere') return 'replaced';
    if (!isNamed || parseVersion(version) === null) return 'malformed';
    return source.url !== null && isForeignIndex(source.url, mirrors) ? 'foreign' : null;
  };
  return { module, version, because: because() };
}

/** A package of a lock file. `needs`: the names of the packages that it requires. */
export interface PythonLocked {
  readonly name: string;
  readonly version: string;
  readonly source: LockSource;
  readonly needs: readonly string[];
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

/**
 * Returns the entries of a lock file and the hashes of their files. The projects that the
 * largest number of other projects requires come first.
 */
export function pythonLockOf(
  packages: readonly PythonLocked[],
  needs: ReadonlyMap<string, number>,
  file: LockFile,
): Pick<Lock, 'entries' | 'pinned'> {
  const pinned: Record<string, string> = Object.create(null) as Record<string, string>;
  const entries = packages.map(({ name, version, source, files }) => {
    const entry = entryOf(name, version, source, file);
    if (entry.because === null)
      for (const one of files) pinned[`${entry.module}@${version}/${one.name}`] = `sha256:${one.sha256}`;
    return entry;
  });
  return { entries: sortByNeed(entries, needs), pinned: { ...pinned } };
}
