import type { Timed } from '../core/ports.ts';

/** What one probe makes its thread compute, piece by piece, by the answers that it is for. */
export interface Pieces {
  /** Carries out one piece. */
  readonly timed: Timed;
  /** Another answer is asked for: pieces up to the next call are for that one. */
  readonly nextAnswer: () => void;
  /** What one answer took so far, in all its pieces, the most of any: processor time of this thread, milliseconds. */
  readonly longestMs: () => number;
}

/** @param reading  told when each piece begins and ends */
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

/** A busy machine makes no piece longer; on a Node before 23.9, which tells no thread its own time, it does. */
function spentMs(): number {
  if (typeof process.threadCpuUsage !== 'function') return performance.now();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
