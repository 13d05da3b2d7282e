import type { AuthorityCost, Cost, Facts, Signature } from '../core/transcript.ts';
import { type Say, sayNamed } from './words.ts';

/** Formats a signature's state, with the key, if there is one, in parentheses. */
export function formatSignature({ state, key }: Signature, say: Say): string {
  const words = say(`signature.${state}`);
  return key === null ? words : `${words} (${key})`;
}

/** Formats what clients lose at a mirror without a capability; empty for an unknown one. */
export function capabilityLoss(name: string, say: Say): string {
  return sayNamed(say, `capability.${name}`) ?? '';
}

/**
 * Formats what verification at an authority (such as a checksum database) costs a client: through the mirror, if the
 * mirror relays requests to the authority, and directly.
 */
export function formatCost({ relayed, direct }: AuthorityCost, say: Say): string {
  const words = ({ requests, ms }: Cost) => ({ requests, time: `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` });
  return [
    relayed === null ? say('fact.noRelay') : say('fact.byRelay', words(relayed)),
    direct === null ? say('fact.notDirect') : say('fact.direct', words(direct)),
    say('fact.off'),
  ].join(say('list.also'));
}

/**
 * Formats the lag of a checksum database as a mirror relays it: how many records it is behind the original database.
 * `null`: no request was sent to the original database.
 */
export function formatAuthority({ authority, treeHead }: Facts, say: Say): string | null {
  if (authority === undefined) return null;
  const { size } = authority;
  if (size === null) return say('fact.unreached');
  if (treeHead === undefined) return say('fact.relayUnknown', { size });
  const behind = size - treeHead.size;
  return behind > 0 ? say('fact.relayBehind', { size, behind }) : say('fact.relayLevel', { size });
}
