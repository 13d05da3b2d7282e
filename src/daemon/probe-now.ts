import type { Config } from '../core/config.ts';
import type { Probed } from '../core/ports.ts';
import { workerBook } from './book.ts';
import { dueOnce, type OnceRequest } from './once.ts';
import { nothingLearnt } from './pins.ts';
import { type ProcessFacts, processLog, systemClock, systemRandom, workersFor } from './system.ts';

/** One probe by hand, in a worker thread of its own, as the daemon would make it. Never throws for a mirror's sake. */
export async function probeNow(config: Config, request: OnceRequest, facts: ProcessFacts): Promise<Probed> {
  const workers = workersFor(workerBook(config, nothingLearnt, facts.version), processLog(facts), 1);
  try {
    return await workers.probe(dueOnce(request, config, { clock: systemClock, random: systemRandom }));
  } finally {
    await workers.close();
  }
}
