import type SemVer from 'semver/classes/semver.js';
import parse from 'semver/functions/parse.js';
import { each, type Slices } from '../core/slices.ts';

/**
 * Returns the highest `keep` versions of Semantic Versioning 2.0.0, ascending.
 * @param isExact  true for the texts that count; the library accepts more, such as `v1.2.3`
 * @returns        `count`: the number of all versions that count
 */
export function* selectHighest(
  versions: readonly string[],
  keep: number,
  isExact: (text: string) => boolean,
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
