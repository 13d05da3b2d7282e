import type { Weight } from '../../core/mirror.ts';
import {
  countGood,
  type FailureTest,
  failureBound,
  failureSumOf,
  isFailureAlarm,
  newFailureTest,
  updateFailureTest,
  usualRateOf,
} from './failures.ts';
import { failedSharesOf, type HeadRecord, logSpreadOf, type RecordOutcome, spread } from './record.ts';
import { isTimeAlarm, TimeTest, timeBound, updateTimeTest } from './time.ts';

export interface Pair {
  readonly failures: { readonly all: FailureTest; readonly heavy: FailureTest };
  /**
   * The tests of times. `light` finds large differences of light steps early, `steady` finds small lasting ones.
   * `heavy` compares downloads.
   */
  readonly time: { readonly light: TimeTest; readonly heavy: TimeTest; readonly steady: TimeTest };
}

/**
 * Which test triggered. `failures`: of all steps. `heavy_failures`: of heavy steps alone. `time`: light steps are
 * slower, perhaps heavy ones too. `heavy_time`: heavy steps are slower.
 */
export type Alarm = 'failures' | 'heavy_failures' | TimeAlarm;
export type TimeAlarm = 'time' | 'heavy_time';

export function isOfTime(alarm: Alarm): alarm is TimeAlarm {
  return alarm === 'time' || alarm === 'heavy_time';
}

export interface AlarmRule {
  /**
   * Failures are an alarm only if at least `failuresMin` requests failed over at least `spanMs` milliseconds, as in
   * `detect.outage`. Of downloads alone, two failures are enough.
   */
  readonly failuresMin: number;
  readonly spanMs: number;
  /** A switch is worth it if the head takes more than this many times as long as the candidate. At least 1. */
  readonly ratio: number;
  /** True within `advise.hold` after a switch: the tests of times then need more evidence. */
  readonly isRecent: boolean;
  /**
   * The share of each bound that is enough for an alarm, 0 to 1. It is below 1 while an alert of another system
   * supports the tests.
   */
  readonly ease: number;
}

/** The sum (accumulated evidence) of a test, and the bound at which the test triggers. */
export interface Running {
  readonly sum: number;
  readonly bound: number;
}

const alsoLight = 0.25;

/**
 * The tests of one candidate against the head. The time tests start with the means and variances that are recorded of
 * the two mirrors.
 */
export function newPair(head: HeadRecord, candidate: HeadRecord): Pair {
  const timeOf = (weight: Weight): TimeTest => {
    const [a, b] = [spread(head, weight), spread(candidate, weight)];
    const seen = Math.min(a.count, b.count);
    const test = new TimeTest();
    if (seen < 2) return test;
    const [logA, logB] = [logSpreadOf(head, weight), logSpreadOf(candidate, weight)];
    return {
      ...test,
      mean: a.mean - b.mean,
      variance: a.variance + b.variance,
      seen,
      ratios: { ...test.ratios, mean: logA.mean - logB.mean, variance: logA.variance + logB.variance },
      levelMs: b.mean,
      levelVariance: b.variance,
    };
  };
  const light = timeOf('light');
  return {
    failures: { all: newFailureTest(), heavy: newFailureTest() },
    time: { light, heavy: timeOf('heavy'), steady: { ...light, ratios: { ...light.ratios } } },
  };
}

/** What a comparison uses besides the outcomes of the two mirrors. */
interface PairContext {
  readonly candidate: HeadRecord;
  /** The long-run share of bad responses of all mirrors but the head, 0 to 1. */
  readonly everybody: number;
  readonly isHome: boolean;
  readonly ratio: number;
  readonly bound: number;
}

export function updatePair(pair: Pair, head: RecordOutcome, candidate: RecordOutcome, context: PairContext): void {
  const p0 = usualRateOf(failedSharesOf(context.candidate), context.everybody);
  const usual = { p0, everybody: context.everybody };
  updateFailureTest(pair.failures.all, head, candidate.bad, usual);
  if (head.isHeavy) updateFailureTest(pair.failures.heavy, head, candidate.bad, usual);
  if (head.bad || candidate.bad) return;
  const { light, heavy, steady } = pair.time;
  const lightVariance = (): number => 2 * logSpreadOf(context.candidate, 'light').variance;
  const more = { ...context, isRare: head.isHeavy, lightVariance, atMs: head.atMs };
  updateTimeTest(head.isHeavy ? heavy : light, head.tookMs, candidate.tookMs, more);
  if (!head.isHeavy) updateTimeTest(steady, head.tookMs, candidate.tookMs, { ...more, isSteady: true });
}

export function countGoodOf({ failures }: Pair, isHeavy: boolean): void {
  countGood(failures.all);
  if (isHeavy) countGood(failures.heavy);
}

export function timeBoundOf(isRecent: boolean): number {
  return isRecent ? timeBound.recent : timeBound.usual;
}

/** @param isShared  a third mirror fails too */
export function alarmOf(pair: Pair, rule: AlarmRule, isShared: boolean): Alarm | null {
  const { failuresMin, spanMs, ease, ratio } = rule;
  const all = { failuresMin, spanMs, requests: 'all', ease } as const;
  if (isFailureAlarm(pair.failures.all, all, isShared)) return 'failures';
  const heavy = { failuresMin: Math.min(2, failuresMin), spanMs, requests: 'heavy', ease } as const;
  if (isFailureAlarm(pair.failures.heavy, heavy, isShared)) return 'heavy_failures';
  const bound = ease * timeBoundOf(rule.isRecent);
  if (findTimeAlarm(pair, 'light', bound, ratio) !== null) return 'time';
  if (findTimeAlarm(pair, 'heavy', bound, ratio) === null) return null;
  // If light steps are slower too, the whole mirror is slow, not only its downloads.
  return pair.time.light.sum >= alsoLight * bound ? 'time' : 'heavy_time';
}

/** The test of light steps with the larger sum: `light` or `steady`. */
export function lightTestOf({ light, steady }: Pair['time']): TimeTest {
  return light.sum >= steady.sum ? light : steady;
}

/** A test of the times of light or of heavy steps (`weight`) that triggers; `null`: none does. */
export function findTimeAlarm({ time }: Pair, weight: Weight, bound: number, ratio: number): TimeTest | null {
  const tests = weight === 'light' ? [time.light, time.steady] : [time.heavy];
  return tests.find((test) => isTimeAlarm(test, bound, weight, ratio)) ?? null;
}

/** True if the sum (accumulated evidence) of any test of the pair is at least twice the usual bound of that test. */
export function isTwiceOver(pair: Pair): boolean {
  const { sum, bound } = runningOf(pair, false, 1);
  return sum >= 2 * bound;
}

/** The sum (accumulated evidence) and the bound of the test that is nearest to its bound. */
export function runningOf({ failures, time }: Pair, isRecent: boolean, ease: number): Running {
  const { all, heavy } = failures;
  const ofFailures = { sum: Math.max(failureSumOf(all), failureSumOf(heavy)), bound: ease * failureBound };
  const sums = [time.light, time.steady, time.heavy].map(({ sum }) => sum);
  const ofTime = { sum: Math.max(...sums), bound: ease * timeBoundOf(isRecent) };
  return ofTime.sum / ofTime.bound > ofFailures.sum / ofFailures.bound ? ofTime : ofFailures;
}
