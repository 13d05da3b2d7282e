import type SemVer from 'semver/classes/semver.js';
import parse from 'semver/functions/parse.js';
import { isExact } from './version.ts';

/**
 * The highest `keep` of the whole versions by semver's order, the highest last, and how many whole ones there are. Each is
 * held against those kept alone: a packument may name any number.
 */
export function highest(
  versions: readonly string[],
  keep: number,
): { readonly count: number; readonly kept: readonly string[] } {
  const best: SemVer[] = [];
  let count = 0;
  for (const text of versions) {
    const version = isExact(text) ? parse(text) : null;
    if (version === null) continue;
    count += 1;
    const below = best.findLastIndex((one) => one.compare(version) < 0);
    if (below < 0 && best.length >= keep) continue;
    best.splice(below + 1, 0, version);
    if (best.length > keep) best.shift();
  }
  return { count, kept: best.map(({ raw }) => raw) };
}
