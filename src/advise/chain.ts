import type { Chain, ChainMember, Separator } from '../ecosystems/client.ts';

/**
 * The declared chain with `to` first: the other members stay behind it in their order, those in `dropped` (by key) go,
 * the tail (`direct`, `off`) stays. Separators keep their places counted from the end, so what stands before the tail
 * is never loosened; a chain that grows repeats its first separator, and one without any takes `,`, the strict one.
 * @see docs/decisions/0002-advised-chain.md
 */
export function advisedChain(declared: Chain, to: ChainMember, dropped: ReadonlySet<string>): Chain {
  const own = declared.members.find((member) => member.key === to.key) ?? to;
  const rest = declared.members.filter(
    (member) => member.key !== to.key && (member.kind !== 'url' || !dropped.has(member.key)),
  );
  const members = [own, ...rest];
  const wanted = members.length - 1;
  const first: Separator = declared.separators[0] ?? ',';
  const missing = Math.max(0, wanted - declared.separators.length);
  const padded = [...Array.from({ length: missing }, () => first), ...declared.separators];
  return { members, separators: padded.slice(padded.length - wanted) };
}

/**
 * The chain with what stands behind its first member in the order of what a fetch costs there: one goes before its
 * neighbour where it costs at least `minGain` less; else the user's order stays. Who was not measured, and the tail, keep
 * their places, and so do separators.
 * @param costOf  of a member, in any unit; `null`: not measured, or no mirror
 */
export function inCostOrder(chain: Chain, costOf: (member: ChainMember) => number | null, minGain: number): Chain {
  const members = [...chain.members];
  const costs = members.map(costOf);
  for (let end = members.length - 1; end > 1; end -= 1) {
    for (let at = 1; at < end; at += 1) {
      const [one, other] = [members[at], members[at + 1]];
      const [here, next] = [costs[at] ?? null, costs[at + 1] ?? null];
      if (one === undefined || other === undefined || here === null || next === null) continue;
      if (next > (1 - minGain) * here) continue;
      members.splice(at, 2, other, one);
      costs.splice(at, 2, next, here);
    }
  }
  return { ...chain, members };
}
