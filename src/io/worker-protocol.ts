import type { ControlAnswer, ControlDue, Due } from '../core/due.ts';
import type { Because } from '../core/failure.ts';
import type { Now, Probed, WorkerBook } from '../core/ports.ts';
import { nothingReceived } from '../core/sample.ts';

/** How a thread knows that it was started to serve us; other threads may load the same file. */
export const workerRole = 'mirrorwatch-worker';

/** What a thread is born with. `worker` is its number from 0 and stays the same over replacements. */
export interface WorkerSeed {
  readonly role: typeof workerRole;
  readonly worker: number;
  readonly book: WorkerBook;
  /** Shared with the main thread: the low 32 bits of the job whose answer is being read, 0 for none. */
  readonly reading: Int32Array;
}

/** From the main thread. `job` is unique over all threads; an answer bears the same one. */
export type ToWorker =
  | { readonly kind: 'probe'; readonly job: number; readonly due: Due }
  | { readonly kind: 'control'; readonly job: number; readonly due: ControlDue }
  | { readonly kind: 'book'; readonly book: WorkerBook; readonly edition: number };

/** From a thread: what ended since the last message, and each second its loop delays, which say that it lives. */
export type FromWorker =
  | { readonly kind: 'done'; readonly jobs: readonly JobDone[] }
  | { readonly kind: 'beat'; readonly delaysMs: readonly number[] }
  | { readonly kind: 'booked'; readonly edition: number };

/** One job's end. */
export type JobDone =
  | { readonly job: number; readonly kind: 'probe'; readonly probed: Probed }
  | { readonly job: number; readonly kind: 'control'; readonly answer: ControlAnswer };

/** How often a thread reports its loop delays. */
export const beatMs = 1_000;

/** The result of a probe whose end nobody saw, or that was not made (`local`): no hop, nothing timed, nothing judged. `heldMs` as in `Sample`. */
export function lostProbeOf(
  due: Due,
  because: Extract<Because, 'defect' | 'shutdown' | 'local'>,
  worker: number,
  now: Now,
  heldMs?: number,
): Probed {
  const started = { startedAtMs: now.wallMs, startedMonotonicMs: now.monotonicMs };
  return {
    sample: {
      due,
      ...started,
      endedMonotonicMs: now.monotonicMs,
      outcome: { tag: 'unknown', because },
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
      verdict: { outcome: { tag: 'unknown', because: 'defect' }, facts: {} },
      errorLine: null,
      loopDelayMsMax: 0,
      worker,
    },
  };
}

/** The answer of a control that was lost twice. */
export function lostControlOf(due: ControlDue, now: Now): ControlAnswer {
  return { name: due.name, answered: false, latencyMs: null, code: 'defect', at: now };
}
