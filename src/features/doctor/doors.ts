import type { EcosystemId } from '../../core/mirror.ts';
import type { Trap } from '../../core/trap.ts';
import { type KnownTraps, type Today, trapOf } from '../../ecosystems/doctor.ts';
import { registry } from '../../ecosystems/registry.ts';
import type { Say } from '../../words/words.ts';

export const doorKinds = {
  'door-unused': { severity: 'note', isFixable: false },
  'door-private': { severity: 'warning', isFixable: false },
  'door-leaks': { severity: 'error', isFixable: false },
} as const satisfies KnownTraps;

export interface KnownDoor {
  readonly ecosystem: EcosystemId;
  /** The front door's URL for clients of this ecosystem, without a trailing slash: `http://127.0.0.1:10121/go`. */
  readonly url: string;
  readonly lines: readonly string[];
}

/**
 * Finds traps in a client's current settings that concern the front door.
 * @param patterns  name patterns of private modules in the configuration
 */
export function trapsOfDoor(
  { url, lines, ecosystem }: KnownDoor,
  { chain, privatePatterns, direct = privatePatterns }: Today,
  patterns: readonly string[],
  say: Say,
): readonly Trap[] {
  const members = chain?.text.split(/[,|]/) ?? [];
  const at = members.findIndex((member) => member.replace(/(?<!\/)\/+$/, '') === url);
  const trap = (id: keyof typeof doorKinds, what: string): Trap =>
    trapOf(id, what, chain === null ? [] : [chain.place], lines);
  if (at < 0) return [trap('door-unused', say('trap.door-unused.what', { url, ecosystem }))];
  const behind = members.slice(at + 1).filter((member) => /^https?:/.test(member));
  const list = (names: readonly string[]): string => names.join(say('list.and'));
  const traps: Trap[] = [];
  const unknown = patterns.filter(
    (pattern) => registry.of(ecosystem)?.names.private?.matches(direct, pattern) !== true,
  );
  if (unknown.length > 0 && behind.length > 0)
    traps.push(trap('door-leaks', say('trap.door-leaks.what', { patterns: list(unknown), mirrors: list(behind) })));
  // Only a client with a setting for private names needs the patterns. For such a client, the front door's lines
  // contain the patterns.
  const missing = unknown.filter((pattern) => lines.some((line) => line.includes(pattern)));
  if (missing.length > 0) traps.push(trap('door-private', say('trap.door-private.what', { patterns: list(missing) })));
  return traps;
}
