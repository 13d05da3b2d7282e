import { type AdviceCause, isSlowness } from '../core/advice.ts';
import type { Finding } from '../core/finding.ts';
import type { Mirror, Step } from '../core/mirror.ts';
import type { Blocker } from '../core/verdict.ts';
import { isClearlySlower } from './apart.ts';
import { type Cause, isForced, isPresent, setAside } from './cause.ts';
import { isOverNow } from './cause-now.ts';
import type { Choice } from './comparison/choose.ts';
import { type Alarm, isOfTime } from './comparison/pair.ts';
import { isFaster, noiseMs } from './comparison/rank.ts';
import { type Decision, type MoveDecision, noSwitch, subjectOf, untested } from './grounds.ts';
import { chainInForce, findDismissal, mirrorAt } from './group.ts';
import type { HeadValues, Prepared } from './prepare.ts';
import { isDearer } from './prices.ts';
import { mayBeProposed, rankWeighed, type Weighed } from './weigh.ts';

const back = { kind: 'failback', findings: [] } as const;

/** The switches to consider. The first one that is due is made. */
const moves = [leave, leaveNext, takeBackLate, leaveLate, goHome, correct];

export function decide(view: Prepared): Decision {
  const { head, vantage } = view;
  if (head === null) return { kind: 'none' };
  const considered = vantage.suspect === true ? [] : moves;
  const due = considered.values().map((move) => move(view, head));
  const decision = due.find((move) => move !== null) ?? stay(view, head);
  return 'weighed' in decision ? { ...decision, weighed: rankWeighed(view, decision.weighed) } : decision;
}

function leave(view: Prepared, head: HeadValues): Decision | null {
  const must = mustLeave(view, head);
  if (must !== null) return moveToCheapest(view, head, must, head.candidates());
  const choice = head.choose();
  const chosen = choice && moveChosen(view, head, choice);
  return chosen?.kind === 'move' ? chosen : null;
}

/** The switch that the tests chose, or what withholds it. */
export function moveChosen(view: Prepared, head: HeadValues, { alarm, to }: Choice): MoveDecision | Blocker {
  const standing = view.standingOf(head.at.name);
  // Two failed downloads may be part of an outage, and a broken address family (IPv4 or IPv6) may cause the slowness.
  // Both are known some seconds later, so this decision waits.
  const isInDoubt = isOfTime(alarm) ? standing?.oneFamily === 'likely' : standing?.inDoubt === true;
  if (isInDoubt && alarm !== 'failures') return { kind: 'in_doubt' };
  const cause = head.causeOf(alarm);
  const muted = findDismissal(view.group, { from: head.at.name, to, cause: cause.kind }, view.now.wallMs);
  if (muted !== null) return { kind: 'dismissed', cause: muted.cause, untilMs: muted.untilMs };
  const move = moveTo(view, head, to, cause, alarm);
  const isOver = move !== null && isOfTime(alarm) && isOverNow(view, subjectOf(move));
  return move === null || isOver ? { kind: 'dearer' } : move;
}

/**
 * A switch away from a mirror that is down and that clients pass over, because the next mirror of their chain is slower
 * than a third one; else `null`.
 * @see docs/decisions/0175-chains-that-pass-over-a-dead-mirror.md
 */
function leaveNext(view: Prepared, head: HeadValues): Decision | null {
  const cause = head.causes().gravest;
  const to = cause?.kind === 'outage' ? head.betterThanNext() : null;
  return cause === null || to === null || isMuted(view, head.at.name, to, cause.kind)
    ? null
    : moveTo(view, head, to, cause, null);
}

/**
 * A switch away from a mirror that lags, if `advise.hold` has passed since the last switch; else `null`.
 * @see docs/decisions/0017-lag-against-origin-or-quorum.md
 */
function leaveLate(view: Prepared, head: HeadValues): Decision | null {
  return head.sinceMoveMs < view.config.advise.holdMs ? null : toPrompt(view, head);
}

/**
 * The decision that withdraws or replaces a proposal made because of lag, if the advised mirror is no longer better;
 * else `null`.
 */
function takeBackLate(view: Prepared, head: HeadValues): Decision | null {
  const { group } = view;
  const { at, causes } = head;
  const open = group.open?.advice;
  const left = mirrorAt(group, group.chain?.members[0]);
  if (open?.state !== 'proposed' || open.cause !== 'lag' || left === null || left === at) return null;
  const against = view.causesOf(left);
  if (against.lag !== null && causes().lag === null) return null;
  const next = against.lag === null ? null : toPrompt(view, head);
  if (next !== null) return next;
  const isOnlyLate = against.gravest === null || against.gravest.kind === 'lag';
  if (!isOnlyLate || !view.isGoodNow(left.name)) return null;
  return moveTo(view, head, left.name, back, null);
}

/** A switch from a mirror that lags to one that does not, and that is not clearly slower; `null`: there is none. */
function toPrompt(view: Prepared, head: HeadValues): Decision | null {
  const { lag } = head.causes();
  const { minGain } = view.config.advise;
  if (lag === null) return null;
  const weighed = head.weighed();
  const here = weighed.find(({ mirror }) => mirror === head.at)?.scoreMs ?? null;
  const isEqual = ({ gate, scoreMs }: Weighed): boolean =>
    gate === 'ok' && here !== null && scoreMs !== null && !isFaster(scoreMs, here, minGain);
  return moveToCheapest(
    view,
    head,
    lag,
    weighed.filter(isEqual).map(({ mirror }) => mirror.name),
  );
}

/**
 * A cause that forces a switch without a test: wrong bytes, throttled requests of a step that fetches need, or an
 * operator who sets the proposed mirror aside; `null`: none.
 */
function mustLeave(view: Prepared, { at, causes }: HeadValues): Cause | null {
  const cause = causes().gravest;
  if (cause?.kind === 'mismatch') return cause;
  const standing = view.standingOf(at.name);
  if (view.isSetAside(at)) return setAside;
  if ((standing?.throttledUntilMs ?? 0) <= view.now.wallMs || standing?.isWaitForPace === true) return null;
  const findings = (standing?.findings ?? []).filter((one) => isThrottling(one, view.group.kind.fetch));
  return findings.length === 0 ? null : { kind: 'refusal', findings };
}

function isThrottling({ kind, state, cause, scope }: Finding, fetch: readonly Step[]): boolean {
  return (
    kind === 'refusal' && state === 'open' && cause === 'throttled' && scope.some(({ step }) => fetch.includes(step))
  );
}

function isMuted(view: Prepared, from: string, to: string, cause: AdviceCause): boolean {
  return findDismissal(view.group, { from, to, cause }, view.now.wallMs) !== null;
}

/**
 * A switch to the cheapest of the mirrors in `names`, without a test; `null`: each of them fails now, has no known cost,
 * or an operator dismissed the switch to it.
 */
function moveToCheapest(view: Prepared, head: HeadValues, cause: Cause, names: readonly string[]): MoveDecision | null {
  const to = head.cheapestOf(names.filter((name) => !isMuted(view, head.at.name, name, cause.kind)));
  return to === null ? null : moveTo(view, head, to, cause, null);
}

/** Causes that justify a switch even to a mirror with a higher fetch cost. */
const isForcedMove: ReadonlySet<AdviceCause> = new Set(['outage', 'mismatch', 'refusal']);

type Why = Cause | typeof back;

function moveTo(view: Prepared, head: HeadValues, name: string, why: Why, alarm: Alarm | null): MoveDecision | null {
  const { kind: cause, findings } = why;
  const { at } = head;
  const weighed = head.weighed();
  const found = weighed.find((one) => one.mirror.name === name);
  if (found === undefined) return null;
  const { mirror } = found;
  const prices = head.pricesOf(mirror, cause, alarm);
  if (!isForcedMove.has(cause) && isDearer(prices)) return null;
  const priced = weighed.map((one): Weighed => {
    const price = one.mirror === at ? prices.from : one.mirror === mirror ? prices.to : null;
    return price === null ? one : { ...one, scoreMs: price.costMs, failedShare: price.failedShare };
  });
  const to = priced.find((one) => one.mirror === mirror) ?? found;
  if (!isForcedMove.has(cause) && isDearerThanLeft(view, at, to, priced)) return null;
  const after = head.chainOf(mirror, cause);
  const tested = head.testedBy(name, alarm);
  return { kind: 'move', cause, alarm, tested, findings, at, to, after, prices, weighed: priced };
}

/**
 * True if the switch would replace an open proposal, and a fetch from `to` would cost more than from the mirror that
 * clients still use.
 */
function isDearerThanLeft({ group }: Prepared, at: Mirror, to: Weighed, priced: readonly Weighed[]): boolean {
  const left = mirrorAt(group, group.chain?.members[0]);
  const scoreMs = priced.find(({ mirror }) => mirror === left)?.scoreMs ?? null;
  return left !== at && scoreMs !== null && to.scoreMs !== null && to.scoreMs - scoreMs > noiseMs;
}

/** The failback (switch back to the first mirror of the declared chain) if it is due; else `null`. */
function goHome(view: Prepared, head: HeadValues): Decision | null {
  const name = head.homeReady()?.name;
  if (name === undefined || isMuted(view, head.at.name, name, 'failback')) return null;
  return head.candidates().includes(name) ? moveTo(view, head, name, back, null) : null;
}

/**
 * The switch that replaces an open proposal, if another mirror is better than the proposed one, which was chosen while
 * few downloads were known; else `null`. The cause stays, because clients still leave the same mirror.
 * @see docs/decisions/0165-a-first-choice-may-be-corrected-once.md
 */
function correct(view: Prepared, head: HeadValues): MoveDecision | null {
  const { group } = view;
  const open = group.open?.advice;
  const left = mirrorAt(group, group.chain?.members[0]);
  if (open?.state !== 'proposed' || open.bypass != null || left === null || left === head.at) return null;
  const name = head.better();
  if (name === null || name === left.name || isMuted(view, left.name, name, open.cause)) return null;
  const weighed = head.weighed();
  const [here, to] = [head.at.name, name].map((one) => weighed.find(({ mirror }) => mirror.name === one));
  if (to?.scoreMs == null || here?.scoreMs == null || !isFaster(here.scoreMs, to.scoreMs, 0)) return null;
  const { cause } = open;
  if (!isForcedMove.has(cause) && isDearerThanLeft(view, head.at, to, weighed)) return null;
  const found = view.causesOf(left).gravest;
  const findings = found?.kind === cause ? found.findings : [];
  const subject = { ...noSwitch, cause, findings, at: left, to: to.mirror };
  if (isSlowness(cause)) {
    const { apart } = view.groundsOf(subject);
    if (apart === null || !isClearlySlower(apart)) return null;
  }
  const after = head.chainOf(to.mirror, cause);
  const decided = { cause, findings, at: left, to, after, weighed };
  return { ...untested, before: open.confidence, ...decided };
}

function stay(view: Prepared, head: HeadValues): Decision {
  const { undo, bypass, stranded } = head.bypasses();
  const { group, vantage } = view;
  const { at } = head;
  const cause = view.isSetAside(at) ? setAside : head.causes().gravest;
  const isSuspect = vantage.suspect === true;
  if (!isSuspect) {
    if (undo !== null && !isMuted(view, at.name, at.name, 'failback')) return undo;
    const standing = view.standingOf(at.name);
    if (cause !== setAside && !isPresent(cause, standing)) return { kind: 'none' };
    // The mirror served again and fails anew: a confirming round shows within seconds whether our network is the cause.
    if (cause.kind === 'outage' && standing?.inDoubt === true) return { kind: 'wait' };
    if (!isForced(cause.kind)) return { kind: 'wait' };
  }
  const weighed = head.weighed();
  const others = weighed.filter((one) => one.mirror !== at);
  const isOpen = others.some(
    ({ gate, mirror }) => gate === 'in_doubt' || (mayBeProposed(gate) && view.isGoodNow(mirror.name)),
  );
  if (isOpen && !isSuspect) return { kind: 'wait' };
  const last = isSuspect || cause === null || !hasLast.has(cause.kind) ? null : moveToLast(view, head, cause);
  if (last !== null) return last;
  const faults = head.upstreamFaults();
  const isShared = cause?.kind !== 'mismatch' && faults.length >= 2;
  // A mirror that may be proposed but does not work now (`isGoodNow`) has sent too few good responses.
  const isMeasured = !others.some(({ gate }) => gate === 'unmeasured' || mayBeProposed(gate));
  const lacking = isShared ? 'shared_fate' : isMeasured ? 'no_candidate' : 'nothing_measured';
  const refusal = isSuspect ? 'vantage_suspect' : lacking;
  const grounds = { findings: cause?.findings ?? [], at, refusal, weighed, faults } as const;
  if (!isSuspect && cause?.kind === 'outage' && bypass !== null && !isMuted(view, at.name, at.name, 'outage'))
    return { kind: 'bypass', cause: 'outage', bypass, after: chainInForce(group), ...grounds };
  return { kind: 'refuse', cause: cause?.kind ?? 'outage', stranded, ...grounds };
}

/** Causes for which advice may name a last choice. */
const hasLast: ReadonlySet<AdviceCause> = new Set(['outage', 'mismatch']);

/** A switch to a mirror that advice names only if no other mirror may be proposed; `null`: no such mirror. */
function moveToLast(view: Prepared, head: HeadValues, cause: Cause): MoveDecision | null {
  const { servingAgain, wrong } = head.lastChoices();
  return moveToCheapest(view, head, cause, servingAgain) ?? moveToCheapest(view, head, cause, wrong);
}
