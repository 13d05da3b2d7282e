import { quantileOf } from '../../core/statistics.ts';

/**
 * Counts of scheduled outcomes in one hour. More than two failures in a row count as one. `hour`: hours of the
 * monotonic clock.
 */
export interface Counts {
  readonly bad: number;
  readonly all: number;
}

export interface HourCounts extends Counts {
  readonly hour: number;
}

/** Scheduled outcomes by hour. */
export class Hourly {
  /** The last `hoursKept` hours in which the mirror was probed, and the present one. */
  readonly hours: HourCounts[] = [];
  /**
   * The share of bad outcomes that is usual in an hour, 0 to 1: that of the median hour, at most that of the last
   * `hoursLast` hours. 0 while few hours are known.
   */
  usualShare = 0;
  /** Failures since the last good outcome. */
  row = 0;
}

/** More failures in a row than this count as one, because outages have rules of their own. */
const rowMax = 2;
const hourMs = 3_600_000;
const hoursKept = 24;
/** Fewer hours than this do not show what is usual. */
export const hoursMin = 6;
/** If a mirror has not failed in so many of its last hours, its earlier failures are over. */
export const hoursLast = 3;

/** Adds one outcome to its hour. Failures are counted with the next good outcome. */
export function recordHour(hourly: Hourly, { bad, atMs }: { readonly bad: boolean; readonly atMs: number }): void {
  if (bad) {
    hourly.row += 1;
    return;
  }
  const failures = hourly.row <= rowMax ? hourly.row : 1;
  hourly.row = 0;
  const { hours } = hourly;
  const hour = Math.floor(atMs / hourMs);
  const last = hours.at(-1);
  // An outcome that waited for another mirror may come after one of the next hour.
  if (last !== undefined && hour <= last.hour) {
    hours[hours.length - 1] = { hour: last.hour, bad: last.bad + failures, all: last.all + failures + 1 };
    return;
  }
  while ((hours[0]?.hour ?? hour) < hour - hoursKept) hours.shift();
  hourly.usualShare = usualShareOf(hours);
  hours.push({ hour, bad: failures, all: failures + 1 });
}

/** The share of bad outcomes in the median hour, at most that of the last hours; 0 while few hours are known. */
function usualShareOf(hours: readonly HourCounts[]): number {
  if (hours.length < hoursMin) return 0;
  const shares = hours.map((one) => failedShareOf([one]));
  return Math.min(quantileOf(shares, 0.5) ?? 0, failedShareOf(hours.slice(-hoursLast)));
}

/** The share of bad outcomes over these hours, 0 to 1. */
export function failedShareOf(hours: readonly HourCounts[]): number {
  const { bad, all } = countsOf(hours);
  return bad / Math.max(1, all);
}

export function countsOf(hours: readonly HourCounts[]): Counts {
  return hours.reduce((sum, { bad, all }) => ({ bad: sum.bad + bad, all: sum.all + all }), { bad: 0, all: 0 });
}
