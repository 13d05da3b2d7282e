import type { Chain, ChainMember, Separator } from '../ecosystems/client.ts';

/**
 * True if clients request from another mirror after most failures of the chain's first member. `off` serves
 * nothing. `direct` (the origin servers of Go modules, or the registry of images) often cannot be reached where mirrors
 * are needed, so it counts like `off`.
 */
export function isPassedOver(chain: Chain | null): boolean {
  return chain?.separators[0] === '|' && chain.members[1]?.kind === 'url';
}

/**
 * The declared chain with `to` first, and without members whose key is in `dropped`. Separators keep their places,
 * counted from the end.
 * @see docs/decisions/0002-dead-mirrors-leave-the-advised-chain.md
 */
export function buildAdvisedChain(declared: Chain, to: ChainMember, dropped: ReadonlySet<string>): Chain {
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
 * Sorts the members behind the first by cost. A member moves up only if it costs at least `minGain` (a share) less than
 * the member before it. Members without a cost and all separators keep their places.
 * @param costOf  the cost of a member, in any unit; `null`: not known
 */
export function sortByCost(chain: Chain, costOf: (member: ChainMember) => number | null, minGain: number): Chain {
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
