import type { Clock, Log } from '../core/ports.ts';

/** Catches defects of ours so that the loop goes on. */
export interface Defects {
  /** Runs a step; `false` where it threw, which is then counted and logged. */
  guarded(step: () => void): boolean;
  /** Awaits what never rejects by contract; where it does after all, that is counted and logged and `instead` is given. */
  or<T>(act: () => Promise<T>, instead: () => T): Promise<T>;
  /** How many so far. */
  count(): number;
}

const repeatMs = 60_000;
const kindsKept = 100;

/** Counts every defect; logs each kind at most once a minute, with how often it came, so that a log is never flooded. */
export function createDefects(log: Log, clock: Clock): Defects {
  const kinds = new Map<string, { saidAtMs: number; since: number }>();
  let count = 0;

  function tell(cause: unknown): void {
    const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    const nowMs = clock.monotonicMs();
    const kind = kinds.get(text);
    if (kind !== undefined && nowMs - kind.saidAtMs < repeatMs) {
      kind.since += 1;
      return;
    }
    if (kinds.size >= kindsKept) kinds.clear();
    kinds.set(text, { saidAtMs: nowMs, since: 0 });
    log.error('defect caught in the loop', { cause: text, times: 1 + (kind?.since ?? 0) });
  }

  function caught(cause: unknown): void {
    count += 1;
    tell(cause);
  }

  return {
    guarded(step) {
      try {
        step();
        return true;
      } catch (cause) {
        caught(cause);
        return false;
      }
    },
    async or(act, instead) {
      try {
        return await act();
      } catch (cause) {
        caught(cause);
        return instead();
      }
    },
    count: () => count,
  };
}
