import type { Chain, ChainMember, Separator } from './clients/client.ts';

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
