import type { Doctor } from '../doctor.ts';
import { pypiKinds } from './doctor-kinds.ts';
import { findPypi, inOrder } from './settings-found.ts';
import { plain, pypiTraps } from './traps.ts';

/** What is wrong with the settings of pip and uv on this machine, and what they are. */
export const doctor: Doctor = {
  kinds: pypiKinds,
  examine: async (surroundings) => ({ traps: pypiTraps(await findPypi(surroundings)), untold: [] }),
  async today(surroundings) {
    const found = await findPypi(surroundings);
    const [index] = [...inOrder(found, 'pip', 'index-url'), ...inOrder(found, 'uv', 'default-index')];
    return {
      chain: index === undefined ? null : { text: plain(index.values[0]), place: index.place },
      privatePatterns: [],
    };
  },
  isUsualLock: (name) => name === 'uv.lock' || name === 'poetry.lock' || /^requirements([.-][\w.-]+)?\.txt$/.test(name),
};
