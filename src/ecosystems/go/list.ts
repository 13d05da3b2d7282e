import { isMarkup, utf8 } from '../../core/body-text.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { sortVersions } from './latest.ts';
import { isCanonical, isPseudo, isSemver } from './version.ts';

const notAList: ProbeFailure = { kind: 'malformed', expected: 'versions, one a line' };
const markup: ProbeFailure = { kind: 'wrong_content', expected: 'versions, one a line' };

/**
 * The versions of a `@v/list` body: ascending, each once, canonical, without pseudo-versions (clients drop those),
 * the highest `limits.versionsKept`. None is legal: a module without tags. A second field (a time) is ignored.
 * @returns malformed where a line's first field is no semantic version; wrong content where a line begins with `<`
 * @see protocols.md 0.2, 1.1
 */
export function parseList(body: Uint8Array): Result<readonly string[], ProbeFailure> {
  if (isMarkup(body)) return error(markup);
  const text = utf8(body);
  if (text === null) return error(notAList);
  const versions: string[] = [];
  for (const line of text.split('\n')) {
    const [first] = line.trim().split(/\s+/);
    if (first === undefined || first === '') continue;
    if (first.startsWith('<')) return error(markup);
    if (!isSemver(first)) return error(notAList);
    if (isCanonical(first) && !isPseudo(first) && first.length <= limits.versionChars) versions.push(first);
  }
  return ok(sortVersions(versions).slice(-limits.versionsKept));
}
