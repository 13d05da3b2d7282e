import type SemVer from 'semver/classes/semver.js';
import parse from 'semver/functions/parse.js';
import { isExact } from './version.ts';

/** The highest of the whole versions by semver's order; `null` of none. */
export function highest(versions: readonly string[]): string | null {
  let best: SemVer | null = null;
  for (const text of versions) {
    const version = isExact(text) ? parse(text) : null;
    if (version !== null && (best === null || version.compare(best) > 0)) best = version;
  }
  return best?.raw ?? null;
}
