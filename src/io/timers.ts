import type { Timers } from '../core/ports.ts';

/** The longest delay that Node's timer takes; more would fire at once. */
const delayMsMax = 2 ** 31 - 1;

/**
 * Timers of the machine. Delays below 0 or NaN count as 0, delays beyond Node's own bound (24.8 days) are waited for in
 * pieces. A pending timer keeps the process alive.
 */
export const systemTimers: Timers = {
  after(delayMs, run) {
    let left = Math.max(delayMs, 0);
    let handle: NodeJS.Timeout;
    const arm = () => {
      const piece = Math.min(left, delayMsMax);
      left -= piece;
      handle = setTimeout(() => (left > 0 ? arm() : run()), piece);
    };
    arm();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Ends this turn of the loop: what waits for it, sockets and timers, comes first. Takes no time where nothing waits. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
