import { isMarkup, utf8 } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { each, type Slices, walkLines } from '../../core/slices.ts';
import { malformed, wrongContent } from '../../words/tell.ts';
import { createGoModReader } from './mod-file.ts';
import { compareVersions, isCanonical, isIncompatible, isPrerelease, isPseudo, isSemver } from './version.ts';

/** The number of versions above `limits.versionsKept` that are collected before the lowest ones are dropped. */
const spareMax = 2_000;

/** The versions in a list: only canonical ones, without duplicates and pseudo-versions. */
export interface VersionList {
  /** The number of all versions, at most `limits.versionsCounted`. */
  readonly count: number;
  /**
   * The `limits.versionsKept` highest versions in ascending order, and each lower version to which `latest` may
   * resolve.
   */
  readonly kept: readonly string[];
}

/**
 * Parses a `@v/list` body. Only the first field of a line counts. Lines without a version are ignored, as the go command
 * does. An empty list is legal: the module has no tags.
 * @returns the versions, or a failure: `wrong_content` for markup; `malformed` for other bytes than text without a
 *          version
 * @see docs/protocols/common.md#shapes-of-bodies, docs/protocols/go.md#endpoints
 */
export function* parseList(body: Uint8Array): Slices<Result<VersionList, ProbeFailure>> {
  if (isMarkup(body)) return error(wrongContent('answer.versions'));
  const counted = new Set<string>();
  const highestOfKind = new Map<string, string>();
  let versions: string[] = [];
  const highest = () => sortVersions(versions).slice(-limits.versionsKept);
  const take = (version: string): void => {
    if (counted.size < limits.versionsCounted) counted.add(version);
    const kind = `${isIncompatible(version)} ${isPrerelease(version)}`;
    const known = highestOfKind.get(kind);
    if (known === undefined || compareVersions(version, known) > 0) highestOfKind.set(kind, version);
    versions.push(version);
    if (versions.length > limits.versionsKept + spareMax) versions = [...highest()];
  };
  yield* walkLines(Buffer.from(body).toString(), (line) => {
    const first = /^\S*/.exec(line.trimStart())?.[0] ?? '';
    if (isCanonical(first) && !isPseudo(first) && first.length <= limits.versionChars) take(first);
  });
  if (counted.size === 0 && utf8(body) === null) return error(malformed('answer.versions'));
  return ok({ count: counted.size, kept: sortVersions([...highestOfKind.values(), ...highest()]) });
}

type Latest =
  | { readonly tag: 'version'; readonly version: string }
  /** The caller must find out whether `version` has a go.mod of its own, not one that the proxy generated. */
  | { readonly tag: 'has_mod'; readonly version: string }
  /** The list is empty: the caller must request `@latest`. */
  | { readonly tag: 'ask' };

/**
 * Resolves `latest` as the go command does: the highest release, else the highest pre-release. `+incompatible` versions
 * do not count if the highest compatible version has a go.mod.
 * @param versions  canonical, without pseudo-versions, ascending
 * @param hasMod    whether the highest compatible version has a go.mod of its own; `null`: not known yet
 * @see docs/protocols/go.md#versions; golang/go modload/query.go filterVersions
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

/**
 * The maximum number of `retract` directives to read from a go.mod. It is limited, because each directive is compared
 * with every version.
 */
const retractionsMax = 200;

/**
 * Returns the versions that no `retract` directive of this go.mod names.
 * @see https://go.dev/ref/mod#go-mod-file-retract
 */
export function* allowedVersionsIn(versions: readonly string[], goMod: Uint8Array): Slices<readonly string[]> {
  const ranges = yield* retractionsIn(goMod);
  const allowed: string[] = [];
  const isRetracted = (version: string): boolean =>
    ranges.some(([low, high]) => compareVersions(low, version) <= 0 && compareVersions(version, high) <= 0);
  yield* each(ranges.length === 0 ? [] : versions, (version) => {
    if (!isRetracted(version)) allowed.push(version);
  });
  return ranges.length === 0 ? versions : allowed;
}

/** Reads the ranges of retracted versions in a go.mod: pairs of the lowest and the highest version, both retracted. */
function* retractionsIn(goMod: Uint8Array): Slices<readonly (readonly [string, string])[]> {
  const ranges: (readonly [string, string])[] = [];
  const read = createGoModReader();
  yield* walkLines(utf8(goMod) ?? '', (line) => {
    const directive = read(line);
    if (directive?.verb !== 'retract') return true;
    // The text after `retract` is `v1.0.0` or `[v1.0.0, v1.9.9]`.
    const [low = '', high = low] = directive.words.join(' ').match(/[^\s,[\]]+/g) ?? [];
    if (isSemver(low) && isSemver(high)) ranges.push([low, high]);
    return ranges.length < retractionsMax;
  });
  return ranges;
}

export function sortVersions(versions: readonly string[]): readonly string[] {
  return [...new Set(versions)].sort(compareVersions);
}
