import { buildCost, buildCostOf } from './build.ts';
import { type Contest, pairOf, recordOf } from './contest.ts';
import { failureBound, failureSum } from './failures.ts';
import { type Alarm, type AlarmRule, alarmOf, runningOf, timeBoundNow } from './pair.ts';
import { isFailingNow, lastMinute, meanMs, tamedHeavyMs } from './record.ts';
import { timeOfHead } from './time.ts';

/** A move that the tests speak for. */
export interface Choice {
  readonly to: string;
  readonly alarm: Alarm;
}

/** What choosing goes by beside the answers. */
export interface ChoiceRule extends Omit<AlarmRule, 'isShared'> {
  readonly nowMs: number;
  readonly failureCostMs: number;
  /** Share of failures that the chain behind a head does not catch, 0 to 1. */
  readonly rescue: number;
  /** Costs within this share of the lowest are equal. */
  readonly minGain: number;
  /** Puts equals in order: the first is taken. */
  readonly inOrder: (a: string, b: string) => number;
}

/** More than so many bad answers of so many in a minute keep a candidate from being chosen. */
const badMin = 2;
const badShare = 0.15;

/** The candidate to move to by what the tests say now; `null`: none of them says enough. */
export function choose(contest: Contest, candidates: readonly string[], rule: ChoiceRule): Choice | null {
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

function isNearFailure(contest: Contest, head: string, name: string): boolean {
  const { all, heavy } = pairOf(contest, head, name).failures;
  return Math.max(failureSum(all), failureSum(heavy)) >= nearShare * failureBound;
}

/** True where a sum has passed its bound: otherwise there is nothing to choose. */
export function isAnyPast(contest: Contest, rule: Pick<ChoiceRule, 'isRecent' | 'ease'>): boolean {
  for (const pair of contest.pairs.values()) {
    const { sum, bound } = runningOf(pair, rule.isRecent, rule.ease);
    if (sum >= bound) return true;
  }
  return false;
}

/** The cheapest candidate that answered well just now, whatever the tests say: where staying is no choice. */
export function chooseAnyway(contest: Contest, candidates: readonly string[], rule: ChoiceRule): string | null {
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
function isCheaper(contest: Contest, name: string, alarm: 'time' | 'heavy_time', rule: ChoiceRule): boolean {
  const head = contest.head ?? '';
  const { time } = pairOf(contest, head, name);
  const test = alarm === 'time' ? time.light : time.heavy;
  const usualMs = usualHeavyMs(contest, rule.nowMs);
  const others = remembered[alarm] * Math.min(1, (rule.ease * timeBoundNow(rule.isRecent)) / test.sum) ** 2;
  const costBy = (mirror: string, testedMs: number, failureCostMs: number): number => {
    const record = recordOf(contest, mirror);
    const light = meanMs(record, 'light', rule.nowMs, 0) ?? testedMs / test.rounds;
    const heavy = tamedHeavyMs(record) ?? usualMs;
    const beside = (ms: number): number => (testedMs + others * ms) / (test.rounds + others);
    const times =
      alarm === 'time' ? { lightMs: beside(light), heavyMs: heavy } : { lightMs: light, heavyMs: beside(heavy) };
    return buildCostOf(record, rule.nowMs, { ...rule, ...times, failureCostMs });
  };
  const shareOf = (failureCostMs: number): number =>
    costBy(name, test.candidateMs, failureCostMs) / costBy(head, timeOfHead(test), failureCostMs);
  // What few failures more or less cost outweighs any time, and is chance: time alone must say so too, unless they are many.
  const share = shareOf(rule.failureCostMs);
  return share < manyShare || (share < 1 && shareOf(0) < worthShare);
}

/**
 * What a build through a mirror costs just now, seconds, as an upper bound; `null` where it was not measured.
 * @param rule.errors  standard errors on top of mean times; absent: enough for a bound
 */
export function costOf(
  contest: Contest,
  name: string,
  rule: Pick<ChoiceRule, 'nowMs' | 'failureCostMs' | 'rescue'> & { readonly errors?: number },
): number | null {
  return buildCost(recordOf(contest, name), rule.nowMs, {
    failureCostMs: rule.failureCostMs,
    rescue: rule.rescue,
    otherHeavyMs: usualHeavyMs(contest, rule.nowMs),
    ...(rule.errors === undefined ? {} : { errors: rule.errors }),
  });
}

/** The mean of what downloads take at the mirrors, milliseconds; 0 where none was measured. */
export function usualHeavyMs(contest: Contest, nowMs: number): number {
  const means = [...contest.records.values()].flatMap((record) => meanMs(record, 'heavy', nowMs, 0) ?? []);
  return means.length === 0 ? 0 : means.reduce((sum, one) => sum + one, 0) / means.length;
}

/**
 * True where a candidate's last answer was good and it does not fail often within the last minute, unless the head does
 * twice as often.
 */
export function isGoodNow(contest: Contest, name: string, nowMs: number): boolean {
  const record = contest.records.get(name);
  if (record === undefined || record.last === null || record.last.bad) return false;
  const { bad, all } = lastMinute(record, nowMs);
  if (bad < badMin || bad <= badShare * all) return true;
  const head = contest.head === null ? null : lastMinute(recordOf(contest, contest.head), nowMs);
  return head !== null && head.all > 0 && head.bad / head.all >= (2 * bad) / all;
}

/** True where a mirror beside head and candidate failed twice within the last minute. */
function isShared(contest: Contest, candidate: string, nowMs: number): boolean {
  for (const [name, record] of contest.records) {
    if (name !== contest.head && name !== candidate && isFailingNow(record, nowMs)) return true;
  }
  return false;
}
