import type { Timed } from '../core/ports.ts';

/** Measures the computation that one probe causes in its thread. */
export interface Pieces {
  readonly timed: Timed;
  /** From now on, computations belong to another response. */
  readonly nextAnswer: () => void;
  /** The processor time of the response that took most, milliseconds. */
  readonly longestMs: () => number;
}

/**
 * @param reading  called when each computation begins and ends
 * @param spentMs  processor time, milliseconds; default: of this thread
 */
export function createPieces(
  reading: (isReading: boolean) => void = () => undefined,
  spentMs: () => number = threadSpentMs,
): Pieces {
  let longestMs = 0;
  let answerMs = 0;
  return {
    timed(compute) {
      const fromMs = spentMs();
      reading(true);
      try {
        return compute();
      } finally {
        reading(false);
        answerMs += spentMs() - fromMs;
        longestMs = Math.max(longestMs, answerMs);
      }
    },
    nextAnswer() {
      answerMs = 0;
    },
    longestMs: () => longestMs,
  };
}

/** Processor time of this thread, milliseconds; before Node 23.9, elapsed time. */
function threadSpentMs(): number {
  if (typeof process.threadCpuUsage !== 'function') return performance.now();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
