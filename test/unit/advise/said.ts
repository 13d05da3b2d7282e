import type { Advisor } from '../../../src/advise/advisor.ts';
import type { Candidate, Failback, NoAdviceLists } from '../../../src/core/advice.ts';
import { failbackOf, noAdviceOf } from '../../../src/words/verdict.ts';

type Judged = Pick<Advisor, 'verdicts'>;

/** The candidates of an upstream, best first, as the record of this turn has them. */
export function rankOf(advisor: Judged, ecosystem = 'go', upstream = 'go'): readonly Candidate[] {
  const verdict = advisor.verdicts().find((one) => one.ecosystem === ecosystem && one.upstream === upstream);
  return (verdict?.mirrors ?? []).map(({ failedShare: _, blocker: __, ...candidate }) => candidate);
}

export function noAdviceIn(advisor: Judged): NoAdviceLists {
  return noAdviceOf(advisor.verdicts());
}

export function failbackIn(advisor: Judged, adviceId: string): Failback | null {
  return failbackOf(advisor.verdicts(), adviceId);
}
