import { type Advice, isLastChoice } from '../core/advice.ts';
import type { Finding } from '../core/finding.ts';
import type { Message } from '../core/result.ts';
import { messageFor, messageOf, phrase } from '../words/tell.ts';
import { confidenceOf, gravestCauseOf } from './cause.ts';
import { causeNowOf, isGone } from './cause-now.ts';
import { countGoodLeft } from './comparison/home.ts';
import { isTwiceOver } from './comparison/pair.ts';
import { isFaster } from './comparison/rank.ts';
import { type BypassDecision, noSwitch, type Refused, type Subject } from './grounds.ts';
import { headOf, type LiveAdvice, mirrorAt } from './group.ts';
import type { Ledger } from './ledger.ts';
import type { Prepared } from './prepare.ts';
import type { Tally } from './tally.ts';
import { mayBeProposed } from './weigh.ts';
import { adviceReasonOf, endedTroubleOf } from './words.ts';

/**
 * Updates confidence, cited findings and sentence of a proposal. The cause does not change: it is a label of alerts,
 * and a new label would make the alerts fire again.
 */
export function updateProposal(view: Prepared, ledger: Ledger): void {
  const held = view.group.open;
  if (held === null || held.advice.state !== 'proposed' || held.advice.cause === 'failback') return;
  if (held.advice.bypass != null) return;
  const at = mirrorAt(view.group, view.group.chain?.members[0]);
  const to = view.mirrors.find(({ name }) => name === held.advice.to);
  if (at === null || to === undefined) return;
  const found = view.causesOf(at).gravest;
  const named = gravestCauseOf(view.tallyOf(at.name), held.advice.cause);
  const findings = found?.kind === named ? found.findings : [];
  const { left } = view.group.contest;
  const isSure = left?.from === at.name && left.to === to.name && isTwiceOver(left.pair);
  const stated = { cause: held.advice.cause, findings: found?.kind === held.advice.cause ? found.findings : [] };
  const isSuspect = view.vantage.suspect === true;
  const outages = view.fetchOutagesOf(stated.cause, at, to);
  const isLast = view.wrongBytesOf(to) !== 'none';
  const confidence = confidenceOf(stated, { isLast, isSure, isSuspect, outages, before: held.advice.confidence });
  const evidence = citeAlso(held.advice.evidence, [...stated.findings, ...outages]);
  const candidates = markLast(held.advice, isLast);
  const isChanged = confidence !== held.advice.confidence || evidence !== held.advice.evidence;
  if (isChanged || candidates !== held.advice.candidates) {
    held.advice = { ...held.advice, confidence, evidence, candidates };
    ledger.keep(held.advice);
  }
  if (named === 'unreliable' && hasForgotten(view.tallyOf(at.name), held)) return;
  const { fromMs, advice } = held;
  say(view, held, { ...noSwitch, cause: named, findings, at, to, fromMs, before: advice.causeNow ?? null }, ledger);
}

/**
 * True if the failures behind an advice are forgotten after a restart, and fewer responses followed than a return needs.
 * The sentence then stays, because so few responses show no failure rate.
 */
function hasForgotten({ samples: { light, heavy } }: Tally, { issuedMs }: LiveAdvice): boolean {
  const isFew = light.length + heavy.length < countGoodLeft(0);
  return isFew && [...light, ...heavy].every(({ atMs }) => atMs > issuedMs);
}

/** The table of candidates, in which the advised mirror has the gate `mismatch` if it is a last choice. */
function markLast(advice: Advice, isLast: boolean): Advice['candidates'] {
  const { candidates, to } = advice;
  if (isLast === isLastChoice(advice)) return candidates;
  return candidates.map((one) => (one.registry === to ? { ...one, gate: isLast ? 'mismatch' : 'ok' } : one));
}

/** Updates the sentence of the open advice, for the message about its end. */
export function updateAtEnd(view: Prepared, ledger: Ledger): void {
  const { open } = view.group;
  if (open !== null) open.wordedMs = Number.NEGATIVE_INFINITY;
  updateProposal(view, ledger);
}

/** Updates the sentence of advice that proposes no other mirror: a refusal, or a client setting. */
export function updateStay(view: Prepared, stay: Refused | BypassDecision, ledger: Ledger): void {
  const { open } = view.group;
  const { cause, findings, at } = stay;
  if (open !== null) say(view, open, { ...noSwitch, cause, findings, at, stay }, ledger);
}

/**
 * Why a refusal ends: its mirror can be used again, or an operator dismissed the switch away from it.
 * `null`: our own network was suspect, so the refusal does not concern the mirror.
 * @param isDismissed  the mirror still has a fault
 */
export function refusalEndOf(view: Prepared, { cause, refusal }: Advice, isDismissed: boolean): Message | null {
  const at = headOf(view.group);
  if (at === null || refusal === 'vantage_suspect') return null;
  const head = at.name;
  if (isDismissed) return messageFor('ground.dismissed', { head });
  const subject = { ...noSwitch, cause, findings: [], at };
  const trouble = endedTroubleOf(subject, view.groundsOf(subject)) ?? phrase('ground.usable', { head });
  return messageOf(phrase('ground.over', { trouble }));
}

/** The evidence of an advice, extended by findings of the same cause that opened later. */
function citeAlso(evidence: Advice['evidence'], findings: readonly Finding[]): Advice['evidence'] {
  const later = findings.flatMap(({ id }) => (evidence.findings.includes(id) ? [] : [id]));
  return later.length === 0 ? evidence : { ...evidence, findings: [...evidence.findings, ...later] };
}

/** Limits of the interval between two updates of an advice's sentence, milliseconds. It grows with the advice's age. */
const sayAgainMs = { min: 1_000, max: 15_000 } as const;
const sayAgainShare = 1 / 12;
/** The minimum interval between two writes to the database of a sentence in which only values changed. Milliseconds. */
const storeAgainMs = 60_000;

function say(view: Prepared, held: LiveAdvice, subject: Subject, ledger: Ledger): void {
  const nowMs = view.now.monotonicMs;
  const againMs = Math.min(sayAgainMs.max, Math.max(sayAgainMs.min, (nowMs - held.issuedMs) * sayAgainShare));
  if (nowMs - held.wordedMs < againMs) return;
  held.wordedMs = nowMs;
  const { advice: before } = held;
  const { message, fromMs: _, ...now } = reckon(view, subject, before);
  if (message === null || message.text === before.reason) return;
  held.advice = { ...before, ...now, reason: message.text, sentence: message.sentence };
  const isSame = now.causeNow === before.causeNow && now.newClients === before.newClients;
  if (isSame && nowMs - held.storedMs < storeAgainMs) return;
  held.storedMs = nowMs;
  ledger.keep(held.advice);
}

/** What the measurements say now about an advice. */
interface Reckoned extends Required<Pick<Advice, 'phase' | 'overAtMs' | 'newClients' | 'causeNow'>> {
  /** The reason of the advice; `null`: too little is measured to state one. */
  readonly message: Message | null;
  /**
   * From when on responses show whether the cause lasts, monotonic milliseconds: the start of the evidence, or now, if the
   * newest responses do not show what the test found; `null`: not known.
   */
  readonly fromMs: number | null;
}

/** @param before  the advice to update; absent: this is a new decision */
export function reckon(view: Prepared, subject: Subject, before?: Advice): Reckoned {
  const on = view.groundsOf(subject);
  const now = causeNowOf(subject, on);
  const isOver = now !== null && subject.to !== null && isGone(now) && !on.isRepeating;
  const wasUsual = before?.phase === 'over' && before.newClients === 'usual';
  const isUsual = subject.stay?.kind === 'refuse' || (isOver && (wasUsual || isUsualAgain(view, subject)));
  const newClients = isUsual ? 'usual' : 'advised';
  return {
    phase: isOver ? 'over' : 'active',
    overAtMs: isOver ? (before?.overAtMs ?? view.now.wallMs) : null,
    newClients,
    causeNow: now?.kind ?? null,
    message: adviceReasonOf(subject, on, now, newClients),
    fromMs: on.apart !== null && on.apart === subject.tested ? view.now.monotonicMs : subject.fromMs,
  };
}

/**
 * True if a client that has not switched should not switch now: the mirror to leave works again, and a fetch there costs
 * at most `advise.minGain` more than at the advised one. The costs contain recent failures, which may recur.
 */
function isUsualAgain(view: Prepared, { at, to }: Subject): boolean {
  const weighed = view.head?.weighed() ?? [];
  const [here, there] = [at, to].map((mirror) => weighed.find((one) => one.mirror === mirror));
  if (here === undefined || !mayBeProposed(here.gate) || !view.isGoodNow(at.name) || here.scoreMs === null)
    return false;
  return there?.scoreMs == null || !isFaster(here.scoreMs, there.scoreMs, view.config.advise.minGain);
}
