import type { Advice, AdviceState } from '../core/advice.ts';
import { escapeWord } from '../core/command-line.ts';
import { failureTextOf, isCertificateFailure, reasonWeight } from '../core/failure.ts';
import { limits } from '../core/limits.ts';
import { type Mirror, refTextOf } from '../core/mirror.ts';
import type { Filled, Message, Sentence } from '../core/result.ts';
import { minuteTextOf } from '../core/views.ts';
import { messageFor, messageOf, phrase } from '../words/tell.ts';
import { sinceTextOf, spanTextOf, timeTextOf } from '../words/time-words.ts';
import type { Apart } from './apart.ts';
import { type CauseNow, causeNowOf, type Failing, isGone } from './cause-now.ts';
import { gain } from './comparison/rank.ts';
import type { BypassDecision, Grounds, MoveDecision, Refused, Subject } from './grounds.ts';
import type { LastChoice } from './last-choice.ts';
import type { TallyRow } from './tally.ts';
import type { Trouble } from './trouble.ts';
import { mayBeProposed } from './weigh.ts';

/**
 * The reason of an advice as text. It states what is wrong at the mirror to leave, and what the switch promises or why
 * no switch is advised. `null`: the measurements support no such text.
 */
export function adviceReasonOf(
  subject: Subject,
  on: Grounds,
  now = causeNowOf(subject, on),
  newClients: Advice['newClients'] = 'usual',
): Message | null {
  const { stay, to, at } = subject;
  if (stay?.kind === 'bypass') return messageOf(bypassText(stay, on));
  if (now === null) return null;
  const trouble = causeTextOf(subject, on, now);
  if (stay !== null) return messageFor('ground.refuse', { trouble, refusal: refusalText(stay, on) });
  if (to === null) return null;
  const names = { head: at.name, to: to.name };
  if (isGone(now))
    return on.isRepeating
      ? messageFor('ground.repeats', { trouble, head: at.name })
      : messageOf(outlivedText(at.name, to.name, { trouble, line: phrase(`ground.line.${newClients}`, names) }, on));
  const apart = 'apart' in now ? now.apart : null;
  const promise = on.last === null ? promiseOf(to, apart, on) : lastStated(to.name, on.last, on);
  return messageFor('ground.move', { trouble, promise });
}

function lastStated(to: string, { finding: { id, scope }, isSure, rightSinceMs }: LastChoice, on: Grounds): Sentence {
  const items = [...new Set(scope.map(({ module, version }) => refTextOf({ module: module ?? to, version })))];
  return phrase('ground.lastChoice', {
    to,
    id: escapeWord(id),
    isSure: isSure ? 'yes' : 'no',
    items: items.slice(0, itemsStated).join(', '),
    more: Math.max(0, items.length - itemsStated),
    right: rightSinceMs === null ? '' : phrase('ground.rightAgain', { span: sinceTextOf(on, rightSinceMs) }),
  });
}

/** The maximum number of modules with wrong bytes that a sentence names. It states only how many others there are. */
const itemsStated = 3;

/** The text that the trouble of the mirror `subject.at` is over; `null`: it is not, or too little is measured. */
export function endedTroubleOf(subject: Subject, on: Grounds): Filled | null {
  const now = causeNowOf(subject, on);
  return now !== null && isGone(now) ? causeTextOf(subject, on, now) : null;
}

/** @param said  what is over, and the line for new clients */
function outlivedText(head: string, to: string, said: Record<'trouble' | 'line', Filled>, on: Grounds): Sentence {
  const { ms, good } = on.rest();
  const values = { ...said, head };
  if (ms > 0) return phrase('ground.outlivesFor', { ...values, count: good, span: spanTextOf(ms) });
  return good > 0
    ? phrase('ground.outlivesUntil', { ...values, count: good })
    : phrase('ground.outlives', { ...values, to });
}

/**
 * The reason of advice that is no longer proposed. It omits how long the proposal would have stayed. The reason of
 * advice that was accepted after its trouble is the trouble, not its end. An empty object: the reason needs no change.
 * @param state  the new state of the advice
 */
export function settledReasonOf(
  { sentence, cause, from, phase }: Pick<Advice, 'sentence' | 'cause' | 'from' | 'phase'>,
  state: AdviceState,
): Partial<Pick<Advice, 'reason' | 'sentence'>> {
  if (sentence == null || !(phase === 'over' || sentence.key === 'ground.repeats')) return {};
  const { text, sentence: values } = messageOf(
    state === 'accepted'
      ? phrase('ground.acceptedLate', { trouble: phrase(`advice.cause.${cause}`, { from }) })
      : phrase('ground.over', { trouble: sentence.values['trouble'] ?? '' }),
  );
  return { reason: text, sentence: values };
}

/**
 * Why a proposal ends because of `decision`: the mirror to leave can be used again, or the advised one is in trouble.
 * `null`: the measurements support no such text.
 * @param subject  what the decision is about (`subjectOf`)
 */
export function endReasonOf(decision: MoveDecision | Refused, subject: Subject, on: Grounds): Message | null {
  const isBack = decision.kind === 'move' && decision.cause === 'failback';
  if (isBack) return messageOf(phrase('ground.over', { trouble: returnText(decision) }));
  const now = causeNowOf(subject, on);
  return now === null ? null : messageOf(phrase('ground.over', { trouble: causeTextOf(subject, on, now) }));
}

function returnText({ at, to: { mirror }, prices }: MoveDecision): Sentence {
  const [here, there] = [prices?.from.timeMs ?? null, prices?.to.timeMs ?? null];
  const head = mirror.name;
  return here === null || there === null
    ? phrase('ground.usable', { head })
    : phrase('ground.usableAt', { head, there: timeTextOf(there), to: at.name, here: timeTextOf(here) });
}

/** What the measurements say about the cause, as text. */
function causeTextOf(subject: Subject, on: Grounds, now: CauseNow): Filled {
  const { at, to } = subject;
  const head = at.name;
  const timesOf = (hereMs: number, thereMs: number) =>
    ({ head, here: timeTextOf(hereMs), to: to?.name ?? '', there: timeTextOf(thereMs) }) as const;
  switch (now.kind) {
    case 'given':
      return givenText(subject, on);
    case 'objective':
      return objectiveTextOf(head, on);
    case 'slow':
    case 'faster':
    case 'throughput':
      return phrase(`ground.${now.kind}`, timesOf(now.apart.hereMs, now.apart.thereMs));
    case 'as_fast':
      return phrase('ground.asFast', timesOf(now.hereMs, now.thereMs));
    case 'recovered':
      return phrase('ground.recovered', { head, count: now.count, span: sinceTextOf(on, now.fromMs) });
    default:
      return failingTextOf(head, now.trouble, on);
  }
}

/** What is wrong at the mirror to leave, if the cause alone says it. */
function givenText({ cause, at, to, findings: [finding] }: Subject, on: Grounds): Filled {
  const head = at.name;
  if (cause === 'mismatch')
    return phrase(finding?.cause === 'origin' ? 'ground.notOrigins' : 'ground.mismatch', { head });
  if (cause === 'lag')
    return finding === undefined
      ? phrase('ground.lag', { head })
      : (finding.sentence ?? finding.text.replace(/\.$/, ''));
  if (cause === 'failback') return failbackText(to?.name ?? head, on.leftAtMs);
  if (cause === 'outage') return phrase('ground.cannot', { head });
  return phrase('ground.throttles', { head, span: spanTextOf(on.throttledUntilMs - on.now.wallMs) });
}

function failbackText(to: string, leftAtMs: number | null): Sentence {
  return leftAtMs === null
    ? phrase('ground.failback', { to })
    : phrase('ground.failbackSince', { to, at: minuteTextOf(leftAtMs) });
}

function promiseOf(mirror: Mirror, apart: Apart | null, on: Grounds): Sentence {
  const to = mirror.name;
  const { responses, failed } = on.there;
  const health = phrase('ground.answered', { to, good: responses - failed, all: responses });
  if (apart === null) {
    const usualMs = on.usualFetchMs();
    return usualMs === null ? health : phrase('ground.takes', { health, there: timeTextOf(usualMs) });
  }
  const compared = phrase('ground.compared', { rounds: apart.rounds, span: sinceTextOf(on, apart.fromMs), health });
  const { here, there } = on.fetchMs;
  if (here === null || there === null || here <= there) return compared;
  const percent = Math.round(100 * gain(here, there));
  return phrase('ground.cuts', { here: timeTextOf(here), there: timeTextOf(there), to, percent, compared });
}

function bypassText(decision: BypassDecision, on: Grounds): Sentence {
  const { at, findings, refusal } = decision;
  const { setting: bypass, client } = decision.bypass;
  const values = { head: at.name, bypass };
  if (refusal === null) return phrase('ground.bypassOver', values);
  const why = { cause: findings[0]?.cause ?? '', refusal: refusalOf({ ...decision, refusal }, on) };
  return phrase('ground.bypass', { ...values, client, ...why });
}

function refusalText(decision: Refused, on: Grounds): Sentence {
  const refusal = refusalOf(decision, on);
  const clients = [...decision.stranded];
  return clients.length === 0 ? refusal : phrase('ground.noBypass', { refusal, clients });
}

function refusalOf(decision: Pick<Refused, 'refusal' | 'weighed' | 'at' | 'faults'>, on: Grounds): Sentence {
  const { refusal, weighed, at, faults } = decision;
  switch (refusal) {
    case 'vantage_suspect':
      return phrase('ground.us');
    case 'shared_fate':
      return phrase('ground.upstream', { count: faults.length, names: faults.join(', ') });
    case 'nothing_measured': {
      const able = weighed.filter((one) => one.mirror !== at && mayBeProposed(one.gate));
      return able.length === 0
        ? phrase('ground.unmeasured', { good: limits.measuredOk, paces: limits.measuredPaces })
        : phrase('ground.failedLately', { names: able.map((one) => one.mirror.name) });
    }
    case 'no_candidate': {
      const others = weighed.filter((one) => one.mirror !== at);
      if (others.length === 0) return phrase('ground.alone', { upstream: on.upstream });
      const named = others.map((one) => `${one.mirror.name}: ${one.gate}`).join(', ');
      return phrase('ground.ruledOut', { others: named });
    }
    default:
      return refusal satisfies never;
  }
}

function failingTextOf(head: string, trouble: Failing, on: Grounds): Sentence {
  if (trouble.kind === 'all') return allText(head, trouble.row, on);
  if (trouble.kind === 'targets') return targetsText(head, trouble, on);
  if (trouble.kind === 'share') return shareTextOf(head, trouble, on);
  if (trouble.share !== null) return shareTextOf(head, trouble.share, on);
  return phrase('ground.downloads', valuesOf(head, trouble.row, on));
}

function valuesOf(head: string, { reason, status, count, fromMs }: TallyRow, on: Grounds) {
  return { head, cause: failureTextOf(reason, status), count, span: sinceTextOf(on, fromMs) };
}

function allText(head: string, row: TallyRow, on: Grounds): Sentence {
  const { reason, count, timeouts, waitedMs } = row;
  const values = valuesOf(head, row, on);
  if (timeouts === count) return phrase('ground.hangs', { ...values, waited: timeTextOf(waitedMs) });
  if (reasonWeight[reason] === 'refusal') return phrase('ground.refuses', values);
  return phrase(isCertificateFailure(reason) ? 'ground.certificate' : 'ground.down', values);
}

function targetsText(head: string, trouble: Extract<Trouble, { kind: 'targets' }>, on: Grounds): Sentence {
  const { failing, targets } = trouble;
  const [first] = failing;
  const values = {
    head,
    cause: first === undefined ? '' : failureTextOf(first.reason, first.status),
    what:
      first === undefined ? '' : phrase('ground.target', { module: refTextOf(first.target), step: first.target.step }),
    count: failing.reduce((sum, one) => sum + one.count, 0),
    span: sinceTextOf(on, Math.min(...failing.map((one) => one.fromMs))),
  };
  return failing.length === 1
    ? phrase('ground.failsOne', values)
    : phrase('ground.failsSome', { ...values, failing: failing.length, targets });
}

function shareTextOf(head: string, trouble: Extract<Trouble, { kind: 'share' }>, on: Grounds): Sentence {
  const { failed, all, reason, status, fromMs, isOfDownloads } = trouble;
  const percent = Math.round((100 * failed) / all);
  return phrase(isOfDownloads ? 'ground.unreliableDownloads' : 'ground.unreliable', {
    head,
    cause: failureTextOf(reason, status),
    failed,
    all,
    percent,
    span: sinceTextOf(on, fromMs),
  });
}

function objectiveTextOf(head: string, { alert, here: measure, now }: Grounds): Sentence {
  const here = measure();
  const sinceMs = alert === null ? 0 : Math.max(0, now.wallMs - alert.startsAtMs);
  const values = {
    head,
    alert:
      alert === null
        ? phrase('ground.anAlert')
        : phrase('ground.alert', { name: alert.alertname, span: spanTextOf(sinceMs) }),
    probes: here.responses,
    failed: here.failed === 0 ? '' : phrase('ground.failed', { count: here.failed }),
  };
  return here.p95Ms === null
    ? phrase('ground.sloNoP95', values)
    : phrase('ground.slo', { ...values, p95: timeTextOf(here.p95Ms) });
}
