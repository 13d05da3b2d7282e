import type { Timers } from '../core/ports.ts';

/** The longest delay of a timer in Node, milliseconds. With a longer one, the timer would fire at once. */
const delayMsMax = 2 ** 31 - 1;

/** Timers for delays of any length; a negative delay is 0. A pending timer keeps the process alive. */
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

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
