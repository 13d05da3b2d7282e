import type { Config } from '../core/config.ts';
import type { Result } from '../core/result.ts';
import type { Target } from '../core/target.ts';
import { systemTimers } from '../io/timers.ts';
import { nothingLearnt, workerBook } from './book.ts';
import { finalsMost, rankOnce } from './once.ts';
import { answerWithin, closeWithin, type NoAnswer } from './patience.ts';
import type { RankRow } from './rank-row.ts';
import { type ProcessFacts, processLog, systemClock, systemRandom, workersFor } from './system.ts';

export type { RankRow } from './rank-row.ts';

/**
 * Ranks mirrors by their canaries, in interleaved rounds, in one worker thread.
 * @returns `NoAnswer` where the thread says nothing; it may still be there afterwards, see `closeWithin`
 */
export async function rankNow(
  config: Config,
  targets: readonly Target[],
  rounds: number,
  facts: ProcessFacts,
  watch: { progress(done: number, of: number, registry: string): void; stopped(): boolean },
): Promise<Result<readonly RankRow[], NoAnswer>> {
  const workers = workersFor(
    workerBook({ config, learnt: nothingLearnt, version: facts.version }),
    processLog(facts),
    1,
  );
  try {
    return await rankOnce({
      config,
      targets,
      rounds,
      finals: finalsMost,
      ask: (due) => answerWithin(workers, due, systemTimers),
      clock: systemClock,
      random: systemRandom,
      ...watch,
    });
  } finally {
    await closeWithin(workers, systemTimers);
  }
}
