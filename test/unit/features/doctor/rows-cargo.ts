import { table } from '../../../support/table.ts';
import type { TrapRow } from './machine.ts';

/** Traps of the settings of cargo. */
export const cargoRows: readonly TrapRow[] = table('unit/features/doctor/rows-cargo', 'cargoRows');
