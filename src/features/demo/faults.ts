import type { Timers } from '../../core/ports.ts';

/** When the first fault begins at the earliest, how long a fault lasts, and the time between two faults of a mirror. */
const firstMs = 14_000;
const faultMs = 90_000;
const wellMs = 120_000;
const pollMs = 1_000;

export interface Faulty {
  strike(isOn: boolean): void;
  /** True if the daemon has the baselines that it needs to detect slow responses. */
  isReady(): Promise<boolean>;
  /** True if the demo has shown the required stages of this mirror. */
  isShown(): boolean;
}

/**
 * Gives each mirror repeated faults. The first fault of a mirror begins after the stages of the previous mirror.
 * @param isOnce  true: the first fault begins as early as possible, and no fault ends, however slow the machine is
 */
export function startFaults(mirrors: readonly Faulty[], isOnce: boolean, timers: Timers): { stop(): void } {
  const running = new Set<{ cancel(): void }>();
  let isOver = false;
  const wait = (ms: number): Promise<void> =>
    new Promise((done) => {
      if (isOver) return;
      const timer = timers.after(ms, () => {
        running.delete(timer);
        done();
      });
      running.add(timer);
    });
  const repeat = async (mirror: Faulty): Promise<void> => {
    for (;;) {
      mirror.strike(true);
      if (isOnce) return;
      await wait(faultMs);
      mirror.strike(false);
      await wait(wellMs);
    }
  };
  const begin = async (): Promise<void> => {
    await wait(isOnce ? 0 : firstMs);
    for (const mirror of mirrors) {
      while (!(await mirror.isReady())) await wait(pollMs);
      void repeat(mirror);
      while (!mirror.isShown()) await wait(pollMs);
    }
  };
  void begin();
  return {
    stop() {
      isOver = true;
      for (const timer of running) timer.cancel();
    },
  };
}
