import type { Config } from '../core/config.ts';
import type { Target } from '../core/target.ts';
import { workerBook } from './book.ts';
import { type RankRow, rankOnce } from './once.ts';
import { nothingLearnt } from './pins.ts';
import { type ProcessFacts, processLog, systemClock, systemRandom, workersFor } from './system.ts';

export type { RankRow } from './once.ts';

/** Ranks mirrors by their canaries, in interleaved rounds, in one worker thread. */
export async function rankNow(
  config: Config,
  targets: readonly Target[],
  rounds: number,
  facts: ProcessFacts,
  watch: { progress(done: number, of: number, registry: string): void; stopped(): boolean },
): Promise<readonly RankRow[]> {
  const workers = workersFor(workerBook(config, nothingLearnt, facts.version), processLog(facts), 1);
  try {
    return await rankOnce({ config, targets, rounds, workers, clock: systemClock, random: systemRandom, ...watch });
  } finally {
    await workers.close();
  }
}
