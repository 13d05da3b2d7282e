import { compareRates } from './failures.ts';
import { type Counts, countsOf, type Hourly, hoursLast, hoursMin } from './hours.ts';

/** A mirror is worse each hour if it failed more often in more than this share of the hours. */
const worseShare = 2 / 3;
/** The minimum of `compareRates` over these hours: twelve failures of one mirror and none of the other reach it. */
const usualBound = 8;

/**
 * True if a mirror has failed more often than the other in most hours of the last day, and also in the last hours. A
 * trouble (a period of failures) of a few hours is not enough.
 * @see docs/decisions/0170-failures-every-hour.md
 */
export function isWorseEachHour(mirror: Hourly, other: Hourly): boolean {
  // The last hour is not over yet.
  const both = mirror.hours.slice(0, -1).flatMap((own) => {
    const beside = other.hours.find(({ hour }) => hour === own.hour);
    return beside === undefined ? [] : [{ own, beside }];
  });
  if (both.length < hoursMin) return false;
  if (both.filter(({ own, beside }) => isMore(own, beside)).length <= worseShare * both.length) return false;
  const sums = (hours: typeof both) =>
    [countsOf(hours.map(({ own }) => own)), countsOf(hours.map(({ beside }) => beside))] as const;
  const [[mine, theirs], last] = [sums(both), sums(both.slice(-hoursLast))];
  return isMore(...last) && isMore(mine, theirs) && compareRates(mine, theirs) >= usualBound;
}

function isMore(a: Counts, b: Counts): boolean {
  return a.bad * b.all > b.bad * a.all;
}
