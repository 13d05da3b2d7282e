import type { WorldChain } from '../world.ts';

const tails = new Set(['direct', 'off']);

/** Parses the text of a chain, such as `a,b|direct`. An empty text gives a chain without members. */
export function chainOf(text: string): WorldChain {
  const members = text.split(/[,|]/).map((word) => word.trim());
  const separators = [...text].filter((sign) => sign === ',' || sign === '|');
  return { members: members.filter((word) => word !== ''), separators };
}

/** The text of a chain, such as `a,b|direct`. Equal chains have equal texts. */
export function chainText(chain: WorldChain): string {
  return chain.members.map((member, place) => `${member}${chain.separators[place] ?? ''}`).join('');
}

/** True for a member that is no mirror: `direct` (version control) or `off` (nothing). */
export function isTail(member: string): boolean {
  return tails.has(member);
}

/**
 * The declared chain with `head` first, without other mirrors that `isFailing`. It is unchanged if `head` is first
 * already. Separators keep their places, counted from the end. A longer chain repeats its first separator (`,` if it
 * has none).
 * @see docs/decisions/0002-dead-mirrors-leave-the-advised-chain.md
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
