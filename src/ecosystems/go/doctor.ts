import type { Doctor } from '../doctor.ts';
import { parseGoproxy } from './client.ts';
import { goKinds } from './doctor-kinds.ts';
import { looksPrivate } from './leaks.ts';
import { findGo, inForce } from './settings-found.ts';
import { goTraps } from './traps.ts';

/** What is wrong with the go command's settings on this machine, and what they are. */
export const doctor: Doctor = {
  kinds: goKinds,
  examine: async (surroundings) => ({ traps: goTraps(await findGo(surroundings)), untold: [] }),
  async today(surroundings) {
    const found = await findGo(surroundings);
    const shell = found.settings.find(({ name, source }) => name === 'GOPROXY' && source === 'shell') ?? null;
    const proxy = inForce(found, 'GOPROXY') ?? shell;
    const parsed = proxy === null ? null : parseGoproxy(proxy.value);
    const patterns = (['GOPRIVATE', 'GONOPROXY'] as const).flatMap(
      (name) => inForce(found, name)?.value.split(',') ?? [],
    );
    return {
      chain:
        proxy === null || parsed?.tag !== 'ok'
          ? null
          : {
              text: parsed.value.members.map(({ plain }, at) => plain + (parsed.value.separators[at] ?? '')).join(''),
              place: proxy.place,
            },
      privatePatterns: [...new Set(patterns.map((one) => one.trim()).filter((one) => one !== '' && one !== 'none'))],
    };
  },
  isUsualLock: (name) => name === 'go.sum',
  privateIn(lock) {
    const modules = new Set(lock.split('\n').map((line) => line.trim().split(/\s/, 1)[0] ?? ''));
    return [...new Set([...modules].filter(looksPrivate).map((module) => `${module.split('/', 1)[0]}/*`))];
  },
};
