import { getOrMake } from '../../core/get-or-make.ts';
import type { Say } from '../../words/words.ts';

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** Formats a time in a zone of the tz database: `11-21 10:02`. */
export function formatLocalTime(wallMs: number, timeZone: string): string {
  const { month, day: date, hour: hours, minute: minutes } = partsOf(wallMs, timeZone);
  return `${month}-${date} ${hours}:${minutes}`;
}

/** Returns the minute of the day in a time zone, 0 to 1439. */
export function minuteOfDay(wallMs: number, timeZone: string): number {
  const { hour: hours, minute: minutes } = partsOf(wallMs, timeZone);
  return Number(hours) * 60 + Number(minutes);
}

/** Formats a minute of the day: `22:00`. */
export function formatClock(minuteOf: number): string {
  return `${String(Math.floor(minuteOf / 60)).padStart(2, '0')}:${String(minuteOf % 60).padStart(2, '0')}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function partsOf(wallMs: number, timeZone: string): Readonly<Record<string, string>> {
  const two = '2-digit';
  const fields = { month: two, day: two, hour: two, minute: two, hourCycle: 'h23' } as const;
  const format = getOrMake(formats, timeZone, () => new Intl.DateTimeFormat('en-GB', { timeZone, ...fields }));
  return Object.fromEntries(format.formatToParts(wallMs).map(({ type, value }) => [type, value]));
}

/** Formats a duration for people: `42 s`, `12 min`, `3 h 5 min`, `2 d 4 h`. */
export function formatSpan(say: Say, ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < minute) return say('unit.s', { count: seconds });
  if (seconds < hour) return say('unit.min', { count: Math.round(seconds / minute) });
  if (seconds < day)
    return say('span.hours', { hours: Math.floor(seconds / hour), minutes: Math.floor((seconds % hour) / minute) });
  return say('span.days', { days: Math.floor(seconds / day), hours: Math.floor((seconds % day) / hour) });
}

/** Formats a response time for people: `320 ms`, `1.2 s`, `95 s`. */
export function formatTook(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}
