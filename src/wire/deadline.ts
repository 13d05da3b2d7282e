import type { Clock, Timers } from '../core/ports.ts';
import { phrase } from '../words/tell.ts';
import { WireStop } from './stop.ts';

/** Releases what a stage holds; called once, when the stage is cut short. */
export type Cancel = () => void;

/**
 * The one deadline of a hop. Stages run inside `run`, one at a time; at the deadline the current stage is cancelled and
 * rejected with `MW_DEADLINE`, even if bytes still arrive.
 */
export class Deadline {
  readonly #timer: { cancel(): void };
  readonly #timers: Timers;
  #looks: { cancel(): void } | null = null;
  #cut: WireStop | null = null;
  #stop: ((why: WireStop) => void) | null = null;

  constructor(clock: Clock, timers: Timers, deadlineMs: number) {
    this.#timers = timers;
    const leftMs = deadlineMs - clock.monotonicMs();
    this.#timer =
      leftMs > 0 ? timers.after(leftMs, () => this.cut(lateness(clock.monotonicMs()))) : { cancel: () => undefined };
    if (leftMs <= 0) this.#cut = lateness(clock.monotonicMs());
  }

  /** Ends the current stage and all later ones with this reason. The first reason is kept. */
  cut(why: WireStop): void {
    this.#cut ??= why;
    this.#stop?.(this.#cut);
  }

  /** Runs one stage: `begin` starts it and returns how to cancel it. Rejects with a `WireStop`. */
  run<T>(begin: (done: (value: T) => void, failed: (why: WireStop) => void) => Cancel): Promise<T> {
    if (this.#cut !== null) return Promise.reject(this.#cut);
    return new Promise<T>((resolve, reject) => {
      let cancel: Cancel | null = null;
      const failed = (why: WireStop): void => {
        this.#stop = null;
        reject(why);
      };
      this.#stop = (why) => {
        failed(why);
        cancel?.();
      };
      cancel = begin((value) => {
        this.#stop = null;
        resolve(value);
      }, failed);
    });
  }

  /** Calls `run` at this interval until `clear`; another call replaces it. */
  every(ms: number, run: () => void): void {
    this.#looks?.cancel();
    this.#looks = this.#timers.after(ms, () => {
      this.every(ms, run);
      run();
    });
  }

  /** Releases the timers; to be called on every path. */
  clear(): void {
    this.#timer.cancel();
    this.#looks?.cancel();
  }
}

function lateness(atMs: number): WireStop {
  return new WireStop('MW_DEADLINE', phrase('fault.deadline'), 0, atMs);
}
