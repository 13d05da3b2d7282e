import { setFlagsFromString } from 'node:v8';

/** When this thread switched the compilers on, on the clock of its caller; `null`: it did not. */
let sinceMs: number | null = null;

/**
 * Switches V8's optimizing compilers on, for all threads, if this thread did not yet. They are off in a daemon with
 * little load. Without them, a large index takes 5 to 12 times as much CPU time
 * (docs/decisions/0090-long-answers-hold-longer.md).
 * @returns true if this thread switched them on before `fromMs`
 * @param fromMs  when the work began, milliseconds
 * @param nowMs   the time on the same clock, milliseconds
 */
export function startOptimizing(fromMs: number, nowMs: number): boolean {
  if (sinceMs === null) {
    for (const flag of ['--opt', '--maglev']) setFlagsFromString(flag);
    sinceMs = nowMs;
  }
  return fromMs > sinceMs;
}
