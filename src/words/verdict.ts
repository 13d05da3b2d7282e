import type { Failback, NoAdvice, NoAdviceLists } from '../core/advice.ts';
import type { Message, Sentence } from '../core/result.ts';
import type { Blocker, Stay, UpstreamVerdict } from '../core/verdict.ts';
import { minuteTextOf } from '../core/views.ts';
import { messageFor, phrase } from './tell.ts';
import { secondsText } from './time-words.ts';

/** Heads with a fault that clients are not advised to leave, and why, by the kind of reason. */
export function noAdviceOf(verdicts: readonly UpstreamVerdict[]): NoAdviceLists {
  const listBy = (kind: Stay['kind']): readonly NoAdvice[] =>
    verdicts.flatMap(({ ecosystem, upstream, head, stay }) =>
      head === null || stay?.kind !== kind
        ? []
        : [{ ecosystem, upstream, registry: head, ...stayMessageOf(head, stay) }],
    );
  return { passedOver: listBy('passed_over'), waiting: listBy('waiting'), dismissed: listBy('dismissed') };
}

/** Why clients stay with the mirror `from`, which has a fault. */
export function stayMessageOf(from: string, stay: Stay): Message & { readonly sentence: Sentence } {
  if (stay.kind === 'passed_over')
    return messageFor('advice.passedOver', { from, time: secondsText(stay.lostSeconds) });
  if (stay.kind === 'waiting') return messageFor('advice.waiting', { from, hold: secondsText(stay.holdMs / 1000) });
  const why = phrase(`advice.cause.${stay.cause}`, { from });
  return messageFor('advice.muted', { from, to: stay.to, until: minuteTextOf(stay.untilMs), why });
}

/** Why clients that follow this accepted advice do not go back yet; `null`: another advice, or nothing is to be said. */
export function failbackOf(verdicts: readonly UpstreamVerdict[], adviceId: string): Failback | null {
  const verdict = verdicts.find(({ advice }) =>
    advice.some(({ id, state }) => id === adviceId && state === 'accepted'),
  );
  if (verdict?.home == null || verdict.back === null) return null;
  const { home, head, back } = verdict;
  return { registry: home, ...messageFor('failback.no', { home, why: blockerText(back, head ?? '') }) };
}

/**
 * Why no switch to a mirror is advised, as a clause.
 * @param head  the mirror in use
 */
export function blockerText(blocker: Blocker, head: string): Sentence {
  switch (blocker.kind) {
    case 'own_network':
      return phrase('ground.us');
    case 'gate':
      if (blocker.lacks !== undefined) return phrase('blocker.lacks', { what: blocker.lacks.join(', ') });
      return blocker.why ?? phrase(`gate.${blocker.gate}`);
    case 'dismissed':
      return phrase('failback.dismissed', { at: minuteTextOf(blocker.untilMs) });
    case 'evidence':
      return blocker.sum === null || blocker.bound === null
        ? phrase('blocker.uncompared')
        : phrase('blocker.evidence', { sum: blocker.sum.toFixed(1), bound: blocker.bound.toFixed(1) });
    case 'spell':
      return phrase('blocker.spell', { head, hold: secondsText(blocker.holdMs / 1000) });
    case 'cheaper':
      return phrase('blocker.cheaper', { than: blocker.than });
    case 'dearer':
      return phrase('failback.dearer', { at: head });
    case 'home':
      return blocker.obstacle === 'responses'
        ? phrase('failback.responses', { count: blocker.good })
        : phrase(`failback.${blocker.obstacle}`, { at: head });
    case 'failing':
      return phrase('failback.failing');
    case 'in_doubt':
      return phrase('blocker.in_doubt', { head });
    case 'downloads':
      return phrase('blocker.downloads');
    default:
      return blocker satisfies never;
  }
}
