import type { Doctor } from '../doctor.ts';
import { npmKinds } from './doctor-kinds.ts';
import { findNpm } from './settings-found.ts';
import { npmTraps } from './traps.ts';

/** What is wrong with the settings of npm, pnpm and yarn on this machine. */
export const doctor: Doctor = {
  kinds: npmKinds,
  examine: async (surroundings) => ({ traps: npmTraps(await findNpm(surroundings)), untold: [] }),
};
