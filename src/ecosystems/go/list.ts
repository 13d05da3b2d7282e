import { isMarkup, utf8 } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { type Slices, walkLines } from '../../core/slices.ts';
import { malformed, wrongContent } from '../../words/tell.ts';
import { compareVersions, isCanonical, isIncompatible, isPrerelease, isPseudo, isSemver } from './version.ts';

/** How many versions above `limits.versionsKept` are collected before the list is cut. */
const spareMax = 2_000;

const notAList: ProbeFailure = malformed('answer.versions');
const markup: ProbeFailure = wrongContent('answer.versions');

/**
 * The highest `limits.versionsKept` versions of a `@v/list` body, ascending: canonical ones without duplicates and
 * pseudo-versions. Only the first field of a line counts. An empty list is legal: the module has no tags.
 * @returns malformed where a line's first field is no semantic version; wrong content where a line begins with `<`
 * @see protocols.md 0.2, 1.1
 */
export function* parseList(body: Uint8Array): Slices<Result<readonly string[], ProbeFailure>> {
  if (isMarkup(body)) return error(markup);
  const text = utf8(body);
  if (text === null) return error(notAList);
  let versions: string[] = [];
  let failure: ProbeFailure | null = null;
  const highest = () => sortVersions(versions).slice(-limits.versionsKept);
  yield* walkLines(text, (line) => {
    const first = /^\S*/.exec(line.trimStart())?.[0] ?? '';
    if (first === '') return true;
    if (first.startsWith('<')) failure = markup;
    else if (!isSemver(first)) failure = notAList;
    else if (isCanonical(first) && !isPseudo(first) && first.length <= limits.versionChars) versions.push(first);
    if (versions.length > limits.versionsKept + spareMax) versions = [...highest()];
    return failure === null;
  });
  return failure === null ? ok(highest()) : error(failure);
}

type Latest =
  | { readonly tag: 'version'; readonly version: string }
  /** The caller must find out whether `version` has a go.mod of its own. */
  | { readonly tag: 'has_mod'; readonly version: string }
  /** The list is empty: the caller must request `@latest`. */
  | { readonly tag: 'ask' };

/**
 * Resolves `latest` as the go command does: the highest release, else the highest pre-release. `+incompatible` versions
 * do not count if the highest compatible version has a go.mod. Retractions are ignored: a probe can download a
 * retracted version.
 * @param versions  canonical, without pseudo-versions, ascending
 * @param hasMod    whether the highest compatible version has a go.mod of its own; `null`: not known yet
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

export function sortVersions(versions: readonly string[]): readonly string[] {
  return [...new Set(versions)].sort(compareVersions);
}
