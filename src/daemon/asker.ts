import type { ControlDue, ControlResponse, Due } from '../core/due.ts';
import type { Clock, Log, Now, Probed } from '../core/ports.ts';
import { lostControlOf, lostProbeOf } from '../io/worker-protocol.ts';
import type { Stages } from './assemble.ts';

const controlEveryMs = 30_000;

export function createAsker(
  s: Stages,
  loop: {
    readonly defects: Defects;
    readonly probed: (due: Due, probed: Probed) => void;
    readonly onResponse: (response: ControlResponse, round: Due['round']) => void;
  },
) {
  const { defects } = loop;
  let controlAtMs = 0;
  const asker = {
    probe(due: Due): void {
      const lost = (): Probed => lostProbeOf(due, 'defect', 0, s.clock.now());
      void defects.or(() => s.workers.probe(due), lost).then((probed) => loop.probed(due, probed));
    },
    control(due: ControlDue, round: Due['round']): void {
      const lost = (): ControlResponse => lostControlOf(due, s.clock.now());
      void defects.or(() => s.workers.control(due), lost).then((response) => loop.onResponse(response, round));
    },
    /** Probes all controls, at most every `controlEveryMs`. */
    controls(now: Now): void {
      if (now.monotonicMs < controlAtMs) return;
      controlAtMs = now.monotonicMs + controlEveryMs;
      const { timeoutMs } = s.config.schedule.pace;
      for (const { name, url } of s.config.controls) asker.control({ name, url, timeoutMs }, null);
    },
  };
  return asker;
}

export function causeTextOf(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

const repeatMs = 60_000;
const kindsKept = 100;

export type Defects = ReturnType<typeof createDefects>;

/** Catches and counts defects of this program. Each kind is logged at most once per `repeatMs`, with its count. */
export function createDefects(log: Log, clock: Clock) {
  const kinds = new Map<string, { loggedAtMs: number; since: number }>();
  let count = 0;

  function logOnce(cause: unknown): void {
    const text = causeTextOf(cause);
    const nowMs = clock.monotonicMs();
    const kind = kinds.get(text);
    if (kind !== undefined && nowMs - kind.loggedAtMs < repeatMs) {
      kind.since += 1;
      return;
    }
    if (kinds.size >= kindsKept) kinds.clear();
    kinds.set(text, { loggedAtMs: nowMs, since: 0 });
    log.error('defect caught in the loop', { cause: text, times: 1 + (kind?.since ?? 0) });
  }

  function caught(cause: unknown): void {
    count += 1;
    logOnce(cause);
  }

  return {
    guarded(step: () => void): boolean {
      try {
        step();
        return true;
      } catch (cause) {
        caught(cause);
        return false;
      }
    },
    /**
     * Returns the result of `act`. If `act` throws or rejects, the defect is counted, and the result of `instead` is
     * returned.
     */
    async or<T>(act: () => Promise<T>, instead: () => T): Promise<T> {
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
