import { compareRates } from './failures.ts';
import { type HeadRecord, hoursMin } from './record.ts';

/** A mirror fails more every hour if it had more failures in more than this share of the hours. */
const worseShare = 2 / 3;
/** The minimum of `compareRates` over these hours: twelve failures of one mirror and none of the other reach it. */
const usualBound = 8;

/**
 * True if a mirror has had more failures than the other in most hours of the last day. A trouble (a period of failures)
 * of a few hours is not enough.
 * @see docs/decisions/0170-failures-every-hour.md
 */
export function isWorseEachHour(mirror: HeadRecord, other: HeadRecord): boolean {
  // The last hour is not over yet.
  const pairs = mirror.hours.slice(0, -1).flatMap((own) => {
    const beside = other.hours.find(({ hour }) => hour === own.hour);
    return beside === undefined ? [] : [{ own, beside }];
  });
  if (pairs.length < hoursMin) return false;
  if (pairs.filter(({ own, beside }) => own.bad > beside.bad).length <= worseShare * pairs.length) return false;
  const [mine, theirs] = [sumOf(pairs.map(({ own }) => own)), sumOf(pairs.map(({ beside }) => beside))];
  return compareRates(mine, theirs) >= usualBound;
}

type Counts = Parameters<typeof compareRates>[0];

function sumOf(hours: readonly Counts[]): Counts {
  return hours.reduce((sum, { bad, all }) => ({ bad: sum.bad + bad, all: sum.all + all }), { bad: 0, all: 0 });
}
