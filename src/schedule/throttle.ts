import { limits } from '../core/limits.ts';
import type { MaintenanceWindow, Step } from '../core/mirror.ts';
import type { Calendar, Now } from '../core/ports.ts';

/**
 * Until when one step of a mirror must not be requested. `level` counts consecutive throttling responses without a wait
 * time.
 */
export interface Throttle {
  readonly until: Now | null;
  readonly level: number;
}

/** The throttles of one mirror; other mirrors on the same server are not affected. */
export type Throttles = Map<Step, Throttle>;

export const unthrottled: Throttle = { until: null, level: 0 };

/** Returns when the step may be requested again; `null`: now. */
export function waitEnd(throttles: Throttles, step: Step, now: Now): Now | null {
  const { until } = throttles.get(step) ?? unthrottled;
  return until !== null && now.monotonicMs < until.monotonicMs ? until : null;
}

/** Updates a step's throttle after a response. `throttledBy` computes the new throttle. */
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

/**
 * Ends all waits. Back-off levels stay, so the next throttling response without a wait time still causes a longer wait.
 */
export function clearWaits(throttles: Throttles): void {
  for (const [step, { level }] of throttles) {
    if (level === 0) throttles.delete(step);
    else throttles.set(step, { until: null, level });
  }
}

/**
 * Returns the throttle after a response. It lasts as long as the response requests, up to `limits.throttleMsMax`. If a
 * throttling response names no time, the wait doubles with each such response.
 * @param retryAfterMs  > 0: the requested wait; 0: throttled without a time; `null`: not throttled
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
  const isLater = throttle.until !== null && throttle.until.monotonicMs > until.monotonicMs;
  return { until: isLater ? throttle.until : until, level };
}

export interface Throttled {
  readonly windows: readonly MaintenanceWindow[];
  inDoubt: boolean;
  /** When the pause ends, wall milliseconds; `null`: not paused. */
  pausedUntilMs: number | null;
  readonly throttles: Throttles;
  /**
   * Whether the mirror was in a maintenance window at the last check. The result is valid from `fromMs` until
   * `untilMs` (wall milliseconds). `null`: not checked yet.
   */
  read: { readonly inWindow: boolean; readonly fromMs: number; readonly untilMs: number } | null;
}

export function presentThrottle(windows: readonly MaintenanceWindow[]): Throttled {
  return { windows, inDoubt: false, pausedUntilMs: null, throttles: new Map(), read: null };
}

export function isInMaintenance(absence: Throttled, calendar: Calendar, now: Now): boolean {
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

/** Why the mirror must not be probed now; `null`: it may be probed. */
export function awayReasonOf(absence: Throttled, calendar: Calendar, now: Now): 'maintenance' | 'paused' | null {
  if (isInMaintenance(absence, calendar, now)) return 'maintenance';
  if (absence.pausedUntilMs !== null && absence.pausedUntilMs <= now.wallMs) absence.pausedUntilMs = null;
  return absence.inDoubt || absence.pausedUntilMs !== null ? 'paused' : null;
}
