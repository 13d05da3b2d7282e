import type { Decision } from './decide.ts';
import type { TimeTest } from './paired/time.ts';
import { fetchCostMs } from './rank.ts';
import type { View } from './view.ts';

/** What a fetch costs where clients are now, and where a move leads, milliseconds; `null`: not measured, or no move. */
export interface FetchCosts {
  readonly hereMs: number | null;
  readonly thereMs: number | null;
}

/**
 * What a decision changes for one fetch. Where a test of time speaks, both are taken over the moments it rests on: the half
 * hour before would hide what has changed, and one's worst minute beside the other's usual hour would show what has not.
 */
export function fetchCostsOf(view: View, decision: Exclude<Decision, { kind: 'none' | 'wait' }>): FetchCosts {
  const { contest } = view.group;
  const here = contest.records.get(decision.at.name);
  if (decision.kind !== 'move') return { hereMs: fetchCostMs(here, view.by), thereMs: null };
  const { name } = decision.to.mirror;
  const isAboutTime = decision.alarm === 'time' || decision.alarm === 'heavy_time';
  const pair = isAboutTime ? contest.pairs.get(name) : undefined;
  if (pair === undefined) return { hereMs: fetchCostMs(here, view.by), thereMs: decision.to.scoreMs };
  const meansOf = (ms: (test: TimeTest) => number) => ({
    light: meanOf(pair.time.light, ms),
    heavy: meanOf(pair.time.heavy, ms),
  });
  const heads = meansOf((test) => test.headTookMs);
  const candidates = meansOf((test) => test.candidateMs);
  return {
    hereMs: fetchCostMs(here, view.by, heads),
    thereMs: fetchCostMs(contest.records.get(name), view.by, candidates),
  };
}

/** The mean since the sum left zero; `null` while it is there. Milliseconds. */
function meanOf(test: TimeTest, ms: (test: TimeTest) => number): number | null {
  return test.sum > 0 && test.rounds > 0 ? ms(test) / test.rounds : null;
}
