import type { ControlDue, ControlResponse, Due } from '../core/due.ts';
import type { Because, Outcome, ProbeFailure } from '../core/failure.ts';
import type { Now, Probed, WorkerBook } from '../core/ports.ts';
import { nothingReceived } from '../core/sample.ts';

export const workerRole = 'mirrorwatch-worker';

/** The start data of a thread. `worker`: the number of the thread, from 0; its replacement has the same number. */
export interface WorkerSeed {
  readonly role: typeof workerRole;
  readonly worker: number;
  readonly book: WorkerBook;
  /**
   * Memory shared with the main thread. It holds the low 32 bits of the id of the job whose response is being
   * processed; 0: none.
   */
  readonly reading: Int32Array;
}

/** A message from the main thread. The id `job` is unique over all threads. */
export type ToWorker =
  | { readonly kind: 'probe'; readonly job: number; readonly due: Due }
  | { readonly kind: 'control'; readonly job: number; readonly due: ControlDue }
  | { readonly kind: 'book'; readonly book: WorkerBook; readonly edition: number };

export type FromWorker =
  | { readonly kind: 'done'; readonly jobs: readonly JobDone[] }
  | { readonly kind: 'beat'; readonly delaysMs: readonly number[] }
  | { readonly kind: 'booked'; readonly edition: number };

export type JobDone =
  | { readonly job: number; readonly kind: 'probe'; readonly probed: Probed }
  | { readonly job: number; readonly kind: 'control'; readonly response: ControlResponse };

/**
 * Each thread sends a message at this interval, milliseconds. The message shows that the thread is alive, and contains
 * its event-loop delays.
 */
export const beatMs = 1_000;

/**
 * Makes the result of a probe that its thread did not finish.
 * @param because  why the result is unknown, or how the probe has failed because its response ended the thread
 * @param heldMs   how long the response blocked the thread, milliseconds
 */
export function lostProbeOf(
  due: Due,
  because: Extract<Because, 'defect' | 'shutdown' | 'local'> | ProbeFailure,
  worker: number,
  now: Now,
  heldMs?: number,
): Probed {
  const outcome: Outcome =
    typeof because === 'string' ? { tag: 'unknown', because } : { tag: 'failed', failure: because };
  const started = { startedAtMs: now.wallMs, startedMonotonicMs: now.monotonicMs };
  return {
    sample: {
      due,
      ...started,
      endedMonotonicMs: now.monotonicMs,
      outcome,
      rttMs: null,
      ...nothingReceived,
      requests: 0,
      ...(heldMs === undefined ? {} : { heldMs }),
      worker,
    },
    transcript: {
      probeId: due.probeId,
      ...started,
      hops: [],
      verdict: { outcome: outcome.tag === 'failed' ? outcome : { tag: 'unknown', because: 'defect' }, facts: {} },
      errorLine: null,
      loopDelayMsMax: 0,
      worker,
    },
  };
}

export function lostControlOf(due: ControlDue, now: Now): ControlResponse {
  return { name: due.name, answered: false, latencyMs: null, code: 'defect', at: now };
}
