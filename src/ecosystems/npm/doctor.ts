import type { Doctor } from '../doctor.ts';
import { npmKinds } from './doctor-kinds.ts';
import { npmLocks } from './locks.ts';
import { findNpm, placesOfKey } from './settings-found.ts';
import { npmTraps, plainUrl } from './traps.ts';

/** What is wrong with the settings of npm, pnpm and yarn on this machine, and what they are. */
export const doctor: Doctor = {
  kinds: npmKinds,
  examine: async (surroundings) => ({ traps: npmTraps(await findNpm(surroundings)), untold: [] }),
  async today(surroundings) {
    const found = await findNpm(surroundings);
    const [registry] = placesOfKey(found, 'registry');
    const scopes = found.settings.flatMap(({ key }) => /^(@[^:]+):registry$/.exec(key)?.[1] ?? []);
    return {
      chain: registry === undefined ? null : { text: plainUrl(registry.value), place: registry.place },
      privatePatterns: [...new Set(scopes)].map((scope) => `${scope}/*`),
    };
  },
  isUsualLock: (name) => npmLocks.isLock(name),
};
