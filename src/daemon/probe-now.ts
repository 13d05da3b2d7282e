import type { Config } from '../core/config.ts';
import type { Probed, Workers } from '../core/ports.ts';
import { error, ok, type Result } from '../core/result.ts';
import { systemTimers } from '../io/timers.ts';
import { buildWorkerBook, nothingLearnt } from './book.ts';
import { type ProcessFacts, systemClock, systemRandom } from './machine.ts';
import { closeWithin, makeDue, type NoResult, type OnceRequest, patienceMsFor, probeWithin } from './once.ts';
import { processLog, workersFor } from './system.ts';

/**
 * Runs all probes in one thread, because the start of a thread takes longer than most probes. The first probe starts
 * the thread.
 */
export function startProbing(facts: ProcessFacts) {
  let workers: Workers | null = null;
  return {
    /**
     * Probes once; never throws because of a mirror. Calls must not overlap, because each call sets the configuration of
     * the thread.
     * @returns the result of the probe; `NoResult` if the probing thread does not respond in time
     */
    async probe(config: Config, request: OnceRequest): Promise<Result<Probed, NoResult>> {
      const book = buildWorkerBook({ config, learnt: nothingLearnt, version: facts.version });
      // A thread reads its messages in order. So a probe uses the book (the access and input of probes) that was sent
      // before it.
      if (workers === null) workers = workersFor(book, processLog(facts), 1);
      else void workers.configure(book);
      const due = makeDue(request, config, { clock: systemClock, random: systemRandom });
      const probed = await probeWithin(workers, due, systemTimers);
      return probed === null ? error({ registry: due.target.registry, limitMs: patienceMsFor(due) }) : ok(probed);
    },
    async close(): Promise<void> {
      if (workers !== null) await closeWithin(workers, systemTimers);
    },
  };
}

/**
 * Runs one probe in a thread that is started for it.
 * @returns the result of the probe; `NoResult` if the thread does not respond in time
 */
export async function probeNow(
  config: Config,
  request: OnceRequest,
  facts: ProcessFacts,
): Promise<Result<Probed, NoResult>> {
  const probing = startProbing(facts);
  try {
    return await probing.probe(config, request);
  } finally {
    await probing.close();
  }
}
