import type { Config } from '../../core/config.ts';
import type { Due } from '../../core/due.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Sample } from '../../core/sample.ts';
import type { Target } from '../../core/target.ts';
import { nothingLearnt, workerBook } from '../../daemon/book.ts';
import { answerWithin, closeWithin, type NoAnswer } from '../../daemon/patience.ts';
import { type ProcessFacts, processLog, systemClock, systemRandom, workersFor } from '../../daemon/system.ts';
import { systemTimers } from '../../io/timers.ts';
import { afterRounds, type RankedRow } from './after.ts';
import { finalsMost, rankOnce } from './rounds.ts';

export { downloadsFor, type RankedRow } from './after.ts';

/**
 * Ranks mirrors by their canaries, in interleaved rounds, in one worker thread; then asks each once for what there is, and
 * for one artifact.
 * @param downloads  these artifacts, of each no more than `limits.rankDownloadBytes`; empty: none is downloaded
 * @returns `NoAnswer` where the thread says nothing; it may still be there afterwards, see `closeWithin`
 */
export async function rankNow(
  config: Config,
  {
    targets,
    downloads,
    rounds,
  }: { readonly targets: readonly Target[]; readonly downloads: readonly Target[]; readonly rounds: number },
  facts: ProcessFacts,
  watch: { progress(done: number, of: number, registry: string): void; stopped(): boolean },
): Promise<Result<readonly RankedRow[], NoAnswer>> {
  const book = workerBook({ config, learnt: nothingLearnt, version: facts.version });
  const peekBytes = limits.rankDownloadBytes;
  const context = Object.fromEntries(Object.entries(book.context).map(([name, own]) => [name, { ...own, peekBytes }]));
  const workers = workersFor({ ...book, context }, processLog(facts), 1);
  const samples: Sample[] = [];
  try {
    const ports = {
      ask: (due: Due) => answerWithin(workers, due, systemTimers),
      clock: systemClock,
      random: systemRandom,
      stopped: watch.stopped,
    };
    const ranked = await rankOnce({
      ...ports,
      config,
      targets,
      rounds,
      finals: finalsMost,
      heard: (sample) => void samples.push(sample),
      progress: watch.progress,
    });
    if (ranked.tag === 'error') return error(ranked.error);
    return ok(await afterRounds({ ...ports, config, targets, samples }, ranked.value, downloads));
  } finally {
    await closeWithin(workers, systemTimers);
  }
}
