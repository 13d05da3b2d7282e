import type { ChatRule } from '../../core/config.ts';
import { minuteOfDay } from './times.ts';

const dayMinutes = 24 * 60;
const minuteMs = 60_000;

type Hours = Pick<ChatRule, 'quiet' | 'timeZone'>;

/** True while a receiver is left alone. */
export function isQuiet({ quiet, timeZone }: Hours, wallMs: number): boolean {
  if (quiet === null) return false;
  const now = minuteOfDay(wallMs, timeZone);
  const { fromMinute, toMinute } = quiet;
  return fromMinute < toMinute ? now >= fromMinute && now < toMinute : now >= fromMinute || now < toMinute;
}

/**
 * When that ends, wall milliseconds, where it is so now. In a night whose clock is put forward or back on the way the end is
 * looked for minute by minute: it may lie in an hour that is left out.
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

/** Minutes from one minute of the day to the next time that it is another. */
function ahead(from: number, to: number): number {
  return (to - from + dayMinutes) % dayMinutes;
}
