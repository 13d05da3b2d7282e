import { getOrMake } from '../../core/get-or-make.ts';
import { type Without, withoutNone } from '../../core/judge-rules.ts';
import type { Weight } from '../../core/mirror.ts';
import { type Counts, compareRates, quantileOf } from '../../core/statistics.ts';
import type { Reply } from '../../ecosystems/client.ts';
import { isCurrentReply } from './walk.ts';

/** What a client would get at one time if a given mirror were the head of its chain. */
export interface RecordOutcome {
  /** When the mirror responded, monotonic milliseconds. */
  readonly atMs: number;
  /** From when the outcome counts if it is bad, monotonic milliseconds. At most `atMs`. */
  readonly fromMs: number;
  /** The time of the response, milliseconds; 0 if `bad`. */
  readonly tookMs: number;
  readonly bad: boolean;
  readonly isHeavy: boolean;
  /** For a probe that we gave up: the probability that its response was only late, 0 to 1; else 0. */
  readonly late: number;
  readonly question: string;
  /** True for a probe of the schedule. Other probes often follow a failure. */
  readonly isScheduled: boolean;
}

/** The period over which failures and times of light requests are compared. Milliseconds. */
export const windowMs = 30 * 60_000;
/** Outcomes of light requests kept per mirror: at least this many, at most twice as many. */
const kept = 1_200;
/** The number of last downloads that are used, whatever their age, because downloads are rare. */
const heavyKept = 8;

/** A failed probe is not counted if the probability that its response was only late is above this. */
export const lateMax = 0.005;

/** What clients get with one mirror as the head of their chain. Lists are bounded, oldest first. */
export class HeadRecord {
  light: RecordOutcome[] = [];
  heavy: RecordOutcome[] = [];
  readonly hourly = new Hourly();
  /** The mirror's own last response to each question (request), with its end, monotonic milliseconds. */
  readonly latest = new Map<string, { readonly reply: Reply; readonly atMs: number }>();
  /** The times of the mirror's own good scheduled responses. Milliseconds. */
  readonly times: Readonly<Record<Weight, number[]>> = { light: [], heavy: [] };
}

/** Records a response of the mirror itself. Probes may end in another order than they start. */
export function recordReply({ latest }: HeadRecord, question: string, reply: Reply, atMs: number): void {
  if ((latest.get(question)?.atMs ?? Number.NEGATIVE_INFINITY) <= atMs) latest.set(question, { reply, atMs });
}

/** The last response to a question, used in place of a missing response; `null`: none, or it is too old. */
export function standIn({ latest }: HeadRecord, question: string, nowMs: number, paceMs: number): Reply | null {
  const last = latest.get(question);
  return last === undefined || !isCurrentReply(last.atMs, nowMs, paceMs) ? null : last.reply;
}

/** The last outcome of light and heavy requests; absent: none. */
export function lastOf({ light, heavy }: HeadRecord): RecordOutcome | undefined {
  const [one, other] = [light.at(-1), heavy.at(-1)];
  return one === undefined || (other !== undefined && other.atMs > one.atMs) ? other : one;
}

/** Adds an outcome. Long-run rates count scheduled outcomes only, because other probes often follow a failure. */
export function recordOutcome(record: HeadRecord, outcome: RecordOutcome, without: Without = withoutNone): void {
  // A probe that was perhaps only late is no failure of every hour.
  if (outcome.isScheduled && outcome.late <= lateMax) recordHour(record.hourly, outcome);
  if (without.has('hourly')) record.hourly.usualShare = 0;
  if (outcome.isHeavy) {
    record.heavy.push(outcome);
    if (record.heavy.length > heavyKept) record.heavy.shift();
    return;
  }
  record.light.push(outcome);
  if (record.light.length > 2 * kept) record.light.splice(0, record.light.length - kept);
}

/** Removes the bad outcomes from `fromMs` to `toMs`, monotonic milliseconds. */
export function dropBad(record: HeadRecord, fromMs: number, toMs: number = Number.POSITIVE_INFINITY): void {
  const isKept = (one: RecordOutcome): boolean => !one.bad || one.atMs < fromMs || one.atMs > toMs;
  record.light = record.light.filter(isKept);
  record.heavy = record.heavy.filter(isKept);
  record.hourly.row = 0;
}

/** The outcomes of so many last light requests show how often a mirror fails: of the schedule alone, and of all. */
const usualKept = 400;
const recentKept = 8;

/** The shares of bad outcomes among the last light requests: `usual` of scheduled ones, `recent` of all. 0 to 1. */
export function failedSharesOf({ light }: HeadRecord): { readonly usual: number; readonly recent: number } {
  let [usual, recent, scheduled] = [0, 0, 0];
  for (let i = light.length - 1; i >= 0 && scheduled < usualKept; i -= 1) {
    const one = light[i];
    if (one === undefined) break;
    if (one.bad && i >= light.length - recentKept) recent += 1;
    if (!one.isScheduled) continue;
    scheduled += 1;
    if (one.bad) usual += 1;
  }
  return { usual: usual / usualKept, recent: recent / recentKept };
}

/** The scheduled light outcomes since `fromMs` by question (request), at most the last `most` of each, newest first. */
export function byQuestion({ light }: HeadRecord, fromMs: number, most = Number.POSITIVE_INFINITY) {
  const outcomes = new Map<string, RecordOutcome[]>();
  for (let i = light.length - 1; i >= 0; i -= 1) {
    const one = light[i];
    if (one === undefined || one.atMs < fromMs) break;
    if (!one.isScheduled) continue;
    const known = getOrMake(outcomes, one.question, () => []);
    if (known.length < most) known.push(one);
  }
  return outcomes;
}

/** After a failed download, this many good downloads must follow before downloads count as working. */
const heavyClean = 4;

/**
 * True if no recorded download failed, or enough good downloads followed. One good download is enough if the failure is
 * not later than `troubledMs`.
 * @param troubledMs  when the last trouble (period of failures) ended, by `lastTroubleOf`
 */
export function isHeavyClean(record: HeadRecord, troubledMs: number): boolean {
  const { heavy } = record;
  const lastBad = heavy.findLastIndex((one) => one.bad);
  if (lastBad < 0) return true;
  const isOfTrouble = (heavy[lastBad]?.atMs ?? 0) <= troubledMs;
  return heavy.length - 1 - lastBad >= (isOfTrouble ? 1 : heavyClean);
}

/**
 * The mean time of good outcomes since `fromMs`, plus `errors` standard errors, milliseconds; `null`: no good outcome.
 * Heavy outcomes (downloads) count at any age.
 */
export function meanMsFrom(record: HeadRecord, weight: Weight, fromMs: number, errors = 0): number | null {
  const outcomes = record[weight];
  let [count, sum, squares] = [0, 0, 0];
  for (let i = outcomes.length - 1; i >= 0; i -= 1) {
    const one = outcomes[i];
    if (one === undefined || (weight === 'light' && one.atMs < fromMs)) break;
    if (one.bad) continue;
    count += 1;
    sum += one.tookMs;
    squares += one.tookMs * one.tookMs;
  }
  if (count === 0) return null;
  const mean = sum / count;
  const variance = count < 2 ? (0.5 * mean) ** 2 : Math.max(0, (squares - sum * mean) / (count - 1));
  return mean + errors * Math.sqrt(variance / count);
}

/** Mean times of light and heavy requests, milliseconds; `null`: not known. */
export type MeanTimes = Readonly<Record<Weight, number | null>>;

/** Both times of `meanMsFrom`. */
export function meansFrom(record: HeadRecord, fromMs: number, errors = 0): MeanTimes {
  return { light: meanMsFrom(record, 'light', fromMs, errors), heavy: meanMsFrom(record, 'heavy', fromMs, errors) };
}

/** Count, mean and variance of some values. */
type Spread = ReturnType<typeof spreadOf>;

/** The times of good responses among the last light or heavy responses. Milliseconds. */
export function spread(record: HeadRecord, weight: Weight): Spread {
  return spreadOf(timesOf(record, weight));
}

/** The natural logarithms of the times of good responses among the last light or heavy responses. */
export function logSpreadOf(record: HeadRecord, weight: Weight): Spread {
  const whole = spreadOf(timesOf(record, weight).map(lnOf));
  return weight === 'heavy' ? whole : { ...whole, variance: scatterOfLight(record) ?? whole.variance };
}

/** The number of newest outcomes of each question that `scatterOfLight` uses. */
const scatterKept = 16;

/**
 * The variance of the natural logarithms of light times within each question, because different requests take different
 * times; `null`: no question has two good responses.
 */
function scatterOfLight(record: HeadRecord): number | null {
  let [count, squares] = [0, 0];
  for (const outcomes of byQuestion(record, Number.NEGATIVE_INFINITY, scatterKept).values()) {
    const one = spreadOf(outcomes.flatMap(({ bad, tookMs }) => (bad ? [] : [lnOf(tookMs)])));
    if (one.count < 2) continue;
    count += one.count - 1;
    squares += one.variance * (one.count - 1);
  }
  return count === 0 ? null : squares / count;
}

function lnOf(ms: number): number {
  return Math.log(Math.max(1, ms));
}

function timesOf(record: HeadRecord, weight: Weight): readonly number[] {
  return record[weight].slice(-kept / 4).flatMap(({ bad, tookMs }) => (bad ? [] : [tookMs]));
}

function spreadOf(values: readonly number[]) {
  const mean = values.reduce((sum, one) => sum + one, 0) / Math.max(1, values.length);
  const squares = values.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return { count: values.length, mean, variance: values.length < 2 ? 0 : squares / (values.length - 1) };
}

/**
 * Counts of scheduled outcomes in one hour. More than two failures in a row do not count. `hour`: hours of the
 * monotonic clock.
 */
interface HourCounts extends Counts {
  readonly hour: number;
}

/** Scheduled outcomes by hour. */
class Hourly {
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

/** More failures in a row than this do not count, because outages have rules of their own. */
const rowMax = 2;
const hourMs = 3_600_000;
const hoursKept = 24;
/** Fewer hours than this do not show what is usual. */
const hoursMin = 6;
/** If a mirror has not failed in so many of its last hours, its earlier failures are over. */
const hoursLast = 3;

/** Adds one outcome to its hour. Failures are counted with the next good outcome. */
function recordHour(hourly: Hourly, { bad, atMs }: { readonly bad: boolean; readonly atMs: number }): void {
  if (bad) {
    hourly.row += 1;
    return;
  }
  const failures = hourly.row <= rowMax ? hourly.row : 0;
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
  return Math.min(quantileOf(hours.map(failedShareOf), 0.5) ?? 0, failedShareOf(countsOf(hours.slice(-hoursLast))));
}

/** The share of bad outcomes, 0 to 1; 0 without outcomes. */
export function failedShareOf({ bad, all }: Counts): number {
  return bad / Math.max(1, all);
}

export function countsOf(hours: readonly HourCounts[]): Counts {
  return hours.reduce((sum, { bad, all }) => ({ bad: sum.bad + bad, all: sum.all + all }), { bad: 0, all: 0 });
}

/** A mirror is worse each hour if it failed more often in more than this share of the hours. */
const worseShare = 2 / 3;
/** The minimum of `compareRates` over these hours: twelve failures of one mirror and none of the other reach it. */
const usualBound = 8;

/**
 * True if a mirror has failed more often than the other in most hours of the last day, and also in the last hours. A
 * trouble (a period of failures) of a few hours is not enough.
 * @see docs/decisions/0170-homes-that-fail-every-hour-must-be-cheaper.md
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
