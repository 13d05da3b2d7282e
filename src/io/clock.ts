import type { Clock } from '../core/ports.ts';

/** CLOCK_MONOTONIC in milliseconds; `performance.now()` begins at the start of its thread. */
function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}

/** The machine's clocks. `monotonicMs` is the same in every thread, and stands still while the machine sleeps. */
export const systemClock: Clock = {
  now: () => ({ wallMs: Date.now(), monotonicMs: monotonicMs() }),
  monotonicMs,
  wallMs: () => Date.now(),
};
