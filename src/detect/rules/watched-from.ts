import { limits } from '../../core/limits.ts';
import { told } from '../../words/tell.ts';
import type { Says } from './says.ts';

/**
 * What a suspicion says of the place we watch from: a finding of its own once it has lasted ten minutes, `null` before.
 * @param pattern  how often each mirror answered and failed of late, by registry
 * @param isLoss   the line loses some of everything, rather than all of it
 */
export function watchedFromSays(
  lastedMs: number,
  pattern: ReadonlyMap<string, { readonly answered: number; readonly failed: number }>,
  isLoss: boolean,
): Says {
  if (lastedMs < limits.vantageFindingMs) return null;
  const minutes = Math.round(lastedMs / 60_000);
  return {
    tag: 'trouble',
    scope: [],
    cause: isLoss ? 'partly_failing' : 'all_failing',
    vantage: 'suspect',
    evidence: {
      samples: pattern.size,
      failures: [...pattern.values()].filter(({ answered, failed }) => failed > answered).length,
    },
    actionable: false,
    ...told(isLoss ? 'found.usLoss' : 'found.us', { minutes }),
  };
}

/** The end of that. */
export const watchedFromWell: Says = { tag: 'well', ...told('found.us.well') };
