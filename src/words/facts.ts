import type { AuthorityCost, Cost } from '../core/authority-cost.ts';
import type { Signature } from '../core/signature.ts';
import type { Facts } from '../core/transcript.ts';
import type { Say } from './words.ts';

/** One sentence; what is not verified never sounds fine. Whose key it is stays as it is. */
export function formatSignature({ state, key }: Signature, say: Say): string {
  const words = say(`signature.${state}`);
  return key === null ? words : `${words} (${key})`;
}

/** What an authority costs a client, both ways. */
export function formatCost({ relayed, direct }: AuthorityCost, say: Say): string {
  const words = ({ requests, ms }: Cost) => ({ requests, time: `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` });
  return [
    relayed === null ? say('fact.noRelay') : say('fact.byRelay', words(relayed)),
    direct === null ? say('fact.notDirect') : say('fact.direct', words(direct)),
    say('fact.off'),
  ].join(say('list.also'));
}

/** How a relay stands to the authority behind it; `null`: the authority was not asked itself. */
export function formatAuthority({ authority, treeHead }: Facts, say: Say): string | null {
  if (authority === undefined) return null;
  const { size } = authority;
  if (size === null) return say('fact.unreached');
  const behind = treeHead === undefined ? 0 : size - treeHead.size;
  return behind > 0 ? say('fact.relayBehind', { size, behind }) : say('fact.relayLevel', { size });
}
