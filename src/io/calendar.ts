import { createTask, parse, type ScheduledTask } from 'node-cron';
import { getOrMake } from '../core/get-or-make.ts';
import type { Calendar } from '../core/ports.ts';

const second = 1_000;
const minute = 60 * second;
/**
 * Time zone offsets are multiples of a quarter of an hour, so the local hour and day do not change within a quarter.
 */
const quarter = 15 * minute;
const halfDay = 48 * quarter;
/** How far ahead a matching time is searched. Nine years, because two leap days may be eight years apart. */
const reachMs = 9 * 366 * 2 * halfDay;
const expressionsKept = 1_000;

type Matches = (wallMs: number) => boolean;

/**
 * Matchers of one cron expression, one for each unit of time. Each also tests the larger units: `minute` tests hour and
 * day too.
 */
type Almanac = ReturnType<typeof almanacOf>;

function matcher(expression: string, timeZone: string | null): Matches {
  const task: ScheduledTask = createTask(expression, () => {}, timeZone === null ? {} : { timezone: timeZone });
  // Removes the task from node-cron's registry; its matcher stays usable.
  void task.destroy();
  return (wallMs) => task.match(new Date(wallMs));
}

function almanacOf(expression: string, timeZone: string | null) {
  const fields = parse(expression);
  const days = `${fields.dayOfMonth.join()} ${fields.month.join()} ${fields.dayOfWeek.join()}`;
  const hours = fields.hour.join();
  const minutes = fields.minute.join();
  return {
    day: matcher(`* * * ${days}`, timeZone),
    hour: matcher(`* * ${hours} ${days}`, timeZone),
    minute: matcher(`* ${minutes} ${hours} ${days}`, timeZone),
    second: matcher(`${fields.second.join()} ${minutes} ${hours} ${days}`, timeZone),
    /** True if the expression excludes some hours. Then an hour that occurs twice (end of summer time) counts once. */
    namesHours: new Set(fields.hour).size < 24,
    local: new Intl.DateTimeFormat('en-US', {
      ...(timeZone === null ? {} : { timeZone }),
      dateStyle: 'short',
      timeStyle: 'medium',
    }),
  };
}

/**
 * True if the clocks were set back, so that this local time has occurred before: an hour ago, or half an hour ago on
 * Lord Howe Island.
 */
function isRepeated(local: Intl.DateTimeFormat, wallMs: number): boolean {
  const shown = local.format(wallMs);
  return [2 * quarter, 4 * quarter].some((back) => local.format(wallMs - back) === shown);
}

function startOfNext(unit: number, wallMs: number): number {
  return (Math.floor(wallMs / unit) + 1) * unit;
}

function nextAfter(almanac: Almanac, wallMs: number): number {
  let at = startOfNext(second, wallMs);
  const endMs = at + reachMs;
  while (at < endMs) {
    if (!almanac.day(at)) at = almanac.day(at + halfDay) ? startOfNext(quarter, at) : at + halfDay;
    else if (!almanac.hour(at)) at = startOfNext(quarter, at);
    else if (!almanac.minute(at)) at = startOfNext(minute, at);
    else if (!almanac.second(at) || (almanac.namesHours && isRepeated(almanac.local, at))) at += second;
    else return at;
  }
  return Number.POSITIVE_INFINITY;
}

const almanacs = new Map<string, Almanac>();

/**
 * Calculates times of cron expressions as node-cron 4 parses them. If day of month and day of week are both given, both
 * must match. A local time that the clocks skip is skipped. A local time that occurs twice counts once if the
 * expression names hours, else twice. `timeZone`: an IANA name; `null`: the zone of the process. The result is
 * `Infinity` if no time comes within nine years.
 * @throws Error on an expression or zone that node-cron refuses
 */
export const cronCalendar: Calendar = {
  nextAfter(expression, timeZone, wallMs) {
    const key = `${timeZone ?? ''}|${expression}`;
    const almanac = getOrMake(almanacs, key, () => almanacOf(expression, timeZone), expressionsKept);
    return nextAfter(almanac, wallMs);
  },
};
