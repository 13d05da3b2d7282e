import { limits } from '../../core/limits.ts';
import { messageFor } from '../../words/tell.ts';
import type { Suspicion } from '../memory/mirror-memory.ts';
import type { OwnRule } from '../memory/rule.ts';
import type { FindingStatement } from '../memory/says.ts';

/** The finding of a suspicion (our own network may fail) that has lasted `limits.vantageFindingMs`; `null` before. */
function vantageStatement({ sinceMs, pattern, isLoss }: Suspicion, nowMs: number): FindingStatement {
  const lastedMs = nowMs - sinceMs;
  if (lastedMs < limits.vantageFindingMs) return null;
  const minutes = Math.round(lastedMs / 60_000);
  return {
    tag: 'trouble',
    cause: isLoss ? 'partly_failing' : 'all_failing',
    vantage: 'suspect',
    evidence: {
      samples: pattern.size,
      failures: [...pattern.values()].filter(({ responded, failed }) => failed > responded).length,
    },
    ...messageFor(isLoss ? 'found.usLoss' : 'found.us', { minutes }),
  };
}

/** Finds that our own network has failed or lost packets for a long time. */
export const vantage: OwnRule<null> = {
  name: 'vantage',
  kind: 'vantage',
  none: () => null,
  release: (_, __, { suspicions }) =>
    suspicions.size > 0 ? {} : { statement: { tag: 'well', ...messageFor('found.us.well') } },
  tick(_, __, { view, suspicions }) {
    for (const suspicion of suspicions.values()) {
      const statement = vantageStatement(suspicion, view.now.monotonicMs);
      if (statement !== null) return { statement };
    }
    return {};
  },
};
