import {
  type BuildRule,
  buildCostOf,
  costOf,
  countLastMinute,
  isFailingNow,
  meanMs,
  type Records,
  recordOf,
  spread,
  tamedHeavyMsOf,
  usualHeavyMs,
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

/** Everything that is added up between the head in force and one candidate. */
export interface Pair {
  readonly failures: { readonly all: FailureTest; readonly heavy: FailureTest };
  readonly time: { readonly light: TimeTest; readonly heavy: TimeTest };
}

/** The head in force compared with every other mirror. */
export interface Comparison extends Records {
  /** The mirror that clients are told to ask first now; `null`: none that is monitored. */
  head: string | null;
  /** By candidate; all against `head`. */
  readonly pairs: Map<string, Pair>;
}

/** What speaks for leaving the head: the more often failing, or the longer taking; over all steps or the heavy ones. */
export type Alarm = 'failures' | 'heavy_failures' | 'time' | 'heavy_time';

/** What alarms are judged by. */
interface AlarmRule {
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
export function updatePair(
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
  const p0 = usualRateOf(context.candidate.slowRate, context.candidate.fastRate, context.everybody);
  const usual = { p0, everybody: context.everybody };
  updateFailureTest(pair.failures.all, head, candidate.bad, usual);
  if (head.isHeavy) updateFailureTest(pair.failures.heavy, head, candidate.bad, usual);
  if (head.bad || candidate.bad) return;
  const test = head.isHeavy ? pair.time.heavy : pair.time.light;
  updateTimeTest(test, head.tookMs, candidate.tookMs, { ...context, isRare: head.isHeavy, atMs: head.atMs });
}

/** The bound of the time tests now. */
export function timeBoundOf(isRecent: boolean): number {
  return isRecent ? timeBound.recent : timeBound.usual;
}

/** What speaks for leaving the head for this candidate, the gravest first; `null`: not enough. */
export function alarmOf(pair: Pair, rule: AlarmRule): Alarm | null {
  const { failuresMin, spanMs, ease, isShared, ratio } = rule;
  const all = { failuresMin, spanMs, witness: 'all', ease } as const;
  if (isFailureAlarm(pair.failures.all, all, isShared)) return 'failures';
  const heavy = { failuresMin: Math.min(2, failuresMin), spanMs, witness: 'heavy', ease } as const;
  if (isFailureAlarm(pair.failures.heavy, heavy, isShared)) return 'heavy_failures';
  const bound = ease * timeBoundOf(rule.isRecent);
  if (isTimeAlarm(pair.time.light, bound, lightSlowerMin, ratio)) return 'time';
  if (!isTimeAlarm(pair.time.heavy, bound, heavySlowerMin, ratio)) return null;
  // Where light steps are well on their way to saying the same, it is not the downloads.
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

/** How near the light time test is to its usual bound, as a share. */
export function timeShareOf(pair: Pair): number {
  return pair.time.light.sum / timeBound.usual;
}

/** How near any of the tests is to its usual bound, as a share. */
export function alarmShareOf(pair: Pair): number {
  const running = runningOf(pair, false, 1);
  return running.sum / running.bound;
}

/** The comparison of the head with one candidate, begun where there is none. */
export function pairOf(contest: Comparison, head: string, candidate: string): Pair {
  const known = contest.pairs.get(candidate);
  if (known !== undefined) return known;
  const made = newPair(recordOf(contest, head), recordOf(contest, candidate));
  contest.pairs.set(candidate, made);
  return made;
}

/** A move that the tests speak for. */
interface Choice {
  readonly to: string;
  readonly alarm: Alarm;
}

/** What choosing goes by beside the answers. */
export interface ChoiceRule extends Omit<AlarmRule, 'isShared'>, BuildRule {
  /** Costs within this share of the lowest are equal. */
  readonly minGain: number;
  /** Puts equals in order: the first is taken. */
  readonly inOrder: (a: string, b: string) => number;
}

/** More than so many bad answers of so many in a minute keep a candidate from being chosen. */
const badMin = 2;
const badShare = 0.15;

/** The candidate to move to by what the tests say now; `null`: none of them says enough. */
export function choose(contest: Comparison, candidates: readonly string[], rule: ChoiceRule): Choice | null {
  const { head } = contest;
  if (head === null) return null;
  const choices: { readonly to: string; readonly alarm: Alarm; readonly cost: number }[] = [];
  const headCost = costOf(contest, head, rule);
  const able = candidates.filter((name) => name !== head && isGoodNow(contest, name, rule.nowMs));
  const alarms = able.map((name) =>
    alarmOf(pairOf(contest, head, name), { ...rule, isShared: isShared(contest, name, rule.nowMs) }),
  );
  const failing = alarms.find((alarm) => alarm === 'failures' || alarm === 'heavy_failures') ?? null;
  for (const [at, name] of able.entries()) {
    const own = alarms[at] ?? null;
    // Where the head fails against one, it fails: who answered well beside it is as good a choice.
    const alarm = own ?? (failing !== null && isNearFailure(contest, head, name) ? failing : null);
    if (alarm === null) continue;
    const cost = costOf(contest, name, rule);
    if (cost === null) continue;
    const isOfTime = alarm === 'time' || alarm === 'heavy_time';
    // Failing less often is no gain where it costs more: by the bounds, which hold few failures against a candidate too.
    if (isOfTime ? !isCheaper(contest, name, alarm, rule) : headCost !== null && cost >= headCost) continue;
    choices.push({ to: name, alarm, cost });
  }
  return cheapest(choices, rule);
}

/** A candidate that comes a moment later than the first may be chosen where this share of the bound is reached. */
const nearShare = 0.5;

function isNearFailure(contest: Comparison, head: string, name: string): boolean {
  const { all, heavy } = pairOf(contest, head, name).failures;
  return Math.max(failureSumOf(all), failureSumOf(heavy)) >= nearShare * failureBound;
}

/** True where a sum has passed its bound: otherwise there is nothing to choose. */
export function isAnyPast(contest: Comparison, rule: Pick<ChoiceRule, 'isRecent' | 'ease'>): boolean {
  for (const pair of contest.pairs.values()) {
    const { sum, bound } = runningOf(pair, rule.isRecent, rule.ease);
    if (sum >= bound) return true;
  }
  return false;
}

/** The cheapest candidate that answered well just now, whatever the tests say: where staying is no choice. */
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

/** Costs of a build within a quarter of `minGain`, or 10 ms, of the least are equal: bounds are coarse, and people know more. */
function isEqualCost(cost: number, least: number, minGain: number): boolean {
  return cost - least <= Math.max(0.01, least * minGain * 0.25);
}

/** A build must take less than this share of the head's time to be worth a move for it; so little cost speaks for itself. */
const worthShare = 0.95;
const manyShare = 0.5;
/**
 * The moments of a test speak for its mirrors' times beside so many that are remembered: they were chosen for looking bad.
 * The fewer, as the square, the further the sum has gone beyond its bound, which chance seldom does.
 */
const remembered = { time: 20, heavy_time: 4 } as const;

/**
 * Whether a build through a candidate is expected to cost less than through the head. Of the weight that the test speaks
 * of, its moments and what is remembered; of the other, light steps as in the last half hour, and the last downloads, of
 * which one that took long by chance must not speak for a mirror whose downloads are slower.
 */
function isCheaper(contest: Comparison, name: string, alarm: 'time' | 'heavy_time', rule: ChoiceRule): boolean {
  const head = contest.head ?? '';
  const { time } = pairOf(contest, head, name);
  const test = alarm === 'time' ? time.light : time.heavy;
  const usualMs = usualHeavyMs(contest, rule.nowMs);
  const others = remembered[alarm] * Math.min(1, (rule.ease * timeBoundOf(rule.isRecent)) / test.sum) ** 2;
  const costBy = (mirror: string, testedMs: number, failureCostMs: number): number => {
    const record = recordOf(contest, mirror);
    const light = meanMs(record, 'light', rule.nowMs, 0) ?? testedMs / test.rounds;
    const heavy = tamedHeavyMsOf(record) ?? usualMs;
    const beside = (ms: number): number => (testedMs + others * ms) / (test.rounds + others);
    const times =
      alarm === 'time' ? { lightMs: beside(light), heavyMs: heavy } : { lightMs: light, heavyMs: beside(heavy) };
    return buildCostOf(record, { ...rule, ...times, failureCostMs });
  };
  const shareOf = (failureCostMs: number): number =>
    costBy(name, test.candidateMs, failureCostMs) / costBy(head, timeOfHead(test), failureCostMs);
  // What few failures more or less cost outweighs any time, and is chance: time alone must say so too, unless they are many.
  const share = shareOf(rule.failureCostMs);
  return share < manyShare || (share < 1 && shareOf(0) < worthShare);
}

/**
 * True where a candidate's last answer was good and it does not fail often within the last minute, unless the head does
 * twice as often.
 */
export function isGoodNow(contest: Comparison, name: string, nowMs: number): boolean {
  const record = contest.records.get(name);
  if (record === undefined || record.last === null || record.last.bad) return false;
  const { bad, all } = countLastMinute(record, nowMs);
  if (bad < badMin || bad <= badShare * all) return true;
  const head = contest.head === null ? null : countLastMinute(recordOf(contest, contest.head), nowMs);
  return head !== null && head.all > 0 && head.bad / head.all >= (2 * bad) / all;
}

/** True where a mirror beside head and candidate failed twice within the last minute. */
function isShared(contest: Comparison, candidate: string, nowMs: number): boolean {
  for (const [name, record] of contest.records) {
    if (name !== contest.head && name !== candidate && isFailingNow(record, nowMs)) return true;
  }
  return false;
}
