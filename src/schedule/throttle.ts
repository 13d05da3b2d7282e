import { limits } from '../core/limits.ts';
import type { MaintenanceWindow, Step } from '../core/mirror.ts';
import type { Calendar, Now } from '../core/ports.ts';

/** How long one step of a mirror is not requested. `level` counts consecutive 429s without a time. */
export interface Throttle {
  readonly until: Now | null;
  readonly level: number;
}

/** The throttles of one mirror, by step. Other paths, mirrors and upstreams on the same server are not affected. */
export type Throttles = Map<Step, Throttle>;

/** No wait. */
export const unthrottled: Throttle = { until: null, level: 0 };

/** When the wait of a step ends; `null`: it may be requested now. */
export function waitEnd(throttles: Throttles, step: Step, now: Now): Now | null {
  const { until } = throttles.get(step) ?? unthrottled;
  return until !== null && now.monotonicMs < until.monotonicMs ? until : null;
}

/** Updates a step's throttle after a response. @see throttledBy */
export function throttleStep(
  throttles: Throttles,
  step: Step,
  { retryAfterMs, chance }: { readonly retryAfterMs: number | null; readonly chance: number },
  now: Now,
): void {
  const next = throttledBy(throttles.get(step) ?? unthrottled, retryAfterMs, chance, now);
  if (next === unthrottled) throttles.delete(step);
  else throttles.set(step, next);
}

/** Ends all waits after an operator's request. The back-off level stays. */
export function clearWaits(throttles: Throttles): void {
  for (const [step, { level }] of throttles) {
    if (level === 0) throttles.delete(step);
    else throttles.set(step, { until: null, level });
  }
}

/**
 * The throttle after a response. The wait is as requested, at most `limits.throttleMsMax`; a shorter wait never replaces a
 * longer one. Without a requested time: `limits.throttleMsMin`, doubled each time in a row, at most `limits.throttleMsMax`,
 * and then up to a quarter more or less, so that many daemons do not return at once.
 * @param retryAfterMs  > 0 as requested, 0 throttled without a time, `null` not throttled
 * @param chance        in [0, 1)
 */
export function throttledBy(throttle: Throttle, retryAfterMs: number | null, chance: number, now: Now): Throttle {
  const away = throttle.until !== null && now.monotonicMs < throttle.until.monotonicMs;
  if (retryAfterMs === null) return away ? throttle : unthrottled;
  if (retryAfterMs > 0) return longer(throttle, Math.min(retryAfterMs, limits.throttleMsMax), throttle.level, now);
  if (away) return throttle;
  const backOffMs = Math.min(limits.throttleMsMin * 2 ** Math.min(throttle.level, 30), limits.throttleMsMax);
  return longer(throttle, backOffMs * (0.75 + chance / 2), throttle.level + 1, now);
}

function longer(throttle: Throttle, waitMs: number, level: number, now: Now): Throttle {
  const until = { wallMs: now.wallMs + waitMs, monotonicMs: now.monotonicMs + waitMs };
  const stands = throttle.until !== null && throttle.until.monotonicMs > until.monotonicMs;
  return { until: stands ? throttle.until : until, level };
}

/**
 * Why a mirror, or a step of it, is not probed now: a maintenance window, a pause, a `Retry-After`, or a doubt under
 * confirmation.
 */
export interface Absence {
  readonly windows: readonly MaintenanceWindow[];
  inDoubt: boolean;
  /** Wall milliseconds; `null`: not paused. */
  pausedUntilMs: number | null;
  readonly throttles: Throttles;
  /** The last evaluation of the windows, and the wall times between which it is valid. */
  read: { readonly inWindow: boolean; readonly fromMs: number; readonly untilMs: number } | null;
}

/** The state of a mirror that is not absent: it is probed as planned. */
export function present(windows: readonly MaintenanceWindow[]): Absence {
  return { windows, inDoubt: false, pausedUntilMs: null, throttles: new Map(), read: null };
}

/**
 * True if a maintenance window of the mirror is open: each begins at the times of its expression. The result is cached until
 * the next begin or end, and computed again if the wall clock is set back before the time of the cached one.
 */
export function isInMaintenance(absence: Absence, calendar: Calendar, now: Now): boolean {
  if (absence.windows.length === 0) return false;
  const { read } = absence;
  if (read !== null && now.wallMs >= read.fromMs && now.wallMs < read.untilMs) return read.inWindow;
  let open = Number.NEGATIVE_INFINITY;
  let next = Number.POSITIVE_INFINITY;
  for (const { cron, timeZone, forMs } of absence.windows) {
    const named = calendar.nextAfter(cron, timeZone, now.wallMs - forMs);
    if (named <= now.wallMs) open = Math.max(open, named + forMs);
    else next = Math.min(next, named);
  }
  const inWindow = open > now.wallMs;
  absence.read = { inWindow, fromMs: now.wallMs, untilMs: inWindow ? open : next };
  return inWindow;
}

/** Why a due probe of the mirror does not start; `null`: it may start. */
export function awayReasonOf(absence: Absence, calendar: Calendar, now: Now): 'maintenance' | 'paused' | null {
  if (isInMaintenance(absence, calendar, now)) return 'maintenance';
  if (absence.pausedUntilMs !== null && absence.pausedUntilMs <= now.wallMs) absence.pausedUntilMs = null;
  return absence.inDoubt || absence.pausedUntilMs !== null ? 'paused' : null;
}
