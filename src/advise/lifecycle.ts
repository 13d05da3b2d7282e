import type { Advice } from '../core/advice.ts';
import type { Mirror } from '../core/mirror.ts';
import { isDownNow } from '../core/standing.ts';
import { messageFor } from '../words/tell.ts';
import { auditInTime, isAudited, release } from './audit.ts';
import { bypassesAt, bypassInForce, hasBypass } from './bypass.ts';
import { isForced, isPresent } from './cause.ts';
import { recordOf } from './comparison/costs.ts';
import { recentDeparturesOf, savedShareOf } from './comparison/home.ts';
import { isOfTime } from './comparison/pair.ts';
import { candidateOf, compose } from './compose.ts';
import { decide } from './decide.ts';
import { type BypassDecision, type Composed, type MoveDecision, type Refused, subjectOf, untested } from './grounds.ts';
import { chainInForce, chainTextOf, findDismissal, type Group, headOf, homeOf, mirrorAt, parsedOf } from './group.ts';
import { changeState, close, type Ledger, renewAdvice, startLife } from './ledger.ts';
import { type Prepared, prepareView } from './prepare.ts';
import { refusalEndOf, updateAtEnd, updateProposal, updateStay } from './refresh.ts';
import type { View } from './view.ts';
import { chainTo, listDroppedKeys, type Weighed, weighAll } from './weigh.ts';
import { endReasonOf } from './words.ts';

/**
 * Ends, renews and revises existing advice. It must run before the view for `updateAdvice` is prepared, because it may
 * change what that view contains.
 */
export function renewAdvices(view: View, ledger: Ledger): void {
  const { group } = view;
  if (headOf(group) === null) endUnwatched(view, ledger);
  if (view.vantage.suspect !== true) lifetimes(view, ledger);
  const open = group.open?.advice ?? null;
  if (open?.state === 'proposed') revise(view, open, ledger);
}

/** Makes a new decision, and replaces or refreshes the advice. */
export function updateAdvice(view: Prepared, ledger: Ledger): void {
  const { group } = view;
  const decision = decide(view);
  if (decision.kind === 'bypass') bypass(view, decision, ledger);
  else if (decision.kind === 'move') move(view, decision, ledger);
  else if (decision.kind === 'refuse') refuse(view, decision, ledger);
  else if (group.open?.advice.state === 'refused') onRefusal(view, group.open.advice, decision.kind === 'wait', ledger);
  updateProposal(view, ledger);
}

/** Ends advice whose chain starts with a mirror that is no longer configured. */
function endUnwatched(view: View, ledger: Ledger): void {
  const { group } = view;
  close(group, 'withdrawn', ledger, messageFor('ground.changed'));
  if (group.accepted === null || headOf(group) !== null) return;
  release(view, 'superseded', ledger);
}

function move(view: Prepared, decision: MoveDecision, ledger: Ledger): void {
  const { group, now } = view;
  const isBack = mirrorAt(group, group.chain?.members[0]) === decision.to.mirror;
  const before = group.open?.advice ?? null;
  const stated = isBack ? decision : statedFor(view, decision, before);
  if (stated === null) return withdraw(view, decision, ledger);
  const isWithdrawn = before?.state === 'proposed' && isBack;
  const isFromHome = headOf(group) === homeOf(group);
  // The advice is replaced before `lastMs` changes, because the sentence of the new advice contains the time since the
  // previous switch. A withdrawn proposal gets the table of candidates of the decision that withdraws it.
  if (isWithdrawn && group.open !== null)
    group.open.advice = { ...before, candidates: decision.weighed.map(candidateOf) };
  if (isWithdrawn) withdraw(view, decision, ledger);
  else replace(view, 'superseded', stated, ledger);
  recordMove(group, decision, isFromHome, now.monotonicMs);
}

function refuse(view: Prepared, decision: Refused, ledger: Ledger): void {
  const open = view.group.open?.advice ?? null;
  // An open proposal stays while its mirror works for some requests, and clients notice its wrong bytes. The lack of a
  // better mirror now is no reason to return to the mirror that the proposal leaves. A failback ends, because its reason
  // is that the preferred mirror works.
  if (open?.state === 'proposed') {
    const standing = view.standingOf(open.to);
    const isDead = decision.refusal !== 'vantage_suspect' && standing !== null && isDownNow(standing);
    const to = view.mirrors.find(({ name }) => name === open.to);
    const isUnusable = isDead || (to !== undefined && (view.wrongBytesOf(to) === 'unnoticed' || view.isSetAside(to)));
    if (open.cause !== 'failback' && !isUnusable) return;
    const stated = open.cause === 'failback' ? null : statedFor(view, decision, open);
    return stated === null ? withdraw(view, decision, ledger) : replace(view, 'superseded', stated, ledger);
  }
  if (open !== null && open.refusal === decision.refusal && open.cause === decision.cause)
    return updateStay(view, decision, ledger);
  replace(view, 'superseded', decision, ledger);
}

/**
 * A decision as its advice states it. If clients have not followed the open proposal, they do not leave its mirror, but
 * the one in use. `null`: the proposal was a failback, or no switch is possible, and the mirror in use has no fault now.
 */
function statedFor<D extends MoveDecision | Refused>(view: Prepared, decision: D, open: Advice | null): D | null {
  const left = mirrorAt(view.group, view.group.chain?.members[0]);
  if (left === null || left === decision.at || open?.state !== 'proposed') return decision;
  const found = view.causesOf(left).gravest;
  const isOver = !isPresent(found, view.standingOf(left.name));
  if (isOver && (open.cause === 'failback' || decision.kind === 'refuse')) return null;
  const { kind: cause, findings } = found ?? { kind: open.cause, findings: [] };
  const stated = { ...decision, cause, findings, at: left };
  return decision.kind === 'move' ? { ...stated, ...untested, before: open.confidence } : stated;
}

function bypass(view: Prepared, decision: BypassDecision, ledger: Ledger): void {
  const { open, accepted } = view.group;
  const isBack = decision.cause === 'failback';
  if (!isBack && hasBypass(accepted?.advice) && accepted?.advice.to === decision.at.name) return;
  if (open?.advice.state === 'proposed' && open.advice.bypass != null) return updateStay(view, decision, ledger);
  replace(view, 'superseded', decision, ledger);
}

/**
 * Replaces or ends a proposal if its chain has a mirror that serves wrong bytes, or if its client setting is outdated.
 */
function revise(given: View, open: Advice, ledger: Ledger): void {
  const { group } = given;
  const left = mirrorAt(group, group.chain?.members[0]);
  const wrong = listDroppedKeys(given, 'mismatch');
  const hasWrong = chainInForce(group).members.some((member) => wrong.has(member.key));
  if (!hasWrong && open.bypass == null) return;
  const view = prepareView(given);
  const weighed = keepScores(open, weighAll(view, left));
  const to = weighed.find((one) => one.mirror.name === open.to);
  // If the advised mirror itself serves wrong bytes, `decide` replaces the proposal later.
  if (hasWrong && left !== null && to !== undefined && to.gate !== 'mismatch') {
    const decision = { cause: open.cause, findings: [], at: left, to, after: chainTo(view, to.mirror), weighed };
    replace(view, 'superseded', { ...untested, ...decision }, ledger);
  }
  if (open.bypass != null) endBypass(view, open, left, weighed, ledger);
}

/**
 * Gives the mirrors the scores (fetch costs) that the proposal states. Only the chain of the proposal changes, so its
 * mirror is not chosen again.
 */
function keepScores(open: Advice, weighed: readonly Weighed[]): readonly Weighed[] {
  const scores = new Map(open.candidates.map(({ registry, scoreSeconds }) => [registry, scoreSeconds]));
  return weighed.map((one) => {
    const score = scores.get(one.mirror.name);
    return score === undefined ? one : { ...one, scoreMs: score === null ? null : 1_000 * score };
  });
}

function endBypass(view: Prepared, open: Advice, left: Mirror | null, weighed: readonly Weighed[], ledger: Ledger) {
  const { group } = view;
  const at = headOf(group);
  if (at === null || view.vantage.suspect === true) return;
  const isNeeded = bypassesAt(view, at, view.standingOf(at.name)?.findings ?? []).bypass !== null;
  if (isNeeded === hasBypass(open)) return;
  const to = weighed.find((one) => one.mirror === at);
  const gravest = left === null ? null : view.causesOf(left).gravest;
  if (left === null || left === at || to === undefined) return replace(view, 'withdrawn', null, ledger);
  const { kind: cause, findings } = gravest ?? { kind: open.cause, findings: [] };
  const decision = { cause, findings, at: left, to, after: chainInForce(group), weighed };
  replace(view, 'withdrawn', { ...untested, ...decision }, ledger);
}

/** @param isWaiting  there still is a reason to leave the mirror in use */
function onRefusal(view: Prepared, open: Advice, isWaiting: boolean, ledger: Ledger): void {
  const { group, now } = view;
  const from = headOf(group)?.name ?? '';
  // `decide` also returns `wait` if an operator dismissed the switch. The refusal is then withdrawn.
  const isDismissed = findDismissal(group, { from, cause: open.cause }, now.wallMs) !== null;
  if (isWaiting && open.refusal !== 'vantage_suspect' && !isDismissed) return;
  close(group, 'withdrawn', ledger, refusalEndOf(view, open, isWaiting));
}

/**
 * Ends a proposal without another one. Its reason becomes why it ends, unless its trouble is over and nothing forces
 * clients to leave the advised mirror.
 */
function withdraw(view: Prepared, decision: MoveDecision | Refused, ledger: Ledger): void {
  const { group } = view;
  updateAtEnd(view, ledger);
  const isOver = !isForced(decision.cause) && group.open?.advice.phase === 'over';
  const { at } = decision;
  const subject = subjectOf(decision);
  const end = view.isSetAside(at)
    ? messageFor('ground.setAside', { head: at.name })
    : isOver
      ? null
      : endReasonOf(decision, subject, view.groundsOf(subject));
  close(group, 'withdrawn', ledger, end);
}

function replace(view: Prepared, state: 'withdrawn' | 'superseded', decision: Composed | null, ledger: Ledger): void {
  const { group } = view;
  // The client setting in force is read before `close` drops the open advice, because the remedy of the new advice also
  // removes that setting.
  const undo = bypassInForce(group);
  updateAtEnd(view, ledger);
  close(group, state, ledger);
  if (decision === null) return;
  group.open = compose(view, decision, ledger.newId(), undo);
  ledger.note(group, decision.kind === 'refuse' ? 'refused' : 'proposed', group.open.advice);
}

/** A reminder is due at this share of the lifetime of an advice. */
const remindShare = 0.9;

/** Sends reminders, and renews or ends advice that has reached its `ttl`. */
function lifetimes(view: View, ledger: Ledger): void {
  const { group, now, config } = view;
  for (const held of [group.open, group.accepted]) {
    if (held === null || held.advice.state === 'refused' || held.reminded) continue;
    const dueMs = held.issuedMs + remindShare * (held.expiresMs - held.issuedMs);
    if (now.monotonicMs < dueMs || now.monotonicMs >= held.expiresMs) continue;
    held.reminded = true;
    ledger.note(group, 'reminded', held.advice);
  }
  auditInTime(view, ledger);
  const { open, accepted } = group;
  if (open !== null && now.monotonicMs >= open.expiresMs) {
    if (open.advice.state === 'refused') close(group, 'expired', ledger);
    else group.open = renewAdvice(group, open, config, ledger);
  }
  if (accepted === null || now.monotonicMs < accepted.expiresMs) return;
  if (group.open?.advice.cause === 'failback') {
    // A failback was proposed but not accepted: the accepted advice expires and is not renewed.
    close(group, 'superseded', ledger);
    release(view, 'expired', ledger);
    return;
  }
  group.accepted = renewAdvice(group, accepted, config, ledger);
}

export function applyOpen(view: View, ledger: Ledger): void {
  updateAtEnd(prepareView(view), ledger);
  const { group, config, now } = view;
  const held = group.open;
  const parsed = held === null ? null : group.client.parse(held.advice.chain.after);
  if (held === null || parsed?.tag !== 'ok') throw new Error('an accepted advice has a chain that was parsed before');
  const expiresAtMs = now.wallMs + config.advise.ttlMs;
  const advice: Advice = { ...changeState(held.advice, 'accepted', now), expiresAtMs };
  release(view, 'superseded', ledger);
  const isBack = advice.chain.after === chainTextOf(group.declared) && !hasBypass(advice);
  group.open = null;
  group.chain = isBack ? group.declared : parsed.value;
  group.accepted = isBack ? null : startLife(advice, config, now, held.fromMs);
  group.audit = isAudited(advice) ? advice : null;
  group.moves.accept = { atMs: now.monotonicMs, wallMs: now.wallMs };
  group.moves.lastMs = now.monotonicMs;
  ledger.note(group, 'accepted', advice);
}

/** Ends the accepted advice. If `back` is not `null`, its chain counts as the one in use again, as accepted advice. */
export function undoAccepted(view: View, back: Advice | null, ledger: Ledger): void {
  const { group, config, now } = view;
  close(group, 'superseded', ledger);
  release(view, 'superseded', ledger);
  group.moves.lastMs = now.monotonicMs;
  const chain = back === null ? null : parsedOf(group.client, back.chain.after);
  if (back === null || chain === null) return;
  const times = { issuedAtMs: now.wallMs, expiresAtMs: now.wallMs + config.advise.ttlMs };
  const advice: Advice = { ...changeState(back, 'accepted', now), ...times, id: ledger.newId() };
  group.chain = chain;
  group.accepted = startLife(advice, config, now);
  ledger.note(group, 'accepted', advice);
}

/** Records a switch: when it was, whether clients left home with it, and, if they are back, what being away saved. */
function recordMove(group: Group, decision: MoveDecision, isFromHome: boolean, nowMs: number): void {
  const { moves } = group;
  moves.lastMs = nowMs;
  if (decision.to.mirror === homeOf(group)) closeDeparture(group, decision.at.name);
  if (!isFromHome) return;
  const { alarm, cause } = decision;
  // In an outage, the test of times may trigger first. Clients then leave home because of the outage, not because of
  // slowness.
  const departure = { atMs: nowMs, isOfTime: alarm !== null && isOfTime(alarm) && !isForced(cause), savedShare: null };
  moves.departures = [...recentDeparturesOf(moves.departures, nowMs), departure];
}

/** Records what the last departure because of slowness saved, now that clients go back home from the mirror `here`. */
function closeDeparture(group: Group, here: string): void {
  const { contest, moves } = group;
  const [home, last] = [homeOf(group), moves.departures.at(-1)];
  if (home === null || last?.isOfTime !== true || contest.without.has('spells')) return;
  const savedShare = savedShareOf(recordOf(contest, home.name), recordOf(contest, here), last.atMs);
  moves.departures = [...moves.departures.slice(0, -1), { ...last, savedShare }];
}
