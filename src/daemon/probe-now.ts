import type { Config } from '../core/config.ts';
import type { Probed } from '../core/ports.ts';
import { error, ok, type Result } from '../core/result.ts';
import { systemTimers } from '../io/timers.ts';
import { buildWorkerBook, nothingLearnt } from './book.ts';
import { closeWithin, makeDue, type NoAnswer, type OnceRequest, patienceMsFor, probeWithin } from './once.ts';
import { type ProcessFacts, processLog, systemClock, systemRandom, workersFor } from './system.ts';

/** One probe that an operator requests, in a thread of its own, as the daemon would make it. */
export async function probeNow(
  config: Config,
  request: OnceRequest,
  facts: ProcessFacts,
): Promise<Result<Probed, NoAnswer>> {
  const workers = workersFor(
    buildWorkerBook({ config, learnt: nothingLearnt, version: facts.version }),
    processLog(facts),
    1,
  );
  const due = makeDue(request, config, { clock: systemClock, random: systemRandom });
  try {
    const probed = await probeWithin(workers, due, systemTimers);
    return probed === null ? error({ registry: due.target.registry, limitMs: patienceMsFor(due) }) : ok(probed);
  } finally {
    await closeWithin(workers, systemTimers);
  }
}
