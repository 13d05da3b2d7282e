import { type Advice, type AdviceState, hasOutlivedCause, isSlowness } from '../core/advice.ts';
import { escapeWord } from '../core/command-line.ts';
import { limits } from '../core/limits.ts';
import { type Mirror, refTextOf } from '../core/mirror.ts';
import type { Filled, Message, Sentence } from '../core/result.ts';
import { minuteTextOf } from '../core/views.ts';
import { messageOf, phrase } from '../words/tell.ts';
import type { BypassDecision } from './bypass.ts';
import { gain } from './comparison/rank.ts';
import type { MoveDecision, Refused } from './decision.ts';
import { type Apart, type Grounds, isClearlySlower, type Subject, subjectOf } from './grounds.ts';
import type { LastChoice } from './last-choice.ts';
import { sinceTextOf, spanTextOf, timeTextOf } from './time-words.ts';
import { failingTextOf, objectiveTextOf, shareTextOf } from './trouble-words.ts';
import { mayBeProposed } from './weigh.ts';

/**
 * If the switch of an earlier decision saves a smaller share of the time of a fetch, the sentence does not say that a mirror is slow. `again`:
 * after it said that the mirror is no longer slower.
 */
const leastGains = { first: 0.05, again: 0.1 } as const;

/** A mirror became slower if it takes more than `becameSlower` × its usual time. */
const becameSlower = 1.5;

/**
 * The reason of an advice as text. It states what is wrong at the mirror to leave, and what the switch promises or why
 * no switch is advised. `null`: the measurements support no such text.
 */
export function adviceReasonOf(subject: Subject, on: Grounds): Message | null {
  const sentence = reasonOf(subject, on);
  return sentence === null ? null : messageOf(sentence);
}

function reasonOf(subject: Subject, on: Grounds): Sentence | null {
  const { stay, to } = subject;
  if (stay?.kind === 'bypass') return bypassText(stay, on);
  const values = troubleText(subject, on);
  if (values === null) return null;
  const { trouble, apart } = values;
  if (stay !== null) return phrase('ground.refuse', { trouble, refusal: refusalText(stay, on) });
  if (to === null) return null;
  if (hasKeyOf(over, trouble)) return outlivedText(subject.at.name, to.name, trouble, on);
  const promise = on.last === null ? promiseOf(to, apart, on) : lastStated(to.name, on.last, on);
  return phrase('ground.move', { trouble, promise });
}

function lastStated(to: string, { finding: { id, scope }, rightSinceMs }: LastChoice, on: Grounds): Sentence {
  const items = [...new Set(scope.map(({ module, version }) => refTextOf({ module: module ?? to, version })))];
  return phrase('ground.lastChoice', {
    to,
    id: escapeWord(id),
    items: items.slice(0, itemsStated).join(', '),
    more: Math.max(0, items.length - itemsStated),
    right: rightSinceMs === null ? '' : phrase('ground.rightAgain', { span: sinceTextOf(on, rightSinceMs) }),
  });
}

/** The maximum number of modules with wrong bytes that a sentence names. It states only how many others there are. */
const itemsStated = 3;

/**
 * Keys of sentences about trouble that is over. The advice stays for some time after the trouble, so that clients do
 * not switch twice.
 */
const over: ReadonlySet<string> = new Set(['ground.recovered', 'ground.asFast']);

/** The text that the trouble of the mirror `subject.at` is over; `null`: it is not, or the measurements support no text. */
export function endedTroubleOf(subject: Subject, on: Grounds): Sentence | null {
  const text = troubleText(subject, on)?.trouble ?? null;
  return text !== null && hasKeyOf(over, text) ? text : null;
}

function hasKeyOf(keys: ReadonlySet<string>, text: Filled): text is Sentence {
  return typeof text === 'object' && 'key' in text && keys.has(text.key);
}

function outlivedText(head: string, to: string, trouble: Sentence, on: Grounds): Sentence {
  if (on.isRepeating) return phrase('ground.repeats', { trouble, head });
  const rest = on.rest();
  if (rest.ms > 0) return phrase('ground.outlivesFor', { trouble, head, count: rest.good, span: spanTextOf(rest.ms) });
  return rest.good > 0
    ? phrase('ground.outlivesUntil', { trouble, head, count: rest.good })
    : phrase('ground.outlives', { trouble, head, to });
}

/**
 * The reason of advice that is no longer proposed. It omits how long the proposal would have stayed. The reason of
 * advice that was accepted after its trouble is the trouble, not its end. An empty object: the reason needs no change.
 * @param state  the new state of the advice
 */
export function settledReasonOf(
  { sentence, cause, from }: Pick<Advice, 'sentence' | 'cause' | 'from'>,
  state: AdviceState,
): Partial<Pick<Advice, 'reason' | 'sentence'>> {
  if (sentence == null || !(hasOutlivedCause({ sentence }) || sentence.key === 'ground.repeats')) return {};
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
 */
export function endReasonOf(decision: MoveDecision | Refused, on: Grounds): Message | null {
  const isBack = decision.kind === 'move' && decision.cause === 'failback';
  const trouble = isBack ? returnText(decision) : troubleText(subjectOf(decision), on)?.trouble;
  return trouble === undefined ? null : messageOf(phrase('ground.over', { trouble }));
}

function returnText({ at, to: { mirror }, prices }: MoveDecision): Sentence {
  const [here, there] = [prices?.from.timeMs ?? null, prices?.to.timeMs ?? null];
  const head = mirror.name;
  return here === null || there === null
    ? phrase('ground.usable', { head })
    : phrase('ground.usableAt', { head, there: timeTextOf(there), to: at.name, here: timeTextOf(here) });
}

/** The key of the trouble that a sentence states; `''`: none. */
export function troubleKeyOf(sentence: Sentence | null): string {
  const trouble = sentence?.values['trouble'];
  return typeof trouble === 'object' && 'key' in trouble ? trouble.key : '';
}

interface Wording {
  readonly trouble: Filled;
  /** The compared times; `null`: the sentence is not about times. */
  readonly apart: Apart | null;
}

function troubleText(subject: Subject, on: Grounds): Wording | null {
  const plain = plainText(subject, on);
  if (plain !== null) return { trouble: plain, apart: null };
  const { cause, at } = subject;
  const { trouble } = on;
  const head = at.name;
  if (trouble === null) return null;
  const failing =
    cause === 'slo' && trouble.kind !== 'all' ? objectiveTextOf(head, on) : failingTextOf(head, cause, on);
  if (failing !== null) return { trouble: failing, apart: null };
  const slow = slowText(subject, on);
  if (slow !== null) return slow;
  if (trouble.kind === 'share') return { trouble: shareTextOf(head, trouble, on), apart: null };
  if (isSlowness(cause) || trouble.kind !== 'none') return null;
  const since = { count: trouble.count, span: sinceTextOf(on, trouble.fromMs) };
  return { trouble: phrase('ground.recovered', { head, ...since }), apart: null };
}

/** What is wrong at the mirror to leave, if the cause alone says it; `null`: the sentence needs measurements. */
function plainText({ cause, at, to, findings: [finding], stay }: Subject, on: Grounds): Filled | null {
  const head = at.name;
  if (cause === 'mismatch')
    return phrase(finding?.cause === 'origin' ? 'ground.notOrigins' : 'ground.mismatch', { head });
  if (cause === 'lag')
    return finding === undefined
      ? phrase('ground.lag', { head })
      : (finding.sentence ?? finding.text.replace(/\.$/, ''));
  if (cause === 'failback') return failbackText(to?.name ?? head, on.leftAtMs);
  if (stay !== null && cause === 'outage' && finding === undefined) return phrase('ground.cannot', { head });
  const waitMs = on.throttledUntilMs - on.now.wallMs;
  return cause === 'refusal' && waitMs > 0 ? phrase('ground.throttles', { head, span: spanTextOf(waitMs) }) : null;
}

function failbackText(to: string, leftAtMs: number | null): Sentence {
  return leftAtMs === null
    ? phrase('ground.failback', { to })
    : phrase('ground.failbackSince', { to, at: minuteTextOf(leftAtMs) });
}

function slowText({ cause, at, to, before, prices }: Subject, { apart, usualMs, fetchMs }: Grounds): Wording | null {
  if (apart === null || to === null) return null;
  const textOf = (hereMs: number, thereMs: number) =>
    ({ head: at.name, here: timeTextOf(hereMs), to: to.name, there: timeTextOf(thereMs) }) as const;
  const times = textOf(apart.hereMs, apart.thereMs);
  const { here, there } = fetchMs;
  const leastGain = troubleKeyOf(before) === 'ground.asFast' ? leastGains.again : leastGains.first;
  const isAsCheap = prices === null && here !== null && there !== null && gain(here, there) < leastGain;
  if (isAsCheap || !isClearlySlower(apart)) {
    const compared = isAsCheap && isClearlySlower(apart) ? textOf(here, there) : times;
    return isSlowness(cause) ? { trouble: phrase('ground.asFast', compared), apart: null } : null;
  }
  if (cause === 'throughput') return { trouble: phrase('ground.throughput', times), apart };
  const hasChanged =
    usualMs === null ? troubleKeyOf(before) !== 'ground.faster' : apart.hereMs > becameSlower * usualMs;
  return { trouble: phrase(hasChanged ? 'ground.slow' : 'ground.faster', times), apart };
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
