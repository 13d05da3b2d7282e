import { limits } from '../../core/limits.ts';
import type { Says } from './says.ts';

/**
 * What a suspicion says of the place we watch from: a finding of its own once it has lasted ten minutes, `null` before.
 * @param pattern  who answered last, by registry
 */
export function watchedFromSays(lastedMs: number, pattern: ReadonlyMap<string, boolean>): Says {
  if (lastedMs < limits.vantageFindingMs) return null;
  return {
    tag: 'trouble',
    scope: [],
    cause: 'all_failing',
    vantage: 'suspect',
    evidence: { samples: pattern.size, failures: [...pattern.values()].filter((answered) => !answered).length },
    actionable: false,
    text: `Everything we watch has failed together for ${Math.round(lastedMs / 60_000)} minutes: it is the place we watch from.`,
  };
}

/** The end of that. */
export const watchedFromWell: Says = { tag: 'well', text: 'The place we watch from is online again.' };
