import type { Chain, Reply } from '../../ecosystems/client.ts';
import { type ArtifactTimes, averageFactorOf, newArtifactTimes, recordArtifactTime } from './artifact-times.ts';
import { type Comparison, pairOf } from './choose.ts';
import { recordOf } from './costs.ts';
import { newFailureTest } from './failures.ts';
import { healthBound, lastTroubleOf, updateHealth } from './home.ts';
import {
  addToMoment,
  dropReply,
  isOverdue,
  type Moment,
  type MomentResponse,
  type Moments,
  newMoments,
  standIn,
} from './moments.ts';
import { countGoodOf, newPair, type Pair, timeBoundOf, updatePair } from './pair.ts';
import { lateShareOf, newPatience, type Patience, recordTime } from './patience.ts';
import { dropBad, type RecordOutcome, recordOutcome } from './record.ts';
import { unwatchedMs, type Walker, walkChain } from './walk.ts';

/** At most this share of a mirror's responses counts as usual failures, even if more of them failed. */
const backgroundMost = 0.03;
/** The mirrors count as if they also had this many good responses, so that the first failures change the share little. */
const backgroundPrior = 200;

export interface Contest extends Comparison {
  readonly moments: Moments;
  readonly artifactTimes: ArtifactTimes;
  readonly patience: Map<string, { readonly light: Patience; readonly heavy: Patience }>;
  /** Evidence that home (the first declared mirror) works again since clients left it: a log-likelihood ratio. */
  health: number;
  /**
   * When a download was last ordered: `downloadMs` from the head, `besideMs` from other mirrors too. Monotonic
   * milliseconds.
   */
  downloadMs: number;
  besideMs: number;
  /**
   * By candidate: when downloads that decide on a switch to it were first requested since the head last changed.
   * Monotonic milliseconds.
   */
  readonly awaited: Map<string, number>;
  /**
   * By mirror: when a download from it was last requested, to compare it with a download from the head. Monotonic
   * milliseconds.
   */
  readonly triedMs: Map<string, number>;
  /**
   * True if builds with another mirror are faster than with the head, or may be, because too few downloads are known.
   * Updated when downloads are ordered.
   */
  hasPromise: boolean;
  /**
   * The question (request) of the head's last bad or slow response: `light` of metadata, `heavy` of a download.
   * `requested`: the mirrors of the last recheck.
   */
  odd: { light?: string; heavy?: string; requested?: readonly string[] };
  outcomes: HeadOutcome[];
  around: Surroundings | null;
  /**
   * All values that `around` is made from and that can change without a reload, as one text. If the text changes,
   * `around` is rebuilt.
   */
  outlook: string;
}

export interface Surroundings extends Walker {
  /** By mirror, the chain with that mirror as the head; for the head, the advised chain. */
  readonly chains: ReadonlyMap<string, Chain>;
  /** True for a mirror whose missing response is not awaited, because it is paused, in maintenance or throttles us. */
  readonly isAway: (registry: string) => boolean;
  readonly paceMs: (question: string) => number;
  readonly home: string | null;
  readonly ratio: number;
  readonly isRecent: boolean;
}

export interface HeadOutcome {
  readonly question: string;
  readonly outcome: RecordOutcome;
}

export function newContest(head: string | null): Contest {
  return {
    head,
    moments: newMoments(),
    artifactTimes: newArtifactTimes(),
    records: new Map(),
    patience: new Map(),
    pairs: new Map(),
    left: null,
    health: 0,
    downloadMs: Number.NEGATIVE_INFINITY,
    besideMs: Number.NEGATIVE_INFINITY,
    awaited: new Map(),
    triedMs: new Map(),
    hasPromise: false,
    odd: {},
    outcomes: [],
    around: null,
    outlook: '',
  };
}

/**
 * Changes the head. All comparisons start again, because each is between the head and another mirror.
 * @param used  the first mirror of the chain that clients use; `null`: it is not monitored; absent: the head so far
 */
export function moveTo(contest: Contest, head: string | null, home: string | null, used = contest.head): void {
  if (contest.head === head) return;
  if (head !== null && head === home && contest.health >= healthBound) {
    // The failures that made clients leave home (the first declared mirror) have ended. They are dropped: clients must
    // not leave home again for the same failures.
    const record = recordOf(contest, home);
    dropBad(record, Number.NEGATIVE_INFINITY, lastTroubleOf(record));
  }
  if (contest.head === home || head === home || home === null) contest.health = 0;
  const { head: before } = contest;
  // If clients have not made the last switch, the confidence depends on the comparison with the mirror that they use.
  const from = used === null || used === head ? before : used;
  const pair = from === before ? contest.pairs.get(head ?? '') : pairBetween(contest, from, head);
  const { left } = contest;
  // A corrected advice still leaves the same mirror, for the same download.
  const artifact = (from === before ? contest.odd.heavy : left?.from === from ? left?.artifact : null) ?? null;
  contest.left =
    pair === undefined || from === null || head === null
      ? null
      : { from, to: head, pair, artifact, downloads: 0, downloadMs: Number.NEGATIVE_INFINITY };
  contest.head = head;
  contest.pairs.clear();
  contest.awaited.clear();
  contest.hasPromise = false;
  contest.odd = {};
}

function pairBetween(contest: Contest, from: string | null, to: string | null): Pair | undefined {
  return from === null || to === null ? undefined : newPair(recordOf(contest, from), recordOf(contest, to));
}

/** Drops all evidence against the head, and comparisons that still wait for responses. Records of mirrors stay. */
export function dropEvidence(contest: Contest): void {
  contest.pairs.clear();
  contest.left = null;
  contest.moments.open.clear();
  contest.odd = {};
}

/**
 * Drops the failures of a mirror since `fromMs`, because clients get responses from it over the other address family
 * (IPv4 or IPv6).
 */
export function dropFailures(contest: Contest, registry: string, fromMs: number): void {
  dropBad(recordOf(contest, registry), fromMs);
  for (const open of contest.moments.open.values())
    for (const moment of open) if (moment.replies.get(registry)?.tag === 'failed') dropReply(moment, registry);
  if (contest.head !== registry) return;
  contest.odd = {};
  contest.outcomes = contest.outcomes.filter(({ outcome }) => !outcome.bad);
  for (const [name, pair] of contest.pairs)
    contest.pairs.set(name, { ...pair, failures: { all: newFailureTest(), heavy: newFailureTest() } });
}

/**
 * Adds one response to its moment (the responses of all mirrors to one question at the same time). Then compares the
 * head with the mirrors that have responded.
 * @returns the new outcomes of the head
 */
export function addResponse(contest: Contest, response: MomentResponse, around: Surroundings): readonly HeadOutcome[] {
  const { reply, late } = inTime(contest, response);
  const moment = addToMoment(contest.moments, { ...response, reply }, around.paceMs(response.question));
  if (late > 0) moment.late.set(response.registry, late);
  const outcomes = replay(contest, moment, around, response.atMs, false);
  // The moment ends once no response is awaited: each mirror has an outcome, or is paused, in maintenance or throttles
  // us.
  const names = [...around.chains.keys()];
  if (names.every((name) => moment.outcomes.has(name) || around.isAway(name))) endMoment(contest, moment);
  return outcomes;
}

/** Closes the comparisons that have waited long enough for responses, and returns the new outcomes of the head. */
export function closeOverdue(contest: Contest, around: Surroundings, nowMs: number): readonly HeadOutcome[] {
  const overdue = [...contest.moments.open.values()].flat().filter((moment) => isOverdue(moment, nowMs));
  return overdue.flatMap((moment) => {
    const outcomes = replay(contest, moment, around, nowMs, true);
    endMoment(contest, moment);
    return outcomes;
  });
}

function endMoment({ moments, artifactTimes }: Contest, moment: Moment): void {
  // The responses are sorted by mirror name, so that the result does not depend on their order of arrival.
  for (const [registry, reply] of [...moment.replies].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    if (moment.isHeavy && reply.tag === 'ok')
      recordArtifactTime(artifactTimes, registry, moment.question, reply.tookMs);
  const open = moments.open.get(moment.question)?.filter((one) => one !== moment) ?? [];
  if (open.length === 0) moments.open.delete(moment.question);
  else moments.open.set(moment.question, open);
}

function patienceOf(contest: Contest, registry: string, weight: Patience['weight']): Patience {
  const known = contest.patience.get(registry) ?? { light: newPatience('light'), heavy: newPatience('heavy') };
  contest.patience.set(registry, known);
  return known[weight];
}

export function updatePatience(contest: Contest, registry: string, weight: Patience['weight'], tookMs: number): void {
  recordTime(patienceOf(contest, registry, weight), tookMs);
}

/**
 * Counts a response as failed if it took longer than the time limit of its mirror. `late`: the probability that a
 * healthy mirror responds so late.
 */
function inTime(contest: Contest, response: MomentResponse): { readonly reply: Reply; readonly late: number } {
  const patience = patienceOf(contest, response.registry, response.isHeavy ? 'heavy' : 'light');
  const { reply } = response;
  if (reply.tag === 'unknown') return { reply, late: 0 };
  if (reply.tag === 'ok' && response.isScheduled) recordTime(patience, reply.tookMs);
  const tookMs = Math.min(reply.tookMs, patience.limitMs);
  const isTooLate = reply.tag === 'ok' && reply.tookMs > patience.limitMs;
  const late =
    isTooLate || response.isGivenUp
      ? Math.min(lateShareOf(patience, tookMs), lateElsewhere(contest, response, tookMs))
      : 0;
  return { reply: isTooLate ? { tag: 'failed', tookMs } : { ...reply, tookMs }, late };
}

/**
 * The mean share of late responses at the other mirrors. The share of one mirror is at most this mean, so that its
 * timeouts still count if only this mirror becomes slower.
 */
function lateElsewhere(contest: Contest, { registry, isHeavy }: MomentResponse, tookMs: number): number {
  const others = [...contest.patience].filter(([name]) => name !== registry);
  const shares = others.map(([, { light, heavy }]) => lateShareOf(isHeavy ? heavy : light, tookMs));
  return shares.reduce((sum, one) => sum + one, 0) / Math.max(1, shares.length);
}

function replay(contest: Contest, moment: Moment, around: Surroundings, nowMs: number, isLast: boolean): HeadOutcome[] {
  const outcomes: HeadOutcome[] = [];
  // `everybody` and `factor` are fixed at the first response, so that the result does not depend on the order of
  // responses.
  moment.everybody ??= contest.head === null ? 0 : usualOfOthers(contest, contest.head);
  moment.factor ??= moment.isHeavy ? averageFactorOf(contest.artifactTimes, moment.question) : 1;
  const paceMs = around.paceMs(moment.question);
  const replyOf = (name: string): Reply | null => {
    const now = moment.replies.get(name);
    if (now !== undefined) return now;
    const waits = !isLast && !around.isAway(name);
    if (waits) return null;
    return standIn(contest.moments, moment.question, name, nowMs, paceMs) ?? { tag: 'failed', tookMs: unwatchedMs };
  };
  for (const [name, chain] of around.chains) {
    if (moment.outcomes.has(name) || !moment.replies.has(name)) continue;
    const end = walkChain(around, chain, replyOf);
    if (end.tag === 'unknown') continue;
    const outcome: RecordOutcome = {
      // The time when this mirror responded is used, because a later probe of another mirror must not shift the start
      // of a trouble.
      ...(moment.responded.get(name) ?? { atMs: moment.openedAtMs, fromMs: moment.openedAtMs }),
      tookMs: end.tag === 'ok' ? end.tookMs * moment.factor : 0,
      bad: end.tag !== 'ok',
      isHeavy: moment.isHeavy,
      late: end.tag === 'ok' ? 0 : (moment.late.get(name) ?? 0),
    };
    moment.outcomes.set(name, outcome);
    recordOutcome(recordOf(contest, name), moment.question, outcome, moment.isScheduled);
    if (name === contest.head) {
      outcomes.push({ question: moment.question, outcome });
      if (!outcome.bad) for (const pair of contest.pairs.values()) countGoodOf(pair, outcome.isHeavy);
    } else if (name === around.home && moment.isScheduled) {
      contest.health = updateHealth(contest.health, outcome.bad);
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
    updatePair(pairOf(contest, head, name), own, outcome, {
      candidate: recordOf(contest, name),
      everybody: moment.everybody ?? 0,
      isHome: name === around.home,
      ratio: around.ratio,
      bound: timeBoundOf(around.isRecent),
    });
  }
}

/** Continues the test that led to the present head, because more evidence raises the confidence of the advice. */
function compareLeft(contest: Contest, moment: Moment, around: Surroundings): void {
  const { left } = contest;
  const own = moment.outcomes.get(left?.from ?? '');
  const outcome = moment.outcomes.get(left?.to ?? '');
  if (left === null || own === undefined || outcome === undefined || moment.isLeftCompared) return;
  moment.isLeftCompared = true;
  updatePair(left.pair, own, outcome, {
    candidate: recordOf(contest, left.to),
    everybody: moment.everybody ?? 0,
    isHome: left.to === around.home,
    ratio: around.ratio,
    bound: timeBoundOf(around.isRecent),
  });
}

/** The long-run failure share of all mirrors but the head, plus one standard error. */
function usualOfOthers(contest: Contest, head: string): number {
  let [bad, all] = [0, backgroundPrior];
  for (const [name, { background }] of contest.records) {
    if (name === head) continue;
    bad += Math.min(background.bad, backgroundMost * background.all);
    all += background.all;
  }
  return (bad + Math.sqrt(bad)) / all;
}
