import type { Skipped } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import type { Step } from '../core/mirror.ts';
import type { Now } from '../core/ports.ts';
import { type Host, hasSlot } from './host.ts';
import type { ScheduleRoster } from './roster.ts';
import { awayReasonOf, throttleStep, waitEnd } from './throttle.ts';

export interface Visited {
  readonly wireBytes: number;
  /**
   * The step of our own probes that was throttled; `null`: none. `retryAfterMs`: how long this step must not be
   * requested, milliseconds; 0: throttled without a time.
   */
  readonly throttled: { readonly step: Step; readonly retryAfterMs: number } | null;
}

/** One run of a real client at a mirror, with our own probes after it. It uses one slot of the host until it ends. */
export interface Visit {
  end(result: Visited, now: Now): void;
}

/** Why a visit cannot start now; `busy`: no slot for a download is free. */
export type NoVisit = Exclude<Skipped['because'], 'overrun' | 'local'> | 'busy';

/**
 * Starts a visit, or returns why it cannot start: the mirror may not be probed, or its host has no free slot or no byte
 * budget left. If `bytesPerHour` is `null`, bytes are not limited.
 */
export function startVisit(
  roster: ScheduleRoster,
  visit: { readonly registry: string; readonly bytesExpected: number },
  bounds: { readonly perHost: number; readonly bytesPerHour: number | null },
  chance: () => number,
  now: Now,
): Visit | NoVisit {
  const absence = roster.absence(visit.registry);
  const host = roster.hostOf(visit.registry);
  if (absence === null || host === null) return 'paused';
  const away = awayReasonOf(absence, roster.calendar, now);
  if (away !== null) return away;
  // A client may request any step, so one throttled step postpones the whole visit.
  for (const step of absence.throttles.keys()) if (waitEnd(absence.throttles, step, now) !== null) return 'throttled';
  if (isTooMuch(host, visit.bytesExpected, bounds.bytesPerHour, now)) return 'over_budget';
  if (!hasSlot(host, 2, bounds.perHost)) return 'busy';
  host.inFlight += 1;
  host.heavyInFlight += 1;
  host.bytesExpected += visit.bytesExpected;
  return {
    end({ wireBytes, throttled }, at) {
      host.inFlight -= 1;
      host.heavyInFlight -= 1;
      host.bytesExpected -= visit.bytesExpected;
      host.bytes.add(wireBytes, at.monotonicMs);
      if (throttled === null) return;
      const { step, retryAfterMs } = throttled;
      throttleStep(absence.throttles, step, { retryAfterMs, chance: chance() }, at);
    },
  };
}

/** True if the visit would exceed the share of the budget that heavy steps may use. */
function isTooMuch(host: Host, bytes: number, bytesPerHour: number | null, now: Now): boolean {
  if (bytesPerHour === null) return false;
  return host.bytes.sum(now.monotonicMs) + host.bytesExpected + bytes > bytesPerHour * limits.heavyShareOfBytes;
}
