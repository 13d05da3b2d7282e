import type { Trap } from '../../core/trap.ts';
import type { Authority, KnownTraps } from '../../ecosystems/doctor.ts';
import type { Say } from '../../words/say.ts';

/** Traps of certificate authorities that are configured for one client but not for another. */
export const authorityKinds = {
  'ca-missing': { severity: 'warning', isFixable: false },
} as const satisfies KnownTraps;

/** Clients in use that lack an authority which is configured for others. */
export function authorityTraps(all: readonly Authority[], say: Say): readonly Trap[] {
  const told = all.find(({ set }) => set !== null);
  if (told === undefined || told.set === null) return [];
  const { file, place } = told.set;
  return all.flatMap(({ variable, isUsed, set }): Trap[] => {
    if (set !== null || !isUsed) return [];
    const what = say('trap.ca-missing.what', { file, variable });
    return [{ id: 'ca-missing', what, where: [place], set: [`export ${variable}=${file}`], edits: [] }];
  });
}
