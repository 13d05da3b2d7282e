import type { Clock, Timers } from '../core/ports.ts';

const ticksKept = 16_384;
/** In an idle event loop a timer may be this late, milliseconds, because Node rounds delays to whole milliseconds. */
const roundingMs = 1;

/**
 * Starts a timer that measures its own delays: how late this thread's event loop runs it.
 * @param everyMs  the interval of the timer; a shorter delay is found only if the timer is due during the delay
 */
export function measureLoop(deps: { readonly clock: Clock; readonly timers: Timers; readonly everyMs: number }) {
  const { clock, timers, everyMs } = deps;
  const endsMs = new Float64Array(ticksKept);
  const delaysMs = new Float64Array(ticksKept);
  let ticks = 0;
  let taken = 0;
  let lastMs = clock.monotonicMs();
  let timer = timers.after(everyMs, tick);

  function lateBy(nowMs: number): number {
    return Math.max(0, nowMs - lastMs - everyMs - roundingMs);
  }

  function tick(): void {
    const nowMs = clock.monotonicMs();
    endsMs[ticks % ticksKept] = nowMs;
    delaysMs[ticks % ticksKept] = lateBy(nowMs);
    ticks += 1;
    lastMs = nowMs;
    timer = timers.after(everyMs, tick);
  }

  function reduce(fromMs: number, join: (a: number, b: number) => number): number {
    const nowMs = clock.monotonicMs();
    // If the delay began before `fromMs`, only the part after `fromMs` counts.
    let joined = Math.max(0, Math.min(lateBy(nowMs), nowMs - fromMs));
    for (let at = ticks - 1; at >= Math.max(0, ticks - ticksKept); at -= 1) {
      const endMs = endsMs[at % ticksKept] ?? 0;
      if (endMs <= fromMs) break;
      joined = join(joined, Math.min(delaysMs[at % ticksKept] ?? 0, endMs - fromMs));
    }
    return joined;
  }

  return {
    /** The longest delay since `fromMs` (monotonic), including one that still lasts, milliseconds. */
    delayMsMax: (fromMs: number) => reduce(fromMs, Math.max),
    /** The sum of all delays since `fromMs`, milliseconds; otherwise like `delayMsMax`. */
    delayMsSum: (fromMs: number) => reduce(fromMs, (a, b) => a + b),
    /** Returns the delays since the last call, one per tick, oldest first. */
    take(): readonly number[] {
      const from = Math.max(taken, ticks - ticksKept);
      taken = ticks;
      return Array.from({ length: ticks - from }, (_, n) => delaysMs[(from + n) % ticksKept] ?? 0);
    },
    stop(): void {
      timer.cancel();
    },
  };
}
