import type { Doctor } from '../doctor.ts';
import { aptTraps } from './apt-traps.ts';
import { aptKinds } from './doctor-kinds.ts';

/** What is wrong with apt's settings on this machine. Its lines are set by the profile's remedy, never by us. */
export const doctor: Doctor = {
  kinds: aptKinds,
  examine: async ({ machine }, say) => ({ traps: await aptTraps(machine, say), untold: [] }),
  today: async () => ({ chain: null, privatePatterns: [] }),
  settle: async () => null,
  isUsualLock: () => false,
};
