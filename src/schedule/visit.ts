import type { Skipped } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import type { Now } from '../core/ports.ts';
import type { Step } from '../core/target.ts';
import { awayBecause } from './absence.ts';
import { hasSlot } from './host.ts';
import type { Host } from './memory.ts';
import type { Roster } from './roster.ts';
import { throttleStep, waitEnd } from './throttle.ts';

/** What a visit moved, and the step of ours beside it that was throttled; `null`: none was. */
export interface Visited {
  readonly wireBytes: number;
  /** `retryAfterMs` as `Scheduler.finished` has it. */
  readonly throttled: { readonly step: Step; readonly retryAfterMs: number } | null;
}

/** Somebody else's turn at a mirror: a real client, and what we ask beside it. Holds one slot of its host until it ends. */
export interface Visit {
  end(result: Visited, now: Now): void;
}

/** Why there is none now; `busy`: every slot is taken. */
export type NoVisit = Exclude<Skipped['because'], 'overrun' | 'local'> | 'busy';

/**
 * Begins a visit where the mirror may be asked and its host has a slot for a download.
 * @param bytesExpected  what it will move, about
 * @param bytesPerHour   the budget; `null`: none
 */
export function beginVisit(
  roster: Roster,
  asked: { readonly registry: string; readonly bytesExpected: number },
  bounds: { readonly perHost: number; readonly bytesPerHour: number | null },
  chance: () => number,
  now: Now,
): Visit | NoVisit {
  const absence = roster.absence(asked.registry);
  const host = roster.hostOf(asked.registry);
  if (absence === null || host === null) return 'paused';
  const away = awayBecause(absence, roster.calendar, now);
  if (away !== null) return away;
  // A client requests what it likes.
  for (const step of absence.throttles.keys()) if (waitEnd(absence.throttles, step, now) !== null) return 'throttled';
  if (isTooMuch(host, asked.bytesExpected, bounds.bytesPerHour, now)) return 'over_budget';
  if (!hasSlot(host, 2, bounds.perHost)) return 'busy';
  host.inFlight += 1;
  host.heavyInFlight += 1;
  host.bytesExpected += asked.bytesExpected;
  return {
    end({ wireBytes, throttled }, at) {
      host.inFlight -= 1;
      host.heavyInFlight -= 1;
      host.bytesExpected -= asked.bytesExpected;
      host.bytes.add(wireBytes, at.monotonicMs);
      if (throttled === null) return;
      const { step, retryAfterMs } = throttled;
      throttleStep(absence.throttles, step, { retryAfterMs, chance: chance() }, at);
    },
  };
}

/** As heavy steps, which stop before the budget is used up. */
function isTooMuch(host: Host, bytes: number, bytesPerHour: number | null, now: Now): boolean {
  if (bytesPerHour === null) return false;
  return host.bytes.sum(now.monotonicMs) + host.bytesExpected + bytes > bytesPerHour * limits.heavyShareOfBytes;
}
