import type { Advice } from '../core/advice.ts';
import { limits } from '../core/limits.ts';
import type { Random } from '../core/ports.ts';
import type { Sentence } from '../core/result.ts';
import { auditInTime, closeAudit, isAudited } from './audit.ts';
import { type BypassDecision, bypassAt, bypassInForce, chainInForce, hasBypass } from './bypass.ts';
import { findCause, gravestCauseOf } from './cause.ts';
import { compose, confidenceOf, subjectOf } from './compose.ts';
import { type Decision, decide } from './decide.ts';
import type { LiveAdvice } from './group.ts';
import {
  type AdviseTurn,
  chainTextOf,
  changeState,
  close,
  isReminderDue,
  type Ledger,
  openLedger,
  release,
  renewAdvice,
  restoreLife,
  startLife,
} from './ledger.ts';
import { isOfTime } from './tests/choose.ts';
import { moveTo } from './tests/contest.ts';
import { recentDeparturesOf } from './tests/home.ts';
import type { View } from './view.ts';
import { chainTo, headOf, homeOf, isRecent, memberOf, mirrorAt, surroundingsOf, weighAll } from './weigh.ts';
import { reasonOf, type Subject } from './words.ts';

type Said = Exclude<Decision, { kind: 'none' | 'wait' }>;
type Move = Extract<Decision, { kind: 'move' }>;

/** Updates one group: ends expired advice, then opens what is right now if it differs from what is open. */
export function updateAdvice(view: View, random: Random, ledger: Ledger): void {
  const { group } = view;
  if (view.vantage.suspect !== true) lifetimes(view, random, ledger);
  const open = group.open?.advice ?? null;
  if (open?.state === 'proposed' && holdsMismatch(view, open)) rechain(view, open, random, ledger);
  if (open?.state === 'proposed' && open.bypass != null) endBypass(view, open, random, ledger);
  const decision = decide(view);
  if (decision.kind === 'bypass') bypass(view, decision, random, ledger);
  else if (decision.kind === 'move') move(view, decision, random, ledger);
  else if (decision.kind === 'refuse') refuse(view, decision, random, ledger);
  else if (group.open?.advice.state === 'refused') onRefusal(view, group.open.advice, decision, random, ledger);
  refresh(view, ledger);
  follow(view);
}

/** Points the comparison at the mirror in force. */
export function follow(view: View): void {
  const { group } = view;
  moveTo(group.contest, headOf(group)?.name ?? null, homeOf(group)?.name ?? null);
  const seen = outlookOf(view);
  if (group.around !== null && group.outlook === seen) return;
  group.outlook = seen;
  group.around = surroundingsOf(view);
}

/**
 * A text of everything that the surroundings are made of. They rarely change and are read often, so the text is
 * compared.
 */
function outlookOf(view: View): string {
  const { group, now } = view;
  const parts: unknown[] = [group.open?.advice.id, group.open?.advice.state, group.accepted?.advice.id, isRecent(view)];
  for (const { name } of view.mirrors) {
    const standing = view.standingOf(name);
    const isAway = standing?.throttledUntilMs != null && standing.throttledUntilMs > now.wallMs;
    parts.push(standing?.state, standing?.because, standing?.inDoubt, standing?.findings.length, isAway);
  }
  return parts.join('|');
}

function move(view: View, decision: Move, random: Random, ledger: Ledger): void {
  const { group, now } = view;
  const isBack = mirrorAt(group, group.chain?.members[0]) === decision.to.mirror;
  const before = group.open?.advice ?? null;
  const isWithdrawn = before?.state === 'proposed' && isBack;
  // The advice says how long ago the move before it was.
  replace(view, isWithdrawn ? 'withdrawn' : 'superseded', isWithdrawn ? null : decision, random, ledger);
  group.moves.lastMs = now.monotonicMs;
  if (decision.at === homeOf(group))
    group.moves.departures = [
      ...recentDeparturesOf(group.moves.departures, now.monotonicMs),
      { atMs: now.monotonicMs, isOfTime: decision.alarm !== null && isOfTime(decision.alarm) },
    ];
  ledger.touch(group);
}

function refuse(view: View, decision: Extract<Decision, { kind: 'refuse' }>, random: Random, ledger: Ledger): void {
  const open = view.group.open?.advice ?? null;
  // An open proposal stays: the lack of a better mirror now is no reason to return to the one that was left.
  if (open?.state === 'proposed') return;
  if (open !== null && open.refusal === decision.refusal && open.cause === decision.cause)
    return repeat(view, decision, ledger);
  replace(view, 'superseded', decision, random, ledger);
}

/** Proposes the client switch instead of another mirror, or its removal, unless that is already proposed. */
function bypass(view: View, decision: BypassDecision, random: Random, ledger: Ledger): void {
  const { open, accepted } = view.group;
  const isBack = decision.cause === 'failback';
  if (!isBack && hasBypass(accepted?.advice) && accepted?.advice.to === decision.at.name) return;
  if (open?.advice.state === 'proposed' && open.advice.bypass != null) return repeat(view, decision, ledger);
  replace(view, 'superseded', decision, random, ledger);
}

/**
 * Ends the proposal of a switch that is not needed any more, or of its removal while the switch is needed. A move
 * that the switch replaced stays open.
 */
function endBypass(view: View, open: Advice, random: Random, ledger: Ledger): void {
  const { group } = view;
  const at = headOf(group);
  if (at === null || view.vantage.suspect === true) return;
  const isNeeded = bypassAt(view, at, view.standingOf(at.name)?.findings ?? []) !== null;
  if (isNeeded === hasBypass(open)) return;
  const left = mirrorAt(group, group.chain?.members[0]);
  const weighed = weighAll(view);
  const to = weighed.find((one) => one.mirror === at);
  if (left === null || left === at || to === undefined) return replace(view, 'withdrawn', null, random, ledger);
  const { kind: cause, findings } = findCause(view, left) ?? { kind: open.cause, findings: [] };
  const rest = { after: chainInForce(group), undo: bypassInForce(group), weighed };
  replace(view, 'withdrawn', { kind: 'move', cause, alarm: null, findings, at: left, to, ...rest }, random, ledger);
}

function onRefusal(view: View, open: Advice, decision: Decision, random: Random, ledger: Ledger): void {
  const from = headOf(view.group)?.name;
  // If an operator dismissed the move, `wait` does not mean that there is still no candidate.
  const isSilenced = view.group.muted.some((one) => one.from === from && one.untilMs > view.now.wallMs);
  if (decision.kind === 'wait' && open.refusal !== 'vantage_suspect' && !isSilenced) return;
  replace(view, 'withdrawn', null, random, ledger);
}

/** Ends the open advice in this state and opens the decision's; `null`: opens none. */
function replace(
  view: View,
  state: 'withdrawn' | 'superseded',
  said: Said | null,
  random: Random,
  ledger: Ledger,
): void {
  const { group, now, config } = view;
  close(group, state, ledger, now);
  if (said === null) return;
  const { advice, fromMs } = compose(view, said, { id: random.id(now.wallMs), trigger: triggerOf(view, said) });
  group.open = startLife(advice, config, now, fromMs);
  ledger.note(said.kind === 'refuse' ? 'refused' : 'proposed', advice);
  ledger.touch(group);
}

/** `alert` if an alert caused it, directly or by the confirming round in which detect then found the trouble. */
function triggerOf(view: View, said: Said): Advice['trigger'] {
  if (said.cause === 'slo') return 'alertmanager';
  const opened = said.findings.map((finding) => finding.openedAtMs);
  const first = Math.min(...opened);
  const isAnswer = view
    .evidenceOf(said.at.name)
    .some(({ takenAtMs }) => takenAtMs <= first && first - takenAtMs <= limits.roundMs);
  return opened.length > 0 && isAnswer ? 'alertmanager' : 'detector';
}

/** True if a chain that we show has a mirror that serves wrong bytes. */
function holdsMismatch(view: View, open: Advice): boolean {
  const parsed = view.group.client.parse(open.chain.after);
  if (parsed.tag === 'error') return false;
  const wrong = weighAll(view)
    .filter((one) => one.gate === 'mismatch')
    .map((one) => memberOf(view.group, one.mirror).key);
  return parsed.value.members.some((member) => wrong.includes(member.key));
}

/** The same move with a chain without the member that serves wrong bytes. If the head does, `decide` leaves it. */
function rechain(view: View, open: Advice, random: Random, ledger: Ledger): void {
  const { group } = view;
  const at = mirrorAt(group, group.chain?.members[0]);
  const weighed = weighAll(view);
  const to = weighed.find((one) => one.mirror.name === open.to);
  if (at === null || to === undefined || to.gate === 'mismatch') return;
  const rest = { after: chainTo(view, to.mirror), undo: bypassInForce(group), weighed };
  const { cause } = open;
  replace(view, 'superseded', { kind: 'move', cause, alarm: null, findings: [], at, to, ...rest }, random, ledger);
}

/**
 * Updates confidence and sentence of an open proposal without an event; the page, the API and later notices show
 * them. The cause does not change: it is a label of alerts, which would fire again.
 */
function refresh(view: View, ledger: Ledger): void {
  const held = view.group.open;
  if (held === null || held.advice.state !== 'proposed' || held.advice.cause === 'failback') return;
  // A switch gets its sentence from its own decision.
  if (held.advice.bypass != null) return;
  const at = mirrorAt(view.group, view.group.chain?.members[0]);
  const to = view.mirrors.find(({ name }) => name === held.advice.to);
  if (at === null || to === undefined) return;
  const found = findCause(view, at);
  const named = gravestCauseOf(view.tallyOf(at.name), held.advice.cause);
  const findings = found?.kind === named ? found.findings : [];
  const confidence =
    found?.kind === held.advice.cause ? confidenceOf(found.kind, found.findings) : held.advice.confidence;
  if (confidence !== held.advice.confidence) {
    held.advice = { ...held.advice, confidence };
    ledger.keep(held.advice);
  }
  const { fromMs, advice } = held;
  say(
    view,
    held,
    { cause: named, findings, at, to, fromMs, refused: null, bypass: null, before: advice.sentence ?? null },
    ledger,
  );
}

/** A sentence is updated at most once a second. It is stored at once if its meaning changes, else once a minute. */
const sayAgainMs = 1_000;
const storeAgainMs = 60_000;

/** The same decision was made again for the open advice: updates its sentence. */
function repeat(view: View, decision: Said, ledger: Ledger): void {
  const { open } = view.group;
  if (open !== null) say(view, open, subjectOf(view, decision), ledger);
}

function say(view: View, held: LiveAdvice, subject: Subject, ledger: Ledger): void {
  const nowMs = view.now.monotonicMs;
  if (nowMs - held.saidMs < sayAgainMs) return;
  held.saidMs = nowMs;
  const said = reasonOf(view, subject);
  if (said === null || said.text === held.advice.reason) return;
  const isOther = keyOf(said.sentence) !== keyOf(held.advice.sentence ?? null);
  held.advice = { ...held.advice, reason: said.text, sentence: said.sentence };
  if (!isOther && nowMs - held.storedMs < storeAgainMs) return;
  held.storedMs = nowMs;
  ledger.keep(held.advice);
}

function keyOf(sentence: Sentence | null): string {
  const trouble = sentence?.values['trouble'];
  return typeof trouble === 'object' && 'key' in trouble ? trouble.key : '';
}

/** Sends the reminder. At `ttl`, reissues an advice that is still worthwhile and ends one that is not followed. */
function lifetimes(view: View, random: Random, ledger: Ledger): void {
  const { group, now, config } = view;
  for (const held of [group.open, group.accepted]) {
    if (held === null || held.advice.state === 'refused' || !isReminderDue(held, now)) continue;
    held.reminded = true;
    ledger.note('reminded', held.advice);
    ledger.touch(group);
  }
  auditInTime(view, ledger);
  const { open, accepted } = group;
  if (open !== null && now.monotonicMs >= open.expiresMs) {
    if (open.advice.state === 'refused') close(group, 'expired', ledger, now);
    else group.open = renewAdvice(open, random.id(now.wallMs), config, ledger, now);
    ledger.touch(group);
  }
  if (accepted === null || now.monotonicMs < accepted.expiresMs) return;
  if (group.open?.advice.cause === 'failback') {
    // Home was as good again, but the failback was not accepted: the accepted advice has expired.
    close(group, 'superseded', ledger, now);
    closeAudit(view, ledger);
    release(group, 'expired', ledger, now);
    return;
  }
  group.accepted = renewAdvice(accepted, random.id(now.wallMs), config, ledger, now);
  ledger.touch(group);
}

export function applyOpen(view: View): AdviseTurn {
  const { group, config, now } = view;
  const ledger = openLedger(now);
  const held = group.open;
  const parsed = held === null ? null : group.client.parse(held.advice.chain.after);
  if (held === null || parsed?.tag !== 'ok') throw new Error('an accepted advice has a chain that was parsed before');
  const advice: Advice = {
    ...changeState(held.advice, 'accepted', now),
    expiresAtMs: now.wallMs + config.advise.ttlMs,
  };
  closeAudit(view, ledger);
  release(group, 'superseded', ledger, now);
  const isBack = advice.chain.after === chainTextOf(group.declared) && !hasBypass(advice);
  group.open = null;
  group.chain = isBack ? group.declared : parsed.value;
  group.accepted = isBack
    ? null
    : { ...restoreLife(advice, false, config, now), issuedMs: now.monotonicMs, fromMs: held?.fromMs ?? null };
  group.audit = isAudited(advice) ? advice : null;
  group.lastAcceptMs = now.monotonicMs;
  group.lastAcceptWallMs = now.wallMs;
  group.moves.lastMs = now.monotonicMs;
  ledger.note('accepted', advice);
  ledger.touch(group);
  return ledger.turn();
}
