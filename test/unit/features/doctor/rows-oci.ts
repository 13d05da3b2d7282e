import { table } from '../../../support/table.ts';
import type { TrapRow } from './machine.ts';

/** Traps of the settings of containerd, Docker and podman. */
export const ociRows = table<readonly TrapRow[]>('unit/features/doctor/rows-oci', 'ociRows');
