import { limits } from '../../core/limits.ts';
import type { Timers } from '../../core/ports.ts';

/** One attempt to fetch something. When its signal is aborted, it ends soon. */
export type Attempt<T> = (signal: AbortSignal) => Promise<T>;

export class AllFailed extends Error {
  readonly causes: readonly unknown[];

  /** @param causes  the failures of all attempts, the earliest first */
  constructor(causes: readonly unknown[]) {
    super('no mirror succeeded');
    this.causes = causes;
  }
}

/**
 * Runs attempts in order until one succeeds; then the others are aborted. An attempt begins when an earlier attempt
 * fails, or `usualMs` after the previous one began. If two attempts are running, the next one waits at least
 * `limits.doorStallMs`.
 * @param usualMs  takes the index of an attempt, and returns how long to wait before the next one begins, milliseconds
 * @throws AllFailed if every attempt failed, or `signal` is aborted
 * @see Dean and Barroso, "The Tail at Scale", 2013
 */
export function raceInOrder<T>(
  attempts: readonly Attempt<T>[],
  usualMs: (at: number) => number,
  signal: AbortSignal,
  timers: Timers,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const running = new Map<number, AbortController>();
    const causes: unknown[] = [];
    let next = 0;
    let late: { cancel(): void } | null = null;
    let isOver = false;

    function end(winner: number | null): void {
      isOver = true;
      late?.cancel();
      signal.removeEventListener('abort', onAbort);
      for (const [at, controller] of running) if (at !== winner) controller.abort();
    }
    function onAbort(): void {
      end(null);
      reject(new AllFailed([...causes, signal.reason]));
    }
    function begin(): void {
      const at = next;
      const attempt = attempts[at];
      if (attempt === undefined) return;
      next += 1;
      const controller = new AbortController();
      running.set(at, controller);
      late?.cancel();
      late = timers.after(running.size < 2 ? usualMs(at) : Math.max(limits.doorStallMs, usualMs(at)), begin);
      attempt(controller.signal).then(
        (value) => {
          if (isOver) return;
          end(at);
          resolve(value);
        },
        (cause: unknown) => {
          running.delete(at);
          if (isOver) return;
          causes.push(cause);
          begin();
          if (running.size > 0) return;
          end(null);
          reject(new AllFailed(causes));
        },
      );
    }
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort);
    begin();
    if (running.size === 0) onAbort();
  });
}
