import type { Timers } from '../core/ports.ts';

/** The longest delay that Node's timer takes; more would fire at once. */
const delayMsMax = 2 ** 31 - 1;

/** Timers of the machine, for delays of any length; one below 0 is 0. A pending timer keeps the process alive. */
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

/** Resolves in the next turn of the event loop: sockets and timers that wait come first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
