import { isMarkup, utf8 } from '../../core/body-text.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { eachLine, type Slices } from '../../core/slices.ts';
import { malformed, wrongContent } from '../../words/failure.ts';
import { sortVersions } from './latest.ts';
import { isCanonical, isPseudo, isSemver } from './version.ts';

/** So many more than are kept are put in order at once. */
const spareMax = 2_000;

const notAList: ProbeFailure = malformed('answer.versions');
const markup: ProbeFailure = wrongContent('answer.versions');

/**
 * The versions of a `@v/list` body: ascending, each once, canonical, without pseudo-versions (clients drop those),
 * the highest `limits.versionsKept`. None is legal: a module without tags. A second field (a time) is ignored.
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
  yield* eachLine(text, (line) => {
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
