import type { Timed } from '../core/ports.ts';

/** Measures the computation that one probe causes in its thread, per response. */
export interface Pieces {
  /** Runs one computation and measures it. */
  readonly timed: Timed;
  /** A new request starts: pieces from now on belong to its response. */
  readonly nextAnswer: () => void;
  /** The processor time of this thread for the response that took the most, all its pieces together. Milliseconds. */
  readonly longestMs: () => number;
}

/** @param reading  called when each piece begins and ends */
export function createPieces(reading: (isReading: boolean) => void = () => undefined): Pieces {
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

/** Thread time does not grow with other load; Node before 23.9 has no thread time, so there it does. */
function spentMs(): number {
  if (typeof process.threadCpuUsage !== 'function') return performance.now();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
