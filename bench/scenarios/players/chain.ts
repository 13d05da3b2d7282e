import type { WorldChain } from '../world.ts';

const tails = new Set(['direct', 'off']);

/** The chain that a text such as `a,b|direct` says. An empty text is a chain without members. */
export function chainOf(text: string): WorldChain {
  const members = text.split(/[,|]/).map((word) => word.trim());
  const separators = [...text].filter((sign) => sign === ',' || sign === '|');
  return { members: members.filter((word) => word !== ''), separators };
}

/** The text of a chain: `a,b|direct`. The same for chains that are the same. */
export function chainText(chain: WorldChain): string {
  return chain.members.map((member, place) => `${member}${chain.separators[place] ?? ''}`).join('');
}

/** True where the walk leaves the mirrors: version control (`direct`), or nothing (`off`). */
export function isTail(member: string): boolean {
  return tails.has(member);
}

/**
 * The chain with `head` preferred: `head`, the other declared mirrors in order without those that `isFailing`, the tail.
 * Separators stay with their places counted from the end; a chain that grows repeats its first one (`,` where it has none).
 * @see docs/decisions/0002-advised-chain.md
 */
export function chainBehind(declared: WorldChain, head: string, isFailing: (member: string) => boolean): WorldChain {
  if (declared.members[0] === head) return declared;
  const kept = declared.members.filter((member) => member !== head && (isTail(member) || !isFailing(member)));
  const members = [head, ...kept];
  const first = declared.separators[0] ?? ',';
  const surplus = declared.separators.length - (members.length - 1);
  const separators = members.slice(1).map((_, place) => declared.separators[place + surplus] ?? first);
  return { members, separators };
}
