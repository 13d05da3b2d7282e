import type { Clock } from '../core/ports.ts';

/** Reads CLOCK_MONOTONIC, which is the same in all threads. (`performance.now()` starts at 0 in each thread.) */
function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}

/** The machine's clocks; `monotonicMs` is the same in all threads. */
export const systemClock: Clock = {
  now: () => ({ wallMs: Date.now(), monotonicMs: monotonicMs() }),
  monotonicMs,
  wallMs: () => Date.now(),
};
