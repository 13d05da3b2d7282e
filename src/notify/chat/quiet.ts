import type { ChatRule } from '../../core/config.ts';
import { minuteOfDay } from './times.ts';

const dayMinutes = 24 * 60;
const minuteMs = 60_000;

type Hours = Pick<ChatRule, 'quiet' | 'timeZone'>;

/** True during a receiver's quiet hours. */
export function isQuiet({ quiet, timeZone }: Hours, wallMs: number): boolean {
  if (quiet === null) return false;
  const now = minuteOfDay(wallMs, timeZone);
  const { fromMinute, toMinute } = quiet;
  return fromMinute < toMinute ? now >= fromMinute && now < toMinute : now >= fromMinute || now < toMinute;
}

/**
 * The end of the current quiet hours, wall milliseconds. In a night with a clock change it is searched minute by minute:
 * it may be in an hour that is left out.
 */
export function quietEndMs(hours: Hours, wallMs: number): number {
  if (!isQuiet(hours, wallMs)) return wallMs;
  const { quiet, timeZone } = hours;
  const startOfMinute = Math.floor(wallMs / minuteMs) * minuteMs;
  let end = startOfMinute + ahead(minuteOfDay(wallMs, timeZone), quiet?.toMinute ?? 0) * minuteMs;
  while (isQuiet(hours, end)) end += minuteMs;
  while (!isQuiet(hours, end - minuteMs)) end -= minuteMs;
  return end;
}

/** Minutes from one minute of the day to the next occurrence of another. */
function ahead(from: number, to: number): number {
  return (to - from + dayMinutes) % dayMinutes;
}
