import type { Doctor } from '../doctor.ts';
import { pypiKinds } from './doctor-kinds.ts';
import { findPypi } from './settings-found.ts';
import { pypiTraps } from './traps.ts';

/** What is wrong with the settings of pip and uv on this machine. */
export const doctor: Doctor = {
  kinds: pypiKinds,
  examine: async (surroundings) => ({ traps: pypiTraps(await findPypi(surroundings)), untold: [] }),
};
