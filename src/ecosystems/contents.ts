import { limits } from '../core/limits.ts';
import type { Contents } from '../core/transcript.ts';

/**
 * The versions of a response in comparable form: the count of all, and the names of the newest.
 * @param versions  by the ecosystem's own order, the newest last, in the spelling that all mirrors share
 * @param count     of all, where `versions` are the newest of them
 */
export function contentsOf(
  versions: readonly string[],
  isPrerelease: (version: string) => boolean,
  count = versions.length,
): NonNullable<Contents['versions']> {
  const newest = versions.slice(-limits.contentVersions);
  return { count, newest, pre: newest.filter(isPrerelease) };
}

/** The tags of a response in comparable form: `latest` first, up to the limit. */
export function tagsOf(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const fits = ([name, value]: readonly [string, string]): boolean =>
    name.length <= limits.versionChars && value.length <= limits.versionChars;
  const sorted = Object.entries(tags)
    .filter(fits)
    .toSorted(([a], [b]) => Number(b === 'latest') - Number(a === 'latest'));
  return Object.fromEntries(sorted.slice(0, limits.contentTags));
}
