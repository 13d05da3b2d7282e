import type { Doctor } from '../doctor.ts';
import { ociKinds } from './doctor-kinds.ts';
import { findOci } from './settings-found.ts';
import { ociTraps } from './traps.ts';

/** What is wrong with the settings of containerd, Docker and podman on this machine. */
export const doctor: Doctor = {
  kinds: ociKinds,
  examine: async ({ machine }) => ({ traps: ociTraps(await findOci(machine)), untold: [] }),
};
