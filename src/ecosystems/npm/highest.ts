import type SemVer from 'semver/classes/semver.js';
import parse from 'semver/functions/parse.js';
import { each, type Slices } from '../../core/slices.ts';
import { isExact } from './version.ts';

/**
 * The highest `keep` of the whole versions by semver's order, the highest last, and how many whole ones there are. Each is
 * held against those kept alone: a packument may name any number.
 */
export function* highest(
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
