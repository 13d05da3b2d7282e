import { join } from 'node:path';
import { placeText } from '../../core/trap.ts';
import type { Doctor } from '../doctor.ts';
import { oneWord, present, withLines } from '../settle.ts';
import { registryMistake } from './chain.ts';
import { npmKinds } from './doctor-kinds.ts';
import { npmLocks } from './locks.ts';
import { findNpm, placesOfKey, userFile } from './settings-found.ts';
import { npmTraps, plainUrl } from './traps.ts';

/** What is wrong with the settings of npm, pnpm and yarn on this machine, and what they are. */
export const doctor: Doctor = {
  kinds: npmKinds,
  examine: async (surroundings, say) => ({ traps: npmTraps(await findNpm(surroundings), say), untold: [] }),
  async today(surroundings) {
    const found = await findNpm(surroundings);
    const [registry] = placesOfKey(found, 'registry');
    const scopes = found.settings.flatMap(({ key }) => /^(@[^:]+):registry$/.exec(key)?.[1] ?? []);
    return {
      chain:
        registry === undefined ? null : { text: plainUrl(registry.value), place: registry.place, isDefault: false },
      privatePatterns: [...new Set(scopes)].map((scope) => `${scope}/*`),
    };
  },
  async authority({ machine, ...surroundings }) {
    const { settings, scopes } = await findNpm({ machine, ...surroundings });
    const variable = 'NODE_EXTRA_CA_CERTS';
    const named = settings.find(({ key }) => key === 'cafile' || key === 'ca' || key === 'ca[]');
    const file = machine.env[variable] ?? '';
    const isProject = (await machine.read(join(machine.cwd, 'package.json'))).tag === 'ok';
    const set = file !== '' ? { file, place: { variable } } : named && { file: named.value, place: named.place };
    return { variable, isUsed: isProject || scopes.length > 0 || settings.length > 0, set: set ?? null };
  },
  async settle(surroundings, remedy, say) {
    const url = oneWord(remedy['npm_config_registry']);
    if (url === null || registryMistake(url) !== null) return null;
    const { machine } = surroundings;
    const found = await findNpm(surroundings);
    const above = placesOfKey(found, 'registry').filter(({ level }) => level === 'environment' || level === 'project');
    const yarn = join(machine.home, '.yarnrc.yml');
    const hasYarn = (await machine.read(yarn)).tag === 'ok';
    return {
      changes: present([
        await withLines(machine, userFile(machine), [{ line: `registry=${url}`, pattern: /^\s*registry\s*=/ }]),
        hasYarn
          ? await withLines(machine, yarn, [{ line: `npmRegistryServer: "${url}"`, pattern: /^npmRegistryServer:/ }])
          : null,
      ]),
      notes: above
        .filter(({ value }) => plainUrl(value) !== plainUrl(url))
        .map(({ place }) => say('settle.wins', { key: 'registry', place: placeText(place) })),
    };
  },
  isUsualLock: (name) => npmLocks.isLock(name),
};
