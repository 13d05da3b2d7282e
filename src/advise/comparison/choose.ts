import { getOrMake } from '../../core/get-or-make.ts';
import type { Contest } from './contest.ts';
import {
  type BuildRule,
  buildBoundOf,
  costOf,
  countLastMinute,
  isFailingAlike,
  meanMsOf,
  recordOf,
  tamedHeavyMsOf,
  usualHeavyMsOf,
} from './costs.ts';
import { failureBound, failureSumOf } from './failures.ts';
import {
  type Alarm,
  type AlarmRule,
  alarmOf,
  findTimeAlarm,
  isOfTime,
  newPair,
  type Pair,
  runningOf,
  type TimeAlarm,
  timeBoundOf,
} from './pair.ts';
import { type HeadRecord, isWorseEachHour, lastOf, spread } from './record.ts';
import { isSlowFor, type TimeTest, timeOfHead } from './time.ts';

export function pairOf(contest: Contest, head: string, candidate: string): Pair {
  return getOrMake(contest.pairs, candidate, () => newPair(recordOf(contest, head), recordOf(contest, candidate)));
}

export interface Choice {
  readonly to: string;
  readonly alarm: Alarm;
}

export interface ChoiceRule extends AlarmRule, BuildRule {
  /**
   * The minimum relative gain of a switch to another mirror, 0 to 1. Costs that differ by at most a quarter of
   * `minGain` count as equal.
   */
  readonly minGain: number;
  readonly inOrder: (a: string, b: string) => number;
  /**
   * True while a switch to this mirror waits for downloads: the head's light requests (metadata) are slow, but
   * downloads decide.
   */
  readonly isAwaited: (name: string) => boolean;
  /** How long the head must have been slow before a switch because of slowness, milliseconds. */
  readonly slowForMs: number;
}

/**
 * If light requests take this many times as long at the head as at the candidate, the switch does not wait for
 * downloads.
 */
const clearFactor = 4;
/**
 * A switch because of slow light requests waits until this many downloads from each of the two mirrors are recorded.
 */
const downloadsMin = 2;

export function hasFewDownloads(contest: Contest, name: string): boolean {
  return spread(recordOf(contest, name), 'heavy').count < downloadsMin;
}

function isClear(test: TimeTest): boolean {
  return timeOfHead(test) >= clearFactor * test.candidateMs;
}

/** The candidates with faster light requests, but with too few downloads to know whether builds are faster. */
export function listUnsure(contest: Contest, candidates: readonly string[], rule: ChoiceRule): readonly string[] {
  const { head } = contest;
  if (head === null) return [];
  const bound = rule.ease * timeBoundOf(rule.isRecent);
  return listAble(contest, candidates, rule).filter((name) => {
    const pair = contest.pairs.get(name);
    if (pair === undefined || !(hasFewDownloads(contest, name) || hasFewDownloads(contest, head))) return false;
    const test = findTimeAlarm(pair, 'light', bound, rule.ratio);
    return test !== null && !isClear(test);
  });
}

const badMin = 2;
const badShare = 0.15;

/**
 * Why the tests do not choose a candidate. `evidence`: no test has triggered. `downloads`: the switch waits until
 * downloads are measured. `dearer`: a build costs no less there. `spell`: the head has not been slow for long enough.
 */
type ChoiceBlocker = 'evidence' | 'downloads' | 'dearer' | 'spell';

/** A candidate that works now, as the tests see it. */
export type Assessed = { readonly to: string } & (
  | { readonly blocker: ChoiceBlocker }
  | { readonly blocker: null; readonly alarm: Alarm; readonly cost: number; readonly isOwn: boolean }
);

/** The cheapest of the assessed candidates that nothing blocks; `null`: the test of none triggered by itself. */
export function choiceOf(all: readonly Assessed[], rule: ChoiceRule): Choice | null {
  const open = all.filter((one) => one.blocker === null);
  return open.some(({ isOwn }) => isOwn) ? cheapest(open, rule) : null;
}

/** What blocks each of the candidates that work now (`isGoodNow`). */
export function assess(contest: Contest, candidates: readonly string[], rule: ChoiceRule): readonly Assessed[] {
  const { head } = contest;
  if (head === null) return [];
  const able = listAble(contest, candidates, rule);
  const alarms = able.map((name) => alarmOf(pairOf(contest, head, name), rule, isShared(contest, name, rule.nowMs)));
  const failing = alarms.find((alarm) => alarm === 'failures' || alarm === 'heavy_failures');
  const gravest = failing ?? alarms.find((alarm) => alarm !== null) ?? null;
  if (gravest === null) return able.map((to) => ({ to, blocker: 'evidence' }));
  const headCost = isOfTime(gravest) ? null : costOf(contest, head, rule);
  return able.map((to, at): Assessed => {
    const own = alarms[at] ?? null;
    // One candidate's test has triggered, so the head is probably failing or slow. Other candidates need less evidence.
    const alarm = own ?? nearAlarm(contest, to, gravest, rule);
    if (alarm === null) return { to, blocker: 'evidence' };
    const blocker = isOfTime(alarm) ? timeBlockerOf(contest, to, alarm, rule) : null;
    if (blocker !== null) return { to, blocker };
    const cost = costOf(contest, to, rule);
    const isDearer = cost === null || (!isOfTime(alarm) && headCost !== null && cost >= headCost);
    return isDearer ? { to, blocker: 'dearer' } : { to, blocker: null, alarm, cost, isOwn: own !== null };
  });
}

/** If the test of one candidate triggered, this share of the bound is enough for the other candidates. */
const nearShare = 0.5;

function nearAlarm(contest: Contest, name: string, alarm: Alarm, rule: ChoiceRule): Alarm | null {
  const pair = pairOf(contest, contest.head ?? '', name);
  const { failures } = pair;
  const bound = nearShare * rule.ease * timeBoundOf(rule.isRecent);
  const isNear = {
    failures: Math.max(failureSumOf(failures.all), failureSumOf(failures.heavy)) >= nearShare * failureBound,
    time: findTimeAlarm(pair, 'light', bound, rule.ratio) !== null,
    heavy_time: findTimeAlarm(pair, 'heavy', bound, rule.ratio) !== null,
  };
  return isNear[alarm === 'heavy_failures' ? 'failures' : alarm] ? alarm : null;
}

type PastRule = Pick<ChoiceRule, 'isRecent' | 'ease'>;

function isPast(pair: Pair, rule: PastRule): boolean {
  const { sum, bound } = runningOf(pair, rule.isRecent, rule.ease);
  return sum >= bound;
}

/** True if the sum (the accumulated evidence) of any test has reached its bound. */
export function isAnyPast(contest: Contest, rule: PastRule): boolean {
  return contest.pairs.values().some((pair) => isPast(pair, rule));
}

/** True if the test of a candidate is past its bound, but a build there costs no less than at the head. */
export function isAnyDisputed(contest: Contest, rule: ChoiceRule): boolean {
  const past = [...contest.pairs].filter(([, pair]) => isPast(pair, rule));
  const headCost = contest.head === null || past.length === 0 ? null : costOf(contest, contest.head, rule);
  if (headCost === null) return false;
  return past.some(([name]) => (costOf(contest, name, rule) ?? Number.NEGATIVE_INFINITY) >= headCost);
}

/** The cheapest candidate that works now (`isGoodNow`), whatever the tests say; `null`: none. */
export function chooseAnyway(contest: Contest, candidates: readonly string[], rule: ChoiceRule): string | null {
  const priced = listAble(contest, candidates, rule).flatMap((to) => {
    const cost = costOf(contest, to, rule);
    return cost === null ? [] : [{ to, cost }];
  });
  return cheapest(priced, rule)?.to ?? null;
}

/** The candidates that work now. */
function listAble(contest: Contest, candidates: readonly string[], { nowMs }: ChoiceRule): readonly string[] {
  return candidates.filter((name) => name !== contest.head && isGoodNow(contest, name, nowMs));
}

type Priced = { readonly to: string; readonly cost: number };

/** Costs in seconds that differ by at most a quarter of `minGain`, or by at most 10 ms, count as equal. */
function cheapest<T extends Priced>(choices: readonly T[], { minGain, inOrder }: ChoiceRule): T | null {
  const least = Math.min(...choices.map((one) => one.cost));
  const equal = choices.filter(({ cost }) => cost - least <= Math.max(0.01, least * minGain * 0.25));
  return equal.toSorted((a, b) => inOrder(a.to, b.to))[0] ?? null;
}

/** A candidate is faster if a build there takes less than this share of the time of a build at the head. */
const worthShare = 0.95;
/**
 * A candidate is worth a switch, whatever the times, if a build there costs less than this share of the cost of a build
 * at the head.
 */
const manyShare = 0.5;
/**
 * The mean times in a test that triggers overstate the difference of two mirrors. So long-run means are mixed in, with
 * the weight of up to this many compared responses. The further the sum is above its bound, the lower is the weight:
 * if a mirror is clearly slow, its earlier times must not delay a switch.
 */
const remembered = { time: 20, heavy_time: 4 } as const;

/**
 * What blocks a switch because of time; `null`: builds are expected to be cheaper at the candidate, or faster there
 * while both mirrors fail alike.
 */
function timeBlockerOf(contest: Contest, name: string, alarm: TimeAlarm, rule: ChoiceRule): ChoiceBlocker | null {
  const head = contest.head ?? '';
  const pair = pairOf(contest, head, name);
  const { time } = pair;
  const bound = rule.ease * timeBoundOf(rule.isRecent);
  const light =
    findTimeAlarm(pair, 'light', bound, rule.ratio) ?? findTimeAlarm(pair, 'light', nearShare * bound, rule.ratio);
  const test = alarm === 'time' ? (light ?? time.light) : time.heavy;
  if (alarm === 'time' && !isClear(test) && rule.isAwaited(name)) return 'downloads';
  const usualMs = usualHeavyMsOf(contest, rule.nowMs);
  const [here, there] = [recordOf(contest, head), recordOf(contest, name)];
  const isOfDay = !contest.without.has('hourly') && isWorseEachHour(there.hourly, here.hourly);
  const others = remembered[alarm] * Math.min(1, bound / test.sum) ** 2;
  const costsBy = (mirror: string, testedMs: number): ((failureCostMs: number) => number) => {
    const record = recordOf(contest, mirror);
    const light = meanMsOf(record, 'light', rule.nowMs, 0) ?? testedMs / test.rounds;
    // The standard error is added to the candidate's mean download time, because downloads that were fast by chance
    // must not decide.
    const doubtMs = mirror === name && alarm === 'time' ? errorOfHeavy(record, usualMs) : 0;
    const heavy = (tamedHeavyMsOf(record, test === time.light ? test.fromMs : undefined) ?? usualMs) + doubtMs;
    const beside = (ms: number): number => (testedMs + others * ms) / (test.rounds + others);
    const times =
      alarm === 'time' ? { lightMs: beside(light), heavyMs: heavy } : { lightMs: light, heavyMs: beside(heavy) };
    const { failed, waitedMs } = buildBoundOf(record, { ...rule, ...times, isOfDay });
    return (failureCostMs) => failed * failureCostMs + waitedMs;
  };
  const [costOfName, costOfHead] = [costsBy(name, test.candidateMs), costsBy(head, timeOfHead(test))];
  const shareOf = (failureCostMs: number): number => costOfName(failureCostMs) / costOfHead(failureCostMs);
  // Few failures may be chance, but cost more than slow responses. So the times alone must show a gain too.
  const isOfTimes = shareOf(0) < worthShare;
  const share = shareOf(rule.failureCostMs);
  const isWorth = isOfDay ? share < 1 - rule.minGain : share < 1 || isFailingAlike(here, there, rule.nowMs);
  if (share >= manyShare && !(isOfTimes && isWorth)) return 'dearer';
  return isSlowFor(test, bound, rule.slowForMs, rule.nowMs) ? null : 'spell';
}

/** An estimate of the standard error of the mean of the last downloads, milliseconds. */
function errorOfHeavy(record: HeadRecord, usualMs: number): number {
  const { count, mean, variance } = spread(record, 'heavy');
  if (count < 2) return 0.5 * (count === 0 ? usualMs : mean);
  return Math.sqrt(variance / count);
}

/**
 * True if the mirror works now. Its last response was good, and its failures in the last minute were rare or at most
 * half as frequent as those of the head.
 */
export function isGoodNow(contest: Contest, name: string, nowMs: number): boolean {
  const record = contest.records.get(name);
  if (record === undefined || lastOf(record)?.bad !== false) return false;
  const { bad, all } = countLastMinute(record, nowMs);
  if (bad < badMin || bad <= badShare * all) return true;
  const head = contest.head === null ? null : countLastMinute(recordOf(contest, contest.head), nowMs);
  return head !== null && head.all > 0 && head.bad / head.all >= (2 * bad) / all;
}

/** True if a mirror other than head and candidate failed at least twice within the last minute. */
function isShared(contest: Contest, candidate: string, nowMs: number): boolean {
  const others = [...contest.records].filter(([name]) => name !== contest.head && name !== candidate);
  return others.some(([, record]) => countLastMinute(record, nowMs).bad >= badMin);
}

/** The choice of the mirror in use is provisional for at most this time after a switch, milliseconds. */
const provisionalMs = 20 * 60_000;
/** The choice is provisional while fewer downloads of the mirror in use than this are recorded. */
const provisionalDownloads = 8;
/**
 * The mirror in use is compared with another one if this many good downloads of each of the two are recorded. The choice
 * is provisional while fewer of any other mirror are recorded.
 */
const comparedDownloads = 4;
/** Another mirror is better if a build there costs less than this fraction of the cost of a build at the head. */
const betterShare = 0.95;
/** The number of standard errors that are added to the mean times of the other mirror. */
const betterErrors = 0.4;

/**
 * True while few downloads of the head, or of a mirror of `names`, are recorded, at most `provisionalMs` after the
 * switch. Clients may then have been sent to the head because of its light requests (metadata) alone.
 * @see docs/decisions/0165-a-first-choice-may-be-corrected-once.md
 */
export function isProvisional(contest: Contest, names: readonly string[], sinceMoveMs: number): boolean {
  const { head } = contest;
  if (head === null || sinceMoveMs > provisionalMs || contest.without.has('provisional')) return false;
  const isFew = recordOf(contest, head).heavy.length < provisionalDownloads;
  return isFew || names.some((name) => !isCompared(contest, name));
}

/**
 * The mirror of `names` that is cheaper than another one by its downloads too; `null`: none, or few downloads are known.
 * @param than   the mirror that is used now; `null`: it is not monitored
 * @param share  of the cost of a build at that mirror, a build at the chosen one costs less
 */
export function chooseBetter(
  contest: Contest,
  names: readonly string[],
  rule: ChoiceRule,
  than: string | null = contest.head,
  share: number = betterShare,
): string | null {
  if (than === null || names.length === 0 || !isCompared(contest, than)) return null;
  const usedCost = costOf(contest, than, { ...rule, errors: 0 });
  if (usedCost === null) return null;
  let [better, leastCost] = [null as string | null, share * usedCost];
  for (const name of names) {
    if (name === than || !isCompared(contest, name) || !isGoodNow(contest, name, rule.nowMs)) continue;
    const cost = costOf(contest, name, { ...rule, errors: betterErrors });
    if (cost !== null && cost < leastCost) [better, leastCost] = [name, cost];
  }
  return better;
}

function isCompared(contest: Contest, name: string): boolean {
  return spread(recordOf(contest, name), 'heavy').count >= comparedDownloads;
}
