import type { Config } from '../core/config.ts';
import type { Probed, Workers } from '../core/ports.ts';
import { error, ok, type Result } from '../core/result.ts';
import { systemTimers } from '../io/timers.ts';
import { buildWorkerBook, nothingLearnt } from './book.ts';
import { closeWithin, makeDue, type NoAnswer, type OnceRequest, patienceMsFor, probeWithin } from './once.ts';
import { type ProcessFacts, processLog, systemClock, systemRandom, workersFor } from './system.ts';

/** Probes that an operator requests, as the daemon would make them. */
export interface Probing {
  /**
   * Probes once. Never throws because of a mirror.
   * @returns `NoAnswer` if the thread does not respond; the thread may still run afterwards, see `closeWithin`
   */
  ask(config: Config, request: OnceRequest): Promise<Result<Probed, NoAnswer>>;
  close(): Promise<void>;
}

/** Starts a worker thread for each configuration at its first probe. */
export function startProbing(facts: ProcessFacts): Probing {
  const open = new Map<Config, Workers>();
  function workersOf(config: Config): Workers {
    const book = () => buildWorkerBook({ config, learnt: nothingLearnt, version: facts.version });
    const workers = open.get(config) ?? workersFor(book(), processLog(facts), 1);
    open.set(config, workers);
    return workers;
  }
  return {
    async ask(config, request) {
      const due = makeDue(request, config, { clock: systemClock, random: systemRandom });
      const probed = await probeWithin(workersOf(config), due, systemTimers);
      return probed === null ? error({ registry: due.target.registry, limitMs: patienceMsFor(due) }) : ok(probed);
    },
    async close() {
      await Promise.all([...open.values()].map((workers) => closeWithin(workers, systemTimers)));
    },
  };
}

/** One probe, in a worker thread of its own; as `Probing.ask`. */
export async function probeNow(
  config: Config,
  request: OnceRequest,
  facts: ProcessFacts,
): Promise<Result<Probed, NoAnswer>> {
  const probing = startProbing(facts);
  try {
    return await probing.ask(config, request);
  } finally {
    await probing.close();
  }
}
