import { table } from '../../../support/table.ts';
import type { TrapRow } from './machine.ts';

/** Traps of apt's settings. */
export const aptRows = table<readonly TrapRow[]>('unit/features/doctor/rows-apt', 'aptRows');
