import { limits } from '../core/limits.ts';
import type { Sentence, Told } from '../core/sentence.ts';
import { phrase, toldOf } from '../words/tell.ts';
import { type BypassDecision, withoutBypass } from './bypass.ts';
import { type Decision, upstreamFaults } from './decide.ts';
import type { View } from './view.ts';

type Refused = Extract<Decision, { kind: 'refuse' }>;

/** Why the client's own switch is proposed, or is to be taken back. */
export function bypassSaid(view: View, decision: BypassDecision): Told {
  const { at, findings, refusal } = decision;
  const said = { head: at.name, bypass: decision.bypass.setting };
  if (refusal === null) return toldOf(phrase('ground.bypassOver', said));
  const { client } = decision.bypass;
  const why = { cause: findings[0]?.cause ?? '', refusal: refusalOf(view, { ...decision, refusal }) };
  return toldOf(phrase('ground.bypass', { ...said, client, ...why }));
}

/** Why no other mirror is advised, and that the clients have no switch, where one would help. */
export function refusalSaid(view: View, decision: Refused): Sentence {
  const refusal = refusalOf(view, decision);
  const clients = withoutBypass(view, decision.at, decision.findings);
  return clients.length === 0 ? refusal : phrase('ground.noBypass', { refusal, clients: [...clients] });
}

function refusalOf(view: View, decision: Pick<Refused, 'refusal' | 'weighed' | 'at'>): Sentence {
  switch (decision.refusal) {
    case 'vantage_suspect':
      return phrase('ground.us');
    case 'shared_fate': {
      const names = upstreamFaults(view);
      return phrase('ground.upstream', { count: names.length, names: names.join(', ') });
    }
    case 'nothing_measured':
      return phrase('ground.unmeasured', { good: limits.measuredOk, paces: limits.measuredPaces });
    case 'no_candidate': {
      const others = decision.weighed.filter((one) => one.mirror !== decision.at);
      if (others.length === 0) return phrase('ground.alone', { upstream: view.group.upstream });
      const named = others.map((one) => `${one.mirror.name}: ${one.gate}`).join(', ');
      return phrase('ground.ruledOut', { others: named });
    }
    default:
      return decision.refusal satisfies never;
  }
}
