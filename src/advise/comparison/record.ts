import { type Without, withoutNone } from '../../core/judge-rules.ts';
import type { Weight } from '../../core/mirror.ts';
import { type Counts, compareRates, quantileOf } from '../../core/statistics.ts';

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
}

/** The period over which failures and times of light requests are compared. Milliseconds. */
export const windowMs = 30 * 60_000;
/** Outcomes of light requests kept per mirror: at least this many, at most twice as many. */
const kept = 1_200;
/** The number of last downloads that are used, whatever their age, because downloads are rare. */
const heavyKept = 8;

/** The weight of each new outcome in `HeadRecord.slowRate` and `fastRate`, which are exponential means. */
const slowMemory = 1 / 400;
const fastMemory = 0.12;

/** A failed probe is not counted if the probability that its response was only late is above this. */
export const lateMax = 0.005;

/**
 * `keptOfQuestion`: scheduled outcomes kept for each question (request): at least this many, at most twice as many.
 * `questionsKept`: the maximum number of questions.
 */
const keptOfQuestion = 64;
const questionsKept = 400;

/** What clients get with one mirror as the head of their chain. Lists are bounded, oldest first. */
export class HeadRecord {
  readonly questions = new Map<string, RecordOutcome[]>();
  light: RecordOutcome[] = [];
  heavy: RecordOutcome[] = [];
  /**
   * Shares of bad outcomes, 0 to 1. `slowRate`: long-run, of scheduled probes only. `fastRate`: recent, of all probes.
   */
  slowRate = 0;
  fastRate = 0;
  /** Counts of scheduled outcomes, without long runs of failures. `row`: failures since the last good outcome. */
  readonly background = { bad: 0, all: 0, row: 0 };
  readonly hourly = new Hourly();
  last: RecordOutcome | null = null;
}

/** Adds an outcome. Long-run rates count scheduled outcomes only, because other probes often follow a failure. */
export function recordOutcome(
  record: HeadRecord,
  question: string,
  outcome: RecordOutcome,
  isScheduled: boolean,
  without: Without = withoutNone,
): void {
  if (isScheduled && !outcome.isHeavy) noteQuestion(record, question, outcome);
  const bad = outcome.bad ? 1 : 0;
  if (isScheduled) {
    record.slowRate += slowMemory * (bad - record.slowRate);
    noteBackground(record.background, outcome.bad);
    // A probe that was perhaps only late is no failure of every hour.
    if (outcome.late <= lateMax && !without.has('hourly')) recordHour(record.hourly, outcome);
  }
  record.fastRate += fastMemory * (bad - record.fastRate);
  record.last = outcome;
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
  for (const [question, outcomes] of record.questions) record.questions.set(question, outcomes.filter(isKept));
  const lasts = [record.light.at(-1), record.heavy.at(-1)].filter((one) => one !== undefined);
  record.last = lasts.toSorted((a, b) => a.atMs - b.atMs).at(-1) ?? null;
  record.fastRate = record.slowRate;
  record.background.row = 0;
}

/** More failures in a row than this do not count as usual failures. */
const backgroundRow = 2;
/** When the count of outcomes reaches this number, both counts are halved. So old outcomes lose weight. */
const backgroundKept = 8_000;

function noteBackground(background: HeadRecord['background'], isBad: boolean): void {
  if (isBad) {
    background.row += 1;
    return;
  }
  const failures = background.row <= backgroundRow ? background.row : 0;
  background.bad += failures;
  background.all += failures + 1;
  background.row = 0;
  if (background.all < backgroundKept) return;
  background.bad /= 2;
  background.all /= 2;
}

function noteQuestion(record: HeadRecord, question: string, outcome: RecordOutcome): void {
  const known = record.questions.get(question);
  if (known === undefined) {
    if (record.questions.size < questionsKept) record.questions.set(question, [outcome]);
    return;
  }
  known.push(outcome);
  if (known.length > 2 * keptOfQuestion) known.splice(0, known.length - keptOfQuestion);
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
function scatterOfLight({ questions }: HeadRecord): number | null {
  let [count, squares] = [0, 0];
  for (const outcomes of questions.values()) {
    const one = spreadOf(outcomes.slice(-scatterKept).flatMap(({ bad, tookMs }) => (bad ? [] : [lnOf(tookMs)])));
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
 * Counts of scheduled outcomes in one hour. More than two failures in a row count as one. `hour`: hours of the
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

/** More failures in a row than this count as one, because outages have rules of their own. */
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

function countsOf(hours: readonly HourCounts[]): Counts {
  return hours.reduce((sum, { bad, all }) => ({ bad: sum.bad + bad, all: sum.all + all }), { bad: 0, all: 0 });
}

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
