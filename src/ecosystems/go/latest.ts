import { compareVersions, isIncompatible, isPrerelease } from './version.ts';

/** What `latest` stands for, or what must be known first. */
export type Latest =
  | { readonly tag: 'version'; readonly version: string }
  /** The list holds `+incompatible` versions above this one: they count only if this one has no go.mod of its own. */
  | { readonly tag: 'has_mod'; readonly version: string }
  /** The list names no version: `@latest` is asked. */
  | { readonly tag: 'ask' };

/**
 * Chooses as the go command does: the highest release, else the highest pre-release, else `@latest`; versions
 * `+incompatible` only where the highest compatible one has no go.mod. Retractions are not read: a retracted version
 * stays downloadable, and that is what a probe needs.
 * @param versions  canonical, without pseudo-versions, ascending
 * @param hasMod    whether the highest compatible version has a go.mod of its own; `null` while not known
 * @see protocols.md 1.7; golang/go modload/query.go filterVersions
 */
export function latestOf(versions: readonly string[], hasMod: boolean | null): Latest {
  const compatible = versions.filter((version) => !isIncompatible(version));
  const highest = compatible.at(-1);
  let allowed = versions;
  if (highest !== undefined && compatible.length < versions.length) {
    if (hasMod === null) return { tag: 'has_mod', version: highest };
    if (hasMod) allowed = compatible;
  }
  const version = allowed.findLast((candidate) => !isPrerelease(candidate)) ?? allowed.at(-1);
  return version === undefined ? { tag: 'ask' } : { tag: 'version', version };
}

/** The versions sorted ascending, each once. */
export function sortVersions(versions: readonly string[]): readonly string[] {
  return [...new Set(versions)].sort(compareVersions);
}
