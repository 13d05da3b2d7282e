import type { Clock, Timers } from '../../src/core/ports.ts';

/** A clock and timers that move only when told to; promises settle between two timers. */
export interface ManualTime {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Milliseconds since the start, monotonic. */
  nowMs(): number;
  /** Moves on, running each timer at its own time; what a timer set off has settled before the next runs. */
  pass(ms: number): Promise<void>;
  /** Moves on in one leap, as a blocked process does: timers that came due meanwhile run late, at the end of it. */
  leap(ms: number): Promise<void>;
  /** A time of its own that goes on from here: that of the next process, while this one's can still be run to its end. */
  next(): ManualTime;
  /** Sets the wall clock forward (or back), as a suspended machine or an operator does. */
  shiftWall(ms: number): void;
}

/** Wall milliseconds at monotonic 0: both clocks start apart, so that mixing them up shows. */
export const epochMs = Date.UTC(2026, 0, 1);

/** Lets promises and sockets move on without any time passing. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Time that stands still. */
export function manualTime(startMs = 0, startShiftMs = 0): ManualTime {
  let nowMs = startMs;
  let wallShiftMs = startShiftMs;
  let order = 0;
  const waiting = new Set<{ readonly atMs: number; readonly order: number; readonly run: () => void }>();

  function next(endMs: number) {
    let first: { readonly atMs: number; readonly order: number; readonly run: () => void } | null = null;
    for (const one of waiting) {
      if (one.atMs > endMs) continue;
      if (first === null || one.atMs < first.atMs || (one.atMs === first.atMs && one.order < first.order)) first = one;
    }
    return first;
  }

  async function runUntil(endMs: number, moves: boolean): Promise<void> {
    for (let one = next(endMs); one !== null; one = next(endMs)) {
      waiting.delete(one);
      if (moves) nowMs = Math.max(nowMs, one.atMs);
      one.run();
      await breathe();
    }
    nowMs = endMs;
  }

  const wallMs = (): number => epochMs + nowMs + wallShiftMs;
  return {
    clock: { now: () => ({ wallMs: wallMs(), monotonicMs: nowMs }), monotonicMs: () => nowMs, wallMs },
    timers: {
      after(delayMs, run) {
        const one = { atMs: nowMs + Math.max(0, delayMs), order: order++, run };
        waiting.add(one);
        return { cancel: () => void waiting.delete(one) };
      },
    },
    nowMs: () => nowMs,
    pass: (ms) => runUntil(nowMs + ms, true),
    async leap(ms) {
      nowMs += ms;
      await runUntil(nowMs, false);
    },
    next: () => manualTime(nowMs, wallShiftMs),
    shiftWall(ms) {
      wallShiftMs += ms;
    },
  };
}
