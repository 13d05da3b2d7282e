import type { Weight } from '../../core/mirror.ts';
import type { Reply } from '../../ecosystems/client.ts';
import { averageFactorOf, recordArtifactTime } from './artifact-times.ts';
import { pairOf } from './choose.ts';
import type { Contest, Surroundings } from './contest.ts';
import { recordOf } from './costs.ts';
import { updateHealth } from './home.ts';
import { addToMoment, isOverdue, type Moment, type MomentResponse } from './moments.ts';
import { countGoodOf, timeBoundOf, updatePair } from './pair.ts';
import { lateShareOf, limitMsOf, recordTime } from './patience.ts';
import { countsOf, type RecordOutcome, recordOutcome, recordReply, standIn } from './record.ts';
import { unwatchedMs, walkChain } from './walk.ts';

/** At most this share of a mirror's responses counts as usual failures, even if more of them failed. */
const backgroundMost = 0.03;
/** The mirrors count as if they also had this many good responses, so that the first failures change the share little. */
const backgroundPrior = 200;

/**
 * Adds one response to its moment (the responses of all mirrors to one question at the same time). Then compares the
 * head with the mirrors that have responded.
 * @returns the new outcomes of the head
 */
export function addResponse(
  contest: Contest,
  response: MomentResponse,
  around: Surroundings,
): readonly RecordOutcome[] {
  const counted = inTime(contest, response);
  const { registry, question } = counted;
  recordReply(recordOf(contest, registry), question, counted.reply, counted.atMs);
  const moment = addToMoment(contest.moments, counted, around.paceMs(question));
  const outcomes = replay(contest, moment, around, response.atMs, false);
  // The moment ends once no response is awaited: each mirror has an outcome, or is paused, in maintenance or throttles
  // us.
  const names = [...around.chains.keys()];
  if (names.every((name) => moment.outcomes.has(name) || around.isAway(name))) endMoment(contest, moment);
  return outcomes;
}

/** Closes the comparisons that have waited long enough for responses, and returns the new outcomes of the head. */
export function closeOverdue(contest: Contest, around: () => Surroundings, nowMs: number): readonly RecordOutcome[] {
  const overdue = [...contest.moments.open.values()].flat().filter((moment) => isOverdue(moment, nowMs));
  return overdue.flatMap((moment) => {
    const outcomes = replay(contest, moment, around(), nowMs, true);
    endMoment(contest, moment);
    return outcomes;
  });
}

function endMoment({ moments, artifactTimes }: Contest, moment: Moment): void {
  // The responses are sorted by mirror name, so that the result does not depend on their order of arrival.
  const responses = [...moment.responses.values()].toSorted((a, b) => (a.registry < b.registry ? -1 : 1));
  for (const { registry, reply } of responses)
    if (moment.isHeavy && reply.tag === 'ok')
      recordArtifactTime(artifactTimes, registry, moment.question, reply.tookMs);
  const open = moments.open.get(moment.question)?.filter((one) => one !== moment) ?? [];
  if (open.length === 0) moments.open.delete(moment.question);
  else moments.open.set(moment.question, open);
}

/**
 * The response as it counts: failed if it took longer than the time limit of its mirror. `late`: the probability that a
 * healthy mirror responds so late.
 */
function inTime(contest: Contest, response: MomentResponse): MomentResponse {
  const { reply } = response;
  if (reply.tag === 'unknown') return response;
  const weight = response.isHeavy ? 'heavy' : 'light';
  const times = recordOf(contest, response.registry).times[weight];
  // A response does not raise its own limit.
  const limitMs = limitMsOf(times, weight);
  if (reply.tag === 'ok' && response.isScheduled) recordTime(times, reply.tookMs);
  const tookMs = Math.min(reply.tookMs, limitMs);
  const isTooLate = reply.tag === 'ok' && reply.tookMs > limitMs;
  const late =
    isTooLate || response.isGivenUp
      ? Math.min(lateShareOf(times, weight, tookMs), lateElsewhere(contest, response.registry, weight, tookMs))
      : 0;
  return { ...response, reply: isTooLate ? { tag: 'failed', tookMs } : { ...reply, tookMs }, late };
}

/**
 * The mean share of late responses at the other mirrors. The share of one mirror is at most this mean, so that its
 * timeouts still count if only this mirror becomes slower.
 */
function lateElsewhere({ records }: Contest, registry: string, weight: Weight, tookMs: number): number {
  const others = [...records].filter(([name]) => name !== registry);
  const shares = others.map(([, { times }]) => lateShareOf(times[weight], weight, tookMs));
  return shares.reduce((sum, one) => sum + one, 0) / Math.max(1, shares.length);
}

function replay(
  contest: Contest,
  moment: Moment,
  around: Surroundings,
  nowMs: number,
  isLast: boolean,
): RecordOutcome[] {
  const outcomes: RecordOutcome[] = [];
  // `everybody` and `factor` are fixed at the first response, so that the result does not depend on the order of
  // responses.
  moment.everybody ??= contest.head === null ? 0 : usualOfOthers(contest, contest.head);
  moment.factor ??= moment.isHeavy ? averageFactorOf(contest.artifactTimes, moment.question) : 1;
  const paceMs = around.paceMs(moment.question);
  const replyOf = (name: string): Reply | null => {
    const now = moment.responses.get(name)?.reply;
    if (now !== undefined) return now;
    if (!isLast && !around.isAway(name)) return null;
    return standIn(recordOf(contest, name), moment.question, nowMs, paceMs) ?? { tag: 'failed', tookMs: unwatchedMs };
  };
  for (const [name, chain] of around.chains) {
    const response = moment.responses.get(name);
    if (response === undefined || moment.outcomes.has(name)) continue;
    const end = walkChain(around, chain, replyOf);
    if (end.tag === 'unknown') continue;
    const outcome: RecordOutcome = {
      // The time when this mirror responded is used, because a later probe of another mirror must not shift the start
      // of a trouble.
      atMs: response.atMs,
      fromMs: response.fromMs,
      tookMs: end.tag === 'ok' ? end.tookMs * moment.factor : 0,
      bad: end.tag !== 'ok',
      isHeavy: moment.isHeavy,
      late: end.tag === 'ok' ? 0 : (response.late ?? 0),
      question: moment.question,
      isScheduled: moment.isScheduled,
    };
    moment.outcomes.set(name, outcome);
    recordOutcome(recordOf(contest, name), outcome, contest.without);
    if (name === contest.head) {
      outcomes.push(outcome);
      if (!outcome.bad) for (const pair of contest.pairs.values()) countGoodOf(pair, outcome.isHeavy);
    } else if (name === around.home && moment.isScheduled) {
      contest.health = updateHealth(contest.health, outcome.bad, contest.without.has('below-zero'));
    }
  }
  compare(contest, moment, around);
  return outcomes;
}

/** Compares the head with each mirror that has an outcome in this moment. Each pair is compared once in a moment. */
function compare(contest: Contest, moment: Moment, around: Surroundings): void {
  compareLeft(contest, moment, around);
  const { head } = contest;
  const own = head === null ? undefined : moment.outcomes.get(head);
  if (head === null || own === undefined) return;
  for (const [name, outcome] of moment.outcomes) {
    if (name === head || moment.paired.has(name)) continue;
    moment.paired.add(name);
    updatePair(pairOf(contest, head, name), own, outcome, contextOf(contest, moment, around, name));
  }
}

/** Continues the test that led to the present head, because more evidence raises the confidence of the advice. */
function compareLeft(contest: Contest, moment: Moment, around: Surroundings): void {
  const { left } = contest;
  const own = moment.outcomes.get(left?.from ?? '');
  const outcome = moment.outcomes.get(left?.to ?? '');
  if (left === null || own === undefined || outcome === undefined || moment.isLeftCompared) return;
  moment.isLeftCompared = true;
  updatePair(left.pair, own, outcome, contextOf(contest, moment, around, left.to));
}

/** What a comparison with this candidate uses besides the two outcomes. */
function contextOf(contest: Contest, moment: Moment, around: Surroundings, candidate: string) {
  return {
    candidate: recordOf(contest, candidate),
    everybody: moment.everybody ?? 0,
    isHome: candidate === around.home,
    ratio: around.ratio,
    bound: timeBoundOf(around.isRecent),
  };
}

/** The long-run failure share of all mirrors but the head, plus one standard error. */
function usualOfOthers(contest: Contest, head: string): number {
  let [bad, all] = [0, backgroundPrior];
  for (const [name, { hourly }] of contest.records) {
    if (name === head) continue;
    const counts = countsOf(hourly.hours);
    bad += Math.min(counts.bad, backgroundMost * counts.all);
    all += counts.all;
  }
  return (bad + Math.sqrt(bad)) / all;
}
