import { limits } from '../../core/limits.ts';
import { told } from '../../words/tell.ts';
import type { Says } from '../rules/says.ts';
import type { OwnRule } from './rule.ts';

/**
 * What a suspicion says of the place we watch from: a finding of its own once it has lasted ten minutes, `null` before.
 * @param pattern  how often each mirror answered and failed of late, by registry
 * @param isLoss   the line loses some of everything, rather than all of it
 */
function vantageSays(
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

/** The place that this process runs in: everything it watches has failed for long. */
export const vantage: OwnRule<null> = {
  name: 'vantage',
  kind: 'vantage',
  none: () => null,
  release: (_, __, { suspicions }) => (suspicions.size > 0 ? {} : { says: { tag: 'well', ...told('found.us.well') } }),
  tick(_, __, { view, suspicions }) {
    for (const { sinceMs, pattern, isLoss } of suspicions.values()) {
      const says = vantageSays(view.now.monotonicMs - sinceMs, pattern, isLoss);
      if (says !== null) return { says };
    }
    return {};
  },
};
