import type SemVer from 'semver/classes/semver.js';
import parse from 'semver/functions/parse.js';
import { each, type Slices } from '../../core/slices.ts';
import { isExact } from './package-name.ts';

/**
 * The highest `keep` complete versions in semver order, ascending, and the count of all. Each version is compared only
 * with those kept: a packument may list any number.
 */
export function* selectHighest(
  versions: readonly string[],
  keep: number,
): Slices<{ readonly count: number; readonly kept: readonly string[] }> {
  const best: SemVer[] = [];
  let count = 0;
  yield* each(versions, (text) => {
    const version = isExact(text) ? parse(text) : null;
    if (version === null) return;
    count += 1;
    const below = best.findLastIndex((one) => one.compare(version) < 0);
    if (below < 0 && best.length >= keep) return;
    best.splice(below + 1, 0, version);
    if (best.length > keep) best.shift();
  });
  return { count, kept: best.map(({ raw }) => raw) };
}
