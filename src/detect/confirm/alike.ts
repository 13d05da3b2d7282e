import type { MirrorMemory } from '../memory/mirror-memory.ts';
import type { RuleView } from '../memory/rule.ts';
import { unitsOf } from './vantage.ts';
import { witnessPlaceOf } from './witness.ts';

/**
 * The units over one egress. A unit is a group of mirrors on one host or in one network; egress is a network path out of
 * this host. `troubled`: those in which each mirror has the same trouble.
 */
export interface Units {
  readonly troubled: number;
  readonly all: number;
}

/** Trouble of fewer other units may be chance, so it shows nothing about our own network. */
export const othersMin = 2;

/**
 * Counts the units over an egress.
 * @param troubleOf  whether a mirror has the trouble; `null`: not known, so the mirror is left out
 * @param except     a mirror whose whole unit is left out
 */
export function countUnits(
  view: RuleView,
  egress: string,
  troubleOf: (mirror: MirrorMemory) => boolean | null,
  except: MirrorMemory | null,
): Units {
  const known = new Map<string, boolean>();
  const members: MirrorMemory[] = [];
  for (const mirror of view.mirrors.values()) {
    const isTroubled = mirror.egress === egress && mirror !== except ? troubleOf(mirror) : null;
    if (isTroubled === null && mirror !== except) continue;
    members.push(mirror);
    if (isTroubled !== null) known.set(mirror.mirror.name, isTroubled);
  }
  // Grouping takes long, and most of the time no mirror has the trouble.
  if ([...known.values()].filter(Boolean).length < othersMin) return { troubled: 0, all: known.size };
  const units = unitsOf(members.map(witnessPlaceOf))
    .filter((names) => except === null || !names.includes(except.mirror.name))
    .map((names) => names.every((name) => known.get(name) === true));
  return { troubled: units.filter(Boolean).length, all: units.length };
}

/** True if at least two thirds of the other units, and at least `othersMin`, have a mirror's trouble too. */
export function isShared({ troubled, all }: Units): boolean {
  return troubled >= othersMin && 3 * troubled >= 2 * all;
}
