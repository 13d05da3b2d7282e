import type { MaintenanceWindow } from '../core/mirror.ts';
import type { Calendar, Now } from '../core/ports.ts';
import type { Throttles } from './throttle.ts';

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

/** A mirror that is probed as planned. */
export function present(windows: readonly MaintenanceWindow[]): Absence {
  return { windows, inDoubt: false, pausedUntilMs: null, throttles: new Map(), read: null };
}

/**
 * True from each time that a window's expression names, for its length. The result is cached until it can change, or until
 * the wall clock is set back before it.
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
export function awayBecause(absence: Absence, calendar: Calendar, now: Now): 'maintenance' | 'paused' | null {
  if (isInMaintenance(absence, calendar, now)) return 'maintenance';
  if (absence.pausedUntilMs !== null && absence.pausedUntilMs <= now.wallMs) absence.pausedUntilMs = null;
  return absence.inDoubt || absence.pausedUntilMs !== null ? 'paused' : null;
}
