import type { Due } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import type { Probed, Timers, Workers } from '../core/ports.ts';

/** The thread of a probe returned nothing, long after all its deadlines: a defect of this program. */
export interface NoAnswer {
  readonly registry: string;
  readonly limitMs: number;
}

/** How long a command waits for one probe, whatever its thread does: all of its deadlines plus ten seconds. */
export function patienceMs(due: Due): number {
  return due.timeoutMs * (limits.asideTimeouts + 1) + 10_000;
}

/** The result of one probe, awaited from outside its thread. */
export function answerWithin(workers: Pick<Workers, 'probe'>, due: Due, timers: Timers): Promise<Probed | null> {
  return orNull(workers.probe(due), patienceMs(due), timers);
}

/**
 * Closes the threads, and stops waiting after a second: one inside `getaddrinfo` cannot be ended before the resolver gives
 * up, which takes twenty seconds or more without a DNS server.
 */
export async function closeWithin(workers: { close(): Promise<void> }, timers: Timers): Promise<void> {
  await orNull(workers.close(), limits.closeMs, timers);
}

async function orNull<T>(work: Promise<T>, limitMs: number, timers: Timers): Promise<T | null> {
  let timer: { cancel(): void } | null = null;
  const late = new Promise<null>((resolve) => {
    timer = timers.after(limitMs, () => resolve(null));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    (timer as { cancel(): void } | null)?.cancel();
  }
}
