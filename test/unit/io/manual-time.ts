import type { Clock, Timers } from '../../../src/core/ports.ts';

/** A clock and timers that move only when told to. Both clocks begin at 0. */
export interface ManualTime {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Moves on, running each timer at its own time. */
  pass(ms: number): void;
  /** Moves on in one leap, as a blocked thread does: timers that came due meanwhile run late, at the end of it. */
  leap(ms: number): void;
  pending(): number;
}

/** Time that stands still. */
export function manualTime(): ManualTime {
  let nowMs = 0;
  const waiting = new Set<{ readonly atMs: number; readonly run: () => void }>();

  function runUntil(endMs: number, moves: boolean): void {
    for (;;) {
      const [next] = [...waiting].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      waiting.delete(next);
      if (moves) nowMs = Math.max(nowMs, next.atMs);
      next.run();
    }
    nowMs = endMs;
  }

  return {
    clock: { now: () => ({ wallMs: nowMs, monotonicMs: nowMs }), monotonicMs: () => nowMs, wallMs: () => nowMs },
    timers: {
      after(delayMs, run) {
        const one = { atMs: nowMs + delayMs, run };
        waiting.add(one);
        return { cancel: () => void waiting.delete(one) };
      },
    },
    pass: (ms) => runUntil(nowMs + ms, true),
    leap(ms) {
      nowMs += ms;
      runUntil(nowMs, false);
    },
    pending: () => waiting.size,
  };
}
