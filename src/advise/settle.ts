import type { Advice } from '../core/advice.ts';
import { limits } from '../core/limits.ts';
import type { Random } from '../core/ports.ts';
import { auditInTime, endAudit } from './audit.ts';
import { isForced } from './cause.ts';
import { compose, confidenceOf } from './compose.ts';
import { causeAgainst, type Decision, decide } from './decide.ts';
import { headName, memberOf, mirrorOf, type View, weighAll } from './group.ts';
import { close, hold, isReminderDue, type Ledger, release } from './ledger.ts';
import { isFailing, isFaster, type Weighed } from './rank.ts';

type Said = Extract<Decision, { kind: 'propose' | 'refuse' }>;

/** Brings one group up to date: ends what has lived its time, then compares what is open with what is right now. */
export function settleGroup(view: View, random: Random, trigger: Advice['trigger'], ledger: Ledger): void {
  const { group, now } = view;
  noteWell(view);
  if (view.vantage.suspect !== true) lifetimes(view, ledger);
  const decision = decide(view);
  const open = group.open?.advice ?? null;
  const issue = (said: Said): void => {
    const advice = compose(view, said, { id: random.id(now.wallMs), trigger: triggerOf(view, said) ?? trigger });
    group.open = hold(advice, view.config, now);
    ledger.note(said.kind === 'propose' ? 'proposed' : 'refused', advice);
    ledger.touch(group);
  };
  if (open === null) {
    if (decision.kind === 'propose' || decision.kind === 'refuse') issue(decision);
    return;
  }
  const verdict = open.state === 'refused' ? onRefused(open, decision) : onProposed(view, open, decision);
  if (verdict === 'keep') {
    refresh(view, decision, ledger);
    return;
  }
  close(group, verdict === 'withdraw' ? 'withdrawn' : 'superseded', ledger, now);
  if (verdict === 'replace' && (decision.kind === 'propose' || decision.kind === 'refuse')) issue(decision);
}

/** An alert brought it about: as its cause, or by the confirming round in which detect then found the trouble itself. */
function triggerOf(view: View, said: Said): Advice['trigger'] | null {
  if (said.cause === 'slo') return 'alertmanager';
  const opened = said.findings.map((finding) => finding.openedAtMs);
  const first = Math.min(...opened);
  const head = headName(view, view.group.chain ?? { members: [], separators: [] });
  const isAnswer = view
    .evidenceOf(head)
    .some(({ takenAtMs }) => takenAtMs <= first && first - takenAtMs <= limits.roundMs);
  return opened.length > 0 && isAnswer ? 'alertmanager' : null;
}

type WhatNow = 'keep' | 'withdraw' | 'replace';

function onRefused(open: Advice, decision: Decision): WhatNow {
  if (decision.kind === 'none') return 'withdraw';
  if (decision.kind === 'wait') return open.refusal === 'vantage_suspect' ? 'withdraw' : 'keep';
  if (decision.kind === 'propose') return 'replace';
  return decision.refusal === open.refusal && decision.cause === open.cause ? 'keep' : 'replace';
}

function onProposed(view: View, open: Advice, decision: Decision): WhatNow {
  if (view.vantage.suspect === true) return 'keep';
  const head = mirrorOf(view, view.group.chain?.members[0]);
  const cause = head === null ? null : causeAgainst(view, head.name);
  const weighed = weighAll(view);
  const to = weighed.find((one) => one.mirror.name === open.to);
  const fits = to !== undefined && isStillFit(view, to) && !holdsMismatch(view, open, weighed);
  if (open.cause === 'failback' && cause === null) return fits && isPreferred(view, open) ? 'keep' : 'withdraw';
  if (cause === null) return 'withdraw';
  if (cause.kind !== open.cause) {
    if (decision.kind === 'wait') return isForced(cause.kind) && fits ? 'keep' : 'withdraw';
    return 'replace';
  }
  if (!fits) return decision.kind === 'propose' || decision.kind === 'refuse' ? 'replace' : 'withdraw';
  return decision.kind === 'propose' && isBetter(view, to, decision.to) ? 'replace' : 'keep';
}

/** What was proposed stays good through a doubt, one failed answer or too few answers after a restart. */
function isStillFit(view: View, to: Weighed): boolean {
  if (to.gate === 'unmeasured') return !isFailing(view.tallyOf(to.mirror.name).canary);
  return to.gate === 'ok' || to.gate === 'current' || to.gate === 'in_doubt';
}

/** A mirror that serves wrong bytes may not stay in a line that we show. */
function holdsMismatch(view: View, open: Advice, weighed: readonly Weighed[]): boolean {
  const parsed = view.group.client.parse(open.chain.after);
  if (parsed.tag === 'error') return false;
  const wrong = weighed.filter((one) => one.gate === 'mismatch').map((one) => memberOf(view.group, one.mirror).key);
  return parsed.value.members.some((member) => wrong.includes(member.key));
}

function isPreferred(view: View, open: Advice): boolean {
  return view.group.declared !== null && headName(view, view.group.declared) === open.to;
}

/** Another mirror must be better by `minGain`, and the proposal `hold` old, before people are told something else. */
function isBetter(view: View, to: Weighed, best: Weighed): boolean {
  const { group, now, config } = view;
  if (group.open === null || best.mirror === to.mirror || now.monotonicMs - group.open.issuedMs < config.advise.holdMs)
    return false;
  return to.scoreMs !== null && best.scoreMs !== null && isFaster(to.scoreMs, best.scoreMs, config.advise.minGain);
}

/** Confidence follows the finding while an advice stands; that is no news, but the page and the API show it. */
function refresh(view: View, decision: Decision, ledger: Ledger): void {
  const held = view.group.open;
  if (held === null || held.advice.cause === 'failback') return;
  const findings = decision.kind === 'propose' || decision.kind === 'refuse' ? decision.findings : [];
  const confidence = confidenceOf(held.advice.cause, findings);
  if (findings.length === 0 || confidence === held.advice.confidence) return;
  held.advice = { ...held.advice, confidence };
  ledger.keep(held.advice);
}

/** Reminds before the end and ends at `ttl`; where the cause is still open, deciding anew is the reissue. */
function lifetimes(view: View, ledger: Ledger): void {
  const { group, now } = view;
  const preferred = mirrorOf(view, group.declared?.members[0]);
  const stillOpen = preferred !== null && causeAgainst(view, preferred.name) !== null;
  for (const held of [group.open, group.accepted]) {
    if (held === null || held.advice.state === 'refused' || !isReminderDue(held, now)) continue;
    if (held === group.accepted && !stillOpen) continue;
    held.reminded = true;
    ledger.note('reminded', held.advice);
    ledger.touch(group);
  }
  auditInTime(view, ledger);
  if (group.open !== null && now.monotonicMs >= group.open.expiresMs) close(group, 'expired', ledger, now);
  if (group.accepted !== null && now.monotonicMs >= group.accepted.expiresMs) {
    if (group.open !== null) close(group, 'superseded', ledger, now);
    endAudit(view, ledger);
    release(group, 'expired', ledger, now);
  }
}

/** Keeps count, from an accept on, of how long the preferred mirror has been well; time that could not be judged starts it anew. */
function noteWell(view: View): void {
  const { group, now } = view;
  if (group.accepted === null) return;
  const preferred = mirrorOf(view, group.declared?.members[0]);
  const one = preferred === null ? null : weighAll(view).find(({ mirror }) => mirror === preferred);
  const state = preferred === null ? 'unknown' : (view.standingOf(preferred.name)?.state ?? 'unknown');
  const isGood = one?.gate === 'ok' || one?.gate === 'current';
  const isAccused = preferred !== null && view.evidenceOf(preferred.name).length > 0;
  const isWell = view.vantage.suspect !== true && isGood && !isAccused && (state === 'up' || state === 'degraded');
  if (!isWell) group.wellSinceMs = null;
  else group.wellSinceMs ??= now.monotonicMs;
}
