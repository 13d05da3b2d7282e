import type { Skipped } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import type { Now } from '../core/ports.ts';
import { awayBecause } from './absence.ts';
import { hasSlot } from './host.ts';
import type { Host } from './memory.ts';
import type { Roster } from './roster.ts';
import { isThrottled, throttledBy } from './throttle.ts';

/** Somebody else's turn at a mirror: a real client, and what we ask beside it. Holds one slot of its host until it ends. */
export interface Visit {
  /** @param retryAfterMs  as `Scheduler.finished` has it */
  end(result: { readonly wireBytes: number; readonly retryAfterMs: number | null }, now: Now): void;
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
  if (isThrottled(host.throttle, now)) return 'throttled';
  if (isTooMuch(host, asked.bytesExpected, bounds.bytesPerHour, now)) return 'over_budget';
  if (!hasSlot(host, 2, bounds.perHost)) return 'busy';
  host.inFlight += 1;
  host.heavyInFlight += 1;
  host.bytesExpected += asked.bytesExpected;
  return {
    end({ wireBytes, retryAfterMs }, at) {
      host.inFlight -= 1;
      host.heavyInFlight -= 1;
      host.bytesExpected -= asked.bytesExpected;
      host.bytes.add(wireBytes, at.monotonicMs);
      host.throttle = throttledBy(host.throttle, retryAfterMs, chance(), at);
    },
  };
}

/** As heavy steps, which stop before the budget is used up. */
function isTooMuch(host: Host, bytes: number, bytesPerHour: number | null, now: Now): boolean {
  if (bytesPerHour === null) return false;
  return host.bytes.sum(now.monotonicMs) + host.bytesExpected + bytes > bytesPerHour * limits.heavyShareOfBytes;
}
