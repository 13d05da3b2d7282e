import { limits } from '../core/limits.ts';
import type { Weight } from '../core/mirror.ts';
import type { Contest } from './comparison/contest.ts';
import { meanMsOf, recordOf } from './comparison/costs.ts';
import { failureBound, failureSumOf } from './comparison/failures.ts';
import type { RecordOutcome } from './comparison/record.ts';
import { isChance, type TimeTest, timeBound } from './comparison/time.ts';
import type { Group } from './group.ts';
import { canaryOf, lightOf } from './probing.ts';

/** A question (request) to probe again, every `stepMs` for `forMs` milliseconds. If `forMs` is 0, it is probed once. */
export interface OddOutcome {
  readonly question: string;
  readonly forMs: number;
  readonly stepMs: number;
  /** True if the recheck may exceed the usual budget of probes outside the schedule. */
  readonly isUrgent: boolean;
}

/**
 * Returns and clears the rechecks after the last odd peek (a failed or slow probe of first bytes). After a failure, the
 * canary is rechecked too.
 */
export function oddPeekOf({ probing }: Group, head: string): readonly OddOutcome[] {
  const { peeks } = probing;
  const { odd } = peeks;
  peeks.odd = null;
  if (odd === null) return [];
  // Slow peeks are frequent and would use up the urgent budget, so only failed peeks are urgent.
  const whole = { question: odd.question, forMs: 0, stepMs: failedStepMs, isUrgent: odd.hasFailed };
  const canary = odd.hasFailed ? canaryOf(probing, head) : null;
  if (odd.question === canary) return [{ question: canary, forMs: burstMs, stepMs, isUrgent: false }];
  if (odd.hasFailed) peeks.failed = odd.question;
  return canary !== null ? [whole, { ...whole, question: canary, forMs: stepMs, stepMs }] : [whole];
}

/**
 * Returns and clears the recheck of a module's light step, after a peek at its artifact failed and a download of the
 * artifact succeeded. Such a mirror may fail intermittently. A single retry would most often succeed, so the step is
 * probed repeatedly. Empty if no peek failed, or the download has not succeeded yet.
 */
export function lightRecheckOf(group: Group, head: string, outcomes: readonly RecordOutcome[]): readonly OddOutcome[] {
  const { peeks } = group.probing;
  const { failed } = peeks;
  if (failed === null || !outcomes.some(({ question, bad }) => question === failed && !bad)) return [];
  peeks.failed = null;
  const light = lightOf(group, head, failed);
  return light === null ? [] : [{ question: light, forMs: burstMs, stepMs, isUrgent: false }];
}

const burstMs = 15_000;
const stepMs = 1_000;
const slowStepMs = 3_000;
/**
 * After a failed download: how long downloads of a small artifact are repeated, and the minimum interval between
 * downloads of a large one. Milliseconds.
 */
const heavyBurstMs = 5_000;
const failedStepMs = 5_000;
/** A response that takes more than this many times the usual time is odd, so it is rechecked. */
const oddFactor = 2;
const oddShare = 0.3;
const anyShare = 0.6;
const nearShare = 0.5;
/** The same for a minute after a failure of a light request. @see docs/decisions/0231-more-probes-after-one-failure.md */
const nearShareOfFailures = 0.2;
/** A failure is followed for this long, milliseconds. */
const followedMs = 60_000;
const passedShare = 1.5;
/** The maximum number of candidates in a recheck. */
const siblings = 2;

/** True if `oddOf` returns a recheck because of these responses. The advisor then runs at once. */
export function isRecheckDue(contest: Contest, outcomes: readonly RecordOutcome[], nowMs: number): boolean {
  const { head } = contest;
  if (head === null || outcomes.length === 0) return false;
  const { time } = nearness(contest, nowMs);
  return outcomes.some((one) => isRechecked(one, time, () => isOddOutcome(contest, head, one, nowMs)));
}

/** @param time  the largest sum of a test of times of light requests, as a share of its bound */
function isRechecked({ bad, isHeavy }: RecordOutcome, time: number, isOdd: () => boolean): boolean {
  return bad || (!isHeavy && time > anyShare) || ((isHeavy || time > oddShare) && isOdd());
}

/** The rechecks after responses of the head. The nearer a test is to its bound, the more responses are rechecked. */
export function oddOf(contest: Contest, outcomes: readonly RecordOutcome[], nowMs: number): readonly OddOutcome[] {
  const { head } = contest;
  if (head === null || (outcomes.length === 0 && contest.odd.heavy === undefined)) return [];
  const near = nearness(contest, nowMs);
  const isUrgent = Math.max(near.light, near.heavy) > anyShare;
  const found: OddOutcome[] = [];
  for (const outcome of outcomes) {
    const { question } = outcome;
    const isOdd = isOddOutcome(contest, head, outcome, nowMs);
    if (outcome.bad || isOdd) contest.odd[outcome.isHeavy ? 'heavy' : 'light'] = question;
    else if (outcome.isHeavy && isNearElsewhere(contest, near, nowMs)) dropOddDownload(contest);
    if (!isRechecked(outcome, near.time, () => isOdd)) continue;
    found.push(
      outcome.isHeavy ? heavyOf(question, outcome.bad, isUrgent) : { question, forMs: burstMs, stepMs, isUrgent },
    );
  }
  if (found.length > 0) return found;
  const { light, heavy } = contest.odd;
  // Light steps are no evidence in a test of downloads, so the download is repeated.
  if (heavy !== undefined && near.heavy > nearShare && near.heavy >= near.light)
    return [heavyOf(heavy, recordOf(contest, head).heavy.at(-1)?.bad === true, isUrgent)];
  if (light === undefined || outcomes.length === 0) return [];
  if (near.light <= nearShare && !isFollowed(contest, head, near.failures, nowMs)) return [];
  return [{ question: light, forMs: slowStepMs, stepMs: slowStepMs, isUrgent }];
}

/** True for a minute after a failure of a light request, while a test of failures remembers it. */
function isFollowed(contest: Contest, head: string, failures: number, nowMs: number): boolean {
  if (failures <= nearShareOfFailures || contest.without.has('followed-failures')) return false;
  const failed = recordOf(contest, head).light.findLast(({ bad }) => bad);
  return failed !== undefined && nowMs - failed.atMs <= followedMs;
}

/**
 * True if the test of failed downloads is near its bound only against mirrors that the last recheck did not include.
 */
function isNearElsewhere(contest: Contest, { heavy, heavyTime }: ReturnType<typeof nearness>, nowMs: number): boolean {
  const requested = nearness(contest, nowMs, contest.odd.requested);
  return heavy > nearShare && heavyTime <= nearShare && requested.heavy <= nearShare;
}

function dropOddDownload(contest: Contest): void {
  const { heavy: _, ...others } = contest.odd;
  contest.odd = others;
}

/** A failed download costs few bytes, so it is repeated sooner than a slow download. */
function heavyOf(question: string, hasFailed: boolean, isUrgent: boolean): OddOutcome {
  return hasFailed
    ? { question, forMs: heavyBurstMs, stepMs: failedStepMs, isUrgent }
    : { question, forMs: 0, stepMs: limits.heavyRecheckMs, isUrgent };
}

/**
 * The mirrors that a recheck probes besides the head: the best candidates, and the next member of the chain.
 * @param candidates  the candidates, the best first
 * @param fallback    the next member of the chain; absent: it is not monitored
 */
export function besideHead(candidates: readonly string[], fallback: string | undefined): readonly string[] {
  return [...new Set([...candidates.slice(0, siblings), ...(fallback === undefined ? [] : [fallback])])];
}

function isOddOutcome(contest: Contest, head: string, outcome: RecordOutcome, nowMs: number): boolean {
  if (outcome.bad) return false;
  const usualMs = meanMsOf(recordOf(contest, head), outcome.isHeavy ? 'heavy' : 'light', nowMs, 0);
  return usualMs !== null && outcome.tookMs > oddFactor * usualMs;
}

/**
 * For each kind of test: its largest sum, as a share of the usual bound. A sum of `passedShare` × the bound or more
 * does not count.
 * @param names  the candidates that count; absent: all
 */
function nearness(contest: Contest, nowMs: number, names?: readonly string[]) {
  const near = { failures: 0, heavy: 0, time: 0, heavyTime: 0 };
  const more = (near: number, share: number): number => (share < passedShare ? Math.max(near, share) : near);
  for (const [name, { failures, time }] of contest.pairs) {
    if (names?.includes(name) === false) continue;
    near.time = more(near.time, shareOfBound(time.light, 'light', nowMs));
    near.failures = more(near.failures, failureSumOf(failures.all) / failureBound);
    near.heavyTime = more(near.heavyTime, shareOfBound(time.heavy, 'heavy', nowMs));
    near.heavy = more(near.heavy, failureSumOf(failures.heavy) / failureBound);
  }
  const light = Math.max(near.failures, near.time);
  return { ...near, light, heavy: Math.max(near.heavy, near.heavyTime) };
}

/** If a test has had no comparison for this time, for example because the candidate is paused, more may never come. */
const comparedMs = 15 * 60_000;

/** The sum of a test of times as a share of its bound. At most 1 while more comparisons show whether it is chance. */
function shareOfBound({ sum, ratios, rounds, lastMs }: TimeTest, weight: Weight, nowMs: number): number {
  const share = sum / timeBound.usual;
  return nowMs - lastMs <= comparedMs && isChance(ratios, rounds, weight, 1) ? Math.min(1, share) : share;
}
