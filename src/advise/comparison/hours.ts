import { quantileOf } from '../../core/statistics.ts';

/**
 * Counts of scheduled outcomes in one hour. More than two failures in a row count as one. `hour`: hours of the
 * monotonic clock.
 */
export interface HourCounts {
  readonly hour: number;
  readonly bad: number;
  readonly all: number;
}

const hourMs = 3_600_000;
const hoursKept = 24;
/** Fewer hours than this do not show what is usual. */
export const hoursMin = 6;
/** If a mirror has not failed in so many of its last hours, its earlier failures are over. */
export const hoursLast = 3;

/**
 * Adds one good outcome and the `failures` before it to its hour. `hours` keeps the last `hoursKept` hours in which the
 * mirror was probed, and the present one.
 * @param atMs  monotonic milliseconds
 * @returns     at the start of an hour, the share of bad outcomes that is usual in an hour, 0 to 1; else `null`
 */
export function recordHour(hours: HourCounts[], failures: number, atMs: number): number | null {
  const hour = Math.floor(atMs / hourMs);
  const last = hours.at(-1);
  if (last?.hour === hour) {
    hours[hours.length - 1] = { hour, bad: last.bad + failures, all: last.all + failures + 1 };
    return null;
  }
  while ((hours[0]?.hour ?? hour) < hour - hoursKept) hours.shift();
  const usual = usualShareOf(hours);
  hours.push({ hour, bad: failures, all: failures + 1 });
  return usual;
}

/** The share of bad outcomes in the median hour, at most that of the last hours; 0 while few hours are known. */
function usualShareOf(hours: readonly HourCounts[]): number {
  if (hours.length < hoursMin) return 0;
  const shares = hours.map((one) => shareOf([one]));
  return Math.min(quantileOf(shares, 0.5) ?? 0, shareOf(hours.slice(-hoursLast)));
}

function shareOf(hours: readonly HourCounts[]): number {
  const { bad, all } = countsOf(hours);
  return bad / Math.max(1, all);
}

export function countsOf(hours: readonly HourCounts[]): { readonly bad: number; readonly all: number } {
  return hours.reduce((sum, { bad, all }) => ({ bad: sum.bad + bad, all: sum.all + all }), { bad: 0, all: 0 });
}
