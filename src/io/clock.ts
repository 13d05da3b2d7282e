import type { Clock } from '../core/ports.ts';

/** CLOCK_MONOTONIC in milliseconds: one time line for all threads of the process, unlike `performance.now()`. */
function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}

/** The machine's clocks. `monotonicMs` is the same in every thread of this process; it stands still while the machine sleeps. */
export const systemClock: Clock = {
  now: () => ({ wallMs: Date.now(), monotonicMs: monotonicMs() }),
  monotonicMs,
  wallMs: () => Date.now(),
};
