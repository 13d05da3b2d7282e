import {
  type FailureTest,
  failureAlarm,
  failureBound,
  failureSum,
  hearFailure,
  newFailureTest,
  usualRate,
} from './failures.ts';
import type { HeadRecord, Outcome } from './record.ts';
import { spread } from './record.ts';
import { hearTime, newTimeTest, type TimeTest, timeAlarm, timeBound } from './time.ts';

/** Everything that is added up between the head in force and one candidate. */
export interface Pair {
  readonly failures: { readonly all: FailureTest; readonly heavy: FailureTest };
  readonly time: { readonly light: TimeTest; readonly heavy: TimeTest };
}

/** What speaks for leaving the head: the more often failing, or the longer taking; over all steps or the heavy ones. */
export type Alarm = 'failures' | 'heavy_failures' | 'time' | 'heavy_time';

/** What alarms are judged by. */
export interface AlarmRule {
  /** detect.outage: how many failures over how long are one trouble. */
  readonly failuresMin: number;
  readonly spanMs: number;
  /** How many times as long is worth a move; > 1. */
  readonly ratio: number;
  /** Within `hold` of a move: time needs more to speak. */
  readonly isRecent: boolean;
  /** Share of each bound that will do, 0 to 1: less than 1 where an alert of others says the same. */
  readonly ease: number;
  /** A third mirror fails too just now. */
  readonly isShared: boolean;
}

/** One test as people see it. */
export interface Running {
  readonly sum: number;
  readonly bound: number;
}

const lightSlowerMin = 4;
const heavySlowerMin = 3;
const alsoLight = 0.25;

/** A pair that begins: how far apart their answers scatter is taken from what both did so far. */
export function newPair(head: HeadRecord, candidate: HeadRecord): Pair {
  const timeOf = (weight: 'light' | 'heavy'): TimeTest => {
    const [a, b] = [spread(head, weight), spread(candidate, weight)];
    const seen = Math.min(a.count, b.count);
    const test = newTimeTest();
    if (seen < 2) return test;
    return { ...test, mean: a.meanMs - b.meanMs, variance: a.variance + b.variance, seen, levelMs: b.meanMs };
  };
  return {
    failures: { all: newFailureTest(), heavy: newFailureTest() },
    time: { light: timeOf('light'), heavy: timeOf('heavy') },
  };
}

/** Takes in what both would have done in one moment. */
export function hearPair(
  pair: Pair,
  head: Outcome,
  candidate: Outcome,
  context: {
    readonly candidate: HeadRecord;
    /** Share of bad answers of all but the head, over the long run. */
    readonly everybody: number;
    readonly isHome: boolean;
    readonly ratio: number;
    readonly bound: number;
  },
): void {
  const p0 = usualRate(context.candidate.slowRate, context.candidate.fastRate, context.everybody);
  const usual = { p0, everybody: context.everybody };
  hearFailure(pair.failures.all, head, candidate.bad, usual);
  if (head.isHeavy) hearFailure(pair.failures.heavy, head, candidate.bad, usual);
  if (head.bad || candidate.bad) return;
  const test = head.isHeavy ? pair.time.heavy : pair.time.light;
  hearTime(test, head.tookMs, candidate.tookMs, { ...context, isRare: head.isHeavy, atMs: head.atMs });
}

/** The bound of the time tests now. */
export function timeBoundNow(isRecent: boolean): number {
  return isRecent ? timeBound.recent : timeBound.usual;
}

/** What speaks for leaving the head for this candidate, the gravest first; `null`: not enough. */
export function alarmOf(pair: Pair, rule: AlarmRule): Alarm | null {
  const { failuresMin, spanMs, ease, isShared, ratio } = rule;
  const all = { failuresMin, spanMs, witness: 'all', ease } as const;
  if (failureAlarm(pair.failures.all, all, isShared)) return 'failures';
  const heavy = { failuresMin: Math.min(2, failuresMin), spanMs, witness: 'heavy', ease } as const;
  if (failureAlarm(pair.failures.heavy, heavy, isShared)) return 'heavy_failures';
  const bound = ease * timeBoundNow(rule.isRecent);
  if (timeAlarm(pair.time.light, bound, lightSlowerMin, ratio)) return 'time';
  if (!timeAlarm(pair.time.heavy, bound, heavySlowerMin, ratio)) return null;
  // Where light steps are well on their way to saying the same, it is not the downloads.
  return pair.time.light.sum >= alsoLight * bound ? 'time' : 'heavy_time';
}

/** The test that is nearest to its bound. */
export function runningOf(pair: Pair, isRecent: boolean, ease: number): Running {
  const bounds = { failures: ease * failureBound, time: ease * timeBoundNow(isRecent) };
  const all: Running[] = [
    { sum: failureSum(pair.failures.all), bound: bounds.failures },
    { sum: failureSum(pair.failures.heavy), bound: bounds.failures },
    { sum: pair.time.light.sum, bound: bounds.time },
    { sum: pair.time.heavy.sum, bound: bounds.time },
  ];
  return all.reduce((most, one) => (one.sum / one.bound > most.sum / most.bound ? one : most));
}

/** How near the light time test is to its usual bound, as a share. */
export function pairTimeShare(pair: Pair): number {
  return pair.time.light.sum / timeBound.usual;
}

/** How near any of the tests is to its usual bound, as a share. */
export function alarmShare(pair: Pair): number {
  const running = runningOf(pair, false, 1);
  return running.sum / running.bound;
}
