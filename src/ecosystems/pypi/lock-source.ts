import type { Mirror } from '../../core/mirror.ts';
import type { LockEntry, LockFile, SkipReason } from '../locks.ts';
import { publicPypi } from './context.ts';
import { isProjectName, normalNameOf } from './names.ts';
import { parseVersion } from './version.ts';

/** The source of a package in a lock file. `url` `null`: the public index. */
export type LockSource = { readonly kind: 'index'; readonly url: string | null } | { readonly kind: 'elsewhere' };

const publicIndex = /^https:\/\/pypi\.(?:org|python\.org)\/simple$/;

/** True for an index that is neither the public one nor a mirror of it: its projects may be private. */
export function isForeignIndex(url: string, mirrors: readonly Mirror[]): boolean {
  if (!URL.canParse(url)) return true;
  const { protocol, host, pathname } = new URL(url);
  // The look-behind keeps the time linear: a run of slashes is tried once, not at each slash.
  const plain = `${protocol}//${host}${pathname}`.replace(/(?<!\/)\/+$/, '');
  if (publicIndex.test(plain)) return false;
  return !mirrors.some((mirror) => mirror.upstream === publicPypi && mirror.url.replace(/\/+$/, '') === plain);
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
