import type { Doctor } from '../doctor.ts';
import { goKinds } from './doctor-kinds.ts';
import { findGo } from './settings-found.ts';
import { goTraps } from './traps.ts';

/** What is wrong with the go command's settings on this machine. */
export const doctor: Doctor = {
  kinds: goKinds,
  examine: async (surroundings) => ({ traps: goTraps(await findGo(surroundings)), untold: [] }),
};
