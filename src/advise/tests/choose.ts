import {
  type BuildRule,
  buildCostOf,
  costOf,
  countLastMinute,
  isFailingNow,
  meanMsOf,
  type Records,
  recordOf,
  spread,
  tamedHeavyMsOf,
  usualHeavyMsOf,
} from './costs.ts';
import {
  type FailureTest,
  failureBound,
  failureSumOf,
  isFailureAlarm,
  newFailureTest,
  updateFailureTest,
  usualRateOf,
} from './failures.ts';
import type { HeadRecord, Outcome } from './record.ts';
import { isTimeAlarm, newTimeTest, type TimeTest, timeBound, timeOfHead, updateTimeTest } from './time.ts';

/** The running comparison of the head in force with one candidate. */
export interface Pair {
  readonly failures: { readonly all: FailureTest; readonly heavy: FailureTest };
  readonly time: { readonly light: TimeTest; readonly heavy: TimeTest };
}

/** The head in force compared with every other mirror. */
export interface Comparison extends Records {
  /** The first mirror of the advised chain; `null`: none that is monitored. */
  head: string | null;
  /** By candidate, each compared with `head`. */
  readonly pairs: Map<string, Pair>;
}

/** A reason to leave the head: it fails more often, or takes longer; over all steps or over heavy ones. */
export type Alarm = 'failures' | 'heavy_failures' | 'time' | 'heavy_time';

export function isOfTime(alarm: Alarm): alarm is 'time' | 'heavy_time' {
  return alarm === 'time' || alarm === 'heavy_time';
}

/** The thresholds of alarms. */
interface AlarmRule {
  /** detect.outage: this many failures over this time are one trouble. */
  readonly failuresMin: number;
  readonly spanMs: number;
  /** The ratio of times that is worth a move; > 1. */
  readonly ratio: number;
  /** True within `hold` of a move: a time test then needs more evidence. */
  readonly isRecent: boolean;
  /** The share of each bound that is enough, 0 to 1: less than 1 where an alert of another system agrees. */
  readonly ease: number;
  /** True if a third mirror fails now too. */
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

/** A new pair. The scatter of its differences is estimated from the records of both. */
export function newPair(head: HeadRecord, candidate: HeadRecord): Pair {
  const timeOf = (weight: 'light' | 'heavy'): TimeTest => {
    const [a, b] = [spread(head, weight), spread(candidate, weight)];
    const seen = Math.min(a.count, b.count);
    const test = newTimeTest();
    if (seen < 2) return test;
    return {
      ...test,
      mean: a.meanMs - b.meanMs,
      variance: a.variance + b.variance,
      seen,
      levelMs: b.meanMs,
      levelVariance: b.variance,
    };
  };
  return {
    failures: { all: newFailureTest(), heavy: newFailureTest() },
    time: { light: timeOf('light'), heavy: timeOf('heavy') },
  };
}

/** Adds what both would have done in one moment. */
export function updatePair(
  pair: Pair,
  head: Outcome,
  candidate: Outcome,
  context: {
    readonly candidate: HeadRecord;
    /** Share of bad responses of all mirrors but the head, over the long run. */
    readonly everybody: number;
    readonly isHome: boolean;
    readonly ratio: number;
    readonly bound: number;
  },
): void {
  const p0 = usualRateOf(context.candidate.slowRate, context.candidate.fastRate, context.everybody);
  const usual = { p0, everybody: context.everybody };
  updateFailureTest(pair.failures.all, head, candidate.bad, usual);
  if (head.isHeavy) updateFailureTest(pair.failures.heavy, head, candidate.bad, usual);
  if (head.bad || candidate.bad) return;
  const test = head.isHeavy ? pair.time.heavy : pair.time.light;
  updateTimeTest(test, head.tookMs, candidate.tookMs, { ...context, isRare: head.isHeavy, atMs: head.atMs });
}

/** The current bound of the time tests. */
export function timeBoundOf(isRecent: boolean): number {
  return isRecent ? timeBound.recent : timeBound.usual;
}

/** The gravest reason to leave the head for this candidate; `null`: not enough evidence. */
export function alarmOf(pair: Pair, rule: AlarmRule): Alarm | null {
  const { failuresMin, spanMs, ease, isShared, ratio } = rule;
  const all = { failuresMin, spanMs, witness: 'all', ease } as const;
  if (isFailureAlarm(pair.failures.all, all, isShared)) return 'failures';
  const heavy = { failuresMin: Math.min(2, failuresMin), spanMs, witness: 'heavy', ease } as const;
  if (isFailureAlarm(pair.failures.heavy, heavy, isShared)) return 'heavy_failures';
  const bound = ease * timeBoundOf(rule.isRecent);
  if (isTimeAlarm(pair.time.light, bound, lightSlowerMin, ratio)) return 'time';
  if (!isTimeAlarm(pair.time.heavy, bound, heavySlowerMin, ratio)) return null;
  // If the light steps are nearly past their bound too, downloads are not the cause.
  return pair.time.light.sum >= alsoLight * bound ? 'time' : 'heavy_time';
}

/** The test that is nearest to its bound. */
export function runningOf(pair: Pair, isRecent: boolean, ease: number): Running {
  const bounds = { failures: ease * failureBound, time: ease * timeBoundOf(isRecent) };
  const all: Running[] = [
    { sum: failureSumOf(pair.failures.all), bound: bounds.failures },
    { sum: failureSumOf(pair.failures.heavy), bound: bounds.failures },
    { sum: pair.time.light.sum, bound: bounds.time },
    { sum: pair.time.heavy.sum, bound: bounds.time },
  ];
  return all.reduce((most, one) => (one.sum / one.bound > most.sum / most.bound ? one : most));
}

/** The comparison of the head with one candidate, begun where there is none. */
export function pairOf(contest: Comparison, head: string, candidate: string): Pair {
  const known = contest.pairs.get(candidate);
  if (known !== undefined) return known;
  const made = newPair(recordOf(contest, head), recordOf(contest, candidate));
  contest.pairs.set(candidate, made);
  return made;
}

/** A move that the tests support. */
interface Choice {
  readonly to: string;
  readonly alarm: Alarm;
}

/** The inputs of a choice besides the samples. */
export interface ChoiceRule extends Omit<AlarmRule, 'isShared'>, BuildRule {
  /** Costs within this share of the lowest are equal. */
  readonly minGain: number;
  /** The order of equals: the first is taken. */
  readonly inOrder: (a: string, b: string) => number;
}

/** A candidate with at least this many bad responses (and this share) in the last minute is not chosen. */
const badMin = 2;
const badShare = 0.15;

/** The candidate to move to by the tests now; `null`: not enough evidence for any. */
export function choose(contest: Comparison, candidates: readonly string[], rule: ChoiceRule): Choice | null {
  const { head } = contest;
  if (head === null) return null;
  const choices: { readonly to: string; readonly alarm: Alarm; readonly cost: number }[] = [];
  const headCost = costOf(contest, head, rule);
  const able = candidates.filter((name) => name !== head && isGoodNow(contest, name, rule.nowMs));
  const alarms = able.map((name) =>
    alarmOf(pairOf(contest, head, name), { ...rule, isShared: isShared(contest, name, rule.nowMs) }),
  );
  const failing = alarms.find((alarm) => alarm === 'failures' || alarm === 'heavy_failures');
  const gravest = failing ?? alarms.find((alarm) => alarm !== null) ?? null;
  if (gravest === null) return null;
  for (const [at, name] of able.entries()) {
    const own = alarms[at] ?? null;
    // If the head fails or is slow compared with one mirror, another one that did well in the same moments is as good a choice.
    const alarm = own ?? nearAlarm(contest, name, gravest, rule);
    if (alarm === null) continue;
    const cost = costOf(contest, name, rule);
    if (cost === null) continue;
    // Failing less often is no gain if it costs more: costs are upper bounds, strict for few failures too.
    if (isOfTime(alarm) ? !isCheaper(contest, name, alarm, rule) : headCost !== null && cost >= headCost) continue;
    choices.push({ to: name, alarm, cost });
  }
  return cheapest(choices, rule);
}

/** A candidate whose test is a moment behind the first may be chosen from this share of the bound on. */
const nearShare = 0.5;

function nearAlarm(contest: Comparison, name: string, alarm: Alarm, rule: ChoiceRule): Alarm | null {
  const { failures, time } = pairOf(contest, contest.head ?? '', name);
  const [test, slowerMin] = alarm === 'time' ? [time.light, lightSlowerMin] : [time.heavy, heavySlowerMin];
  const isNear = isOfTime(alarm)
    ? isTimeAlarm(test, nearShare * rule.ease * timeBoundOf(rule.isRecent), slowerMin, rule.ratio)
    : Math.max(failureSumOf(failures.all), failureSumOf(failures.heavy)) >= nearShare * failureBound;
  return isNear ? alarm : null;
}

/** True where a sum is past its bound; otherwise there is nothing to choose. */
export function isAnyPast(contest: Comparison, rule: Pick<ChoiceRule, 'isRecent' | 'ease'>): boolean {
  for (const pair of contest.pairs.values()) {
    const { sum, bound } = runningOf(pair, rule.isRecent, rule.ease);
    if (sum >= bound) return true;
  }
  return false;
}

/** The cheapest candidate that is healthy now, whatever the tests say: for forced moves. */
export function chooseAnyway(contest: Comparison, candidates: readonly string[], rule: ChoiceRule): string | null {
  const able = candidates
    .filter((name) => name !== contest.head && isGoodNow(contest, name, rule.nowMs))
    .flatMap((name) => {
      const cost = costOf(contest, name, rule);
      return cost === null ? [] : [{ to: name, cost }];
    });
  return cheapest(able, rule)?.to ?? null;
}

function cheapest<T extends { readonly to: string; readonly cost: number }>(
  choices: readonly T[],
  rule: ChoiceRule,
): T | null {
  const least = Math.min(...choices.map((one) => one.cost));
  const equal = choices.filter((one) => isEqualCost(one.cost, least, rule.minGain));
  return equal.toSorted((a, b) => rule.inOrder(a.to, b.to))[0] ?? null;
}

/** Build costs within a quarter of `minGain`, or 10 ms, of the lowest are equal: bounds are coarse. */
function isEqualCost(cost: number, least: number, minGain: number): boolean {
  return cost - least <= Math.max(0.01, least * minGain * 0.25);
}

/** A build must cost less than `manyShare` of the head's; or less than the head's, with times below `worthShare` of them. */
const worthShare = 0.95;
const manyShare = 0.5;
/**
 * The moments of a test are those that triggered it, so they overstate the difference. At most this many remembered
 * moments are added to them: fewer, by the square, the further the sum is past its bound.
 */
const remembered = { time: 20, heavy_time: 4 } as const;

/**
 * Whether a build through a candidate is expected to cost less than through the head. The tested weight takes the test's
 * moments plus remembered ones; the other one the last half hour, or the last downloads with outliers limited.
 */
function isCheaper(contest: Comparison, name: string, alarm: 'time' | 'heavy_time', rule: ChoiceRule): boolean {
  const head = contest.head ?? '';
  const { time } = pairOf(contest, head, name);
  const test = alarm === 'time' ? time.light : time.heavy;
  const usualMs = usualHeavyMsOf(contest, rule.nowMs);
  const others = remembered[alarm] * Math.min(1, (rule.ease * timeBoundOf(rule.isRecent)) / test.sum) ** 2;
  const costBy = (mirror: string, testedMs: number, failureCostMs: number): number => {
    const record = recordOf(contest, mirror);
    const light = meanMsOf(record, 'light', rule.nowMs, 0) ?? testedMs / test.rounds;
    const heavy = tamedHeavyMsOf(record, alarm === 'time' ? test.fromMs : undefined) ?? usualMs;
    const beside = (ms: number): number => (testedMs + others * ms) / (test.rounds + others);
    const times =
      alarm === 'time' ? { lightMs: beside(light), heavyMs: heavy } : { lightMs: light, heavyMs: beside(heavy) };
    return buildCostOf(record, { ...rule, ...times, failureCostMs });
  };
  const shareOf = (failureCostMs: number): number =>
    costBy(name, test.candidateMs, failureCostMs) / costBy(head, timeOfHead(test), failureCostMs);
  // The cost of a few failures exceeds any difference in time and may be chance, so times alone must agree, unless
  // the gain is large.
  const share = shareOf(rule.failureCostMs);
  return share < manyShare || (share < 1 && shareOf(0) < worthShare);
}

/**
 * True where a candidate's last response was good and it fails rarely, or the head twice as often, within the last minute.
 */
export function isGoodNow(contest: Comparison, name: string, nowMs: number): boolean {
  const record = contest.records.get(name);
  if (record === undefined || record.last === null || record.last.bad) return false;
  const { bad, all } = countLastMinute(record, nowMs);
  if (bad < badMin || bad <= badShare * all) return true;
  const head = contest.head === null ? null : countLastMinute(recordOf(contest, contest.head), nowMs);
  return head !== null && head.all > 0 && head.bad / head.all >= (2 * bad) / all;
}

/** True where a mirror other than head and candidate failed twice within the last minute. */
function isShared(contest: Comparison, candidate: string, nowMs: number): boolean {
  for (const [name, record] of contest.records) {
    if (name !== contest.head && name !== candidate && isFailingNow(record, nowMs)) return true;
  }
  return false;
}
