import type { Chain, ChainMember, Reply, WalkEnd } from './client.ts';

/**
 * One walk from member to member, past whatever one fails with but what `isFinal` says ends it.
 * The time is what all that were asked took together.
 */
export function walkInOrder(
  chain: Chain,
  replyOf: (member: ChainMember) => Reply,
  isFinal: (reply: Extract<Reply, { tag: 'failed' | 'gone' }>) => boolean = () => false,
): WalkEnd {
  let tookMs = 0;
  for (const [at, member] of chain.members.entries()) {
    const reply = replyOf(member);
    if (reply.tag === 'unknown') return { tag: 'unknown', at };
    tookMs += reply.tookMs;
    if (reply.tag === 'ok') return { tag: 'ok', at, tookMs };
    if (isFinal(reply)) return { tag: 'failed', at };
  }
  return { tag: 'failed', at: chain.members.length - 1 };
}
