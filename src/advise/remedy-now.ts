import { hasOutlivedCause, type RemedyNow } from '../core/advice.ts';
import type { Group } from './group.ts';

/**
 * What clients of an upstream should have configured now: the chain of the proposed or accepted advice. `nothing`: no
 * change of their configuration is advised.
 */
export function remedyOf(group: Group, suspect: boolean): RemedyNow {
  const open = group.open?.advice ?? null;
  // A proposal stays in force while our network is suspect, because its withdrawal would make clients switch again.
  const advice = open?.state === 'proposed' ? open : (group.accepted?.advice ?? null);
  if (advice !== null) {
    const isOver = advice.state === 'proposed' && hasOutlivedCause(advice);
    return { kind: 'set', chain: advice.chain.after, advice, remedy: advice.remedy, isOver };
  }
  return { kind: 'nothing', state: suspect ? 'suspect' : open?.state === 'refused' ? 'refused' : 'right' };
}
