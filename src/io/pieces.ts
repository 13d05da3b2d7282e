import { limits } from '../core/limits.ts';
import type { Pieces } from '../core/ports.ts';

/** The probe whose body the thread is receiving in this turn of the event loop; `null`: none. */
let receiving: object | null = null;

/**
 * For a computation shorter than this, the elapsed time counts, because reading the CPU time is expensive.
 * Milliseconds.
 */
const shortMs = 2;

/**
 * Creates the measurement for one probe.
 * @param reading    called with true when a computation begins, with false when it ends
 * @param spentMs    returns the CPU time used so far, milliseconds; default: that of this thread
 * @param elapsedMs  returns the elapsed time, milliseconds. In any period, it grows by at least the CPU time.
 */
export function createPieces(
  reading: (isReading: boolean) => void = () => undefined,
  spentMs: () => number = threadSpentMs,
  elapsedMs: () => number = () => performance.now(),
): Pieces {
  let longestMs = 0;
  let responseMs = 0;
  let bodyBytes = 0;
  let receivedMs = 0;
  let readMs = spentMs();
  const own = {};
  const spentSinceRead = (): number => {
    const beforeMs = readMs;
    readMs = spentMs();
    return readMs - beforeMs;
  };
  const charge = (tookMs: number): void => {
    // To read the CPU time is expensive. It is needed only after a long computation, in which the thread may have
    // waited for a core.
    responseMs += tookMs < shortMs ? tookMs : Math.min(tookMs, spentSinceRead());
    const allowedMs = (bodyBytes / 2 ** 20) * limits.heldMsPerMib;
    if (responseMs > allowedMs) longestMs = Math.max(longestMs, responseMs);
  };
  return {
    received(pieceBytes) {
      bodyBytes += pieceBytes;
      const nowMs = elapsedMs();
      if (receiving === own) charge(nowMs - receivedMs);
      else {
        receiving = own;
        setImmediate(() => {
          if (receiving === own) receiving = null;
        });
      }
      receivedMs = nowMs;
    },
    timed(compute) {
      const fromMs = elapsedMs();
      reading(true);
      try {
        return compute();
      } finally {
        reading(false);
        charge(elapsedMs() - fromMs);
      }
    },
    nextResponse() {
      responseMs = 0;
      bodyBytes = 0;
    },
    decoded(bytes) {
      bodyBytes = Math.max(bodyBytes, bytes);
    },
    longestMs: () => longestMs,
  };
}

/** Returns the CPU time of this thread, milliseconds; before Node 23.9, elapsed time. */
function threadSpentMs(): number {
  if (typeof process.threadCpuUsage !== 'function') return performance.now();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
