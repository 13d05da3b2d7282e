import { table } from '../../../support/table.ts';
import type { TrapRow } from './machine.ts';

/** Traps of the go command's settings. */
export const goRows = table<readonly TrapRow[]>('unit/features/doctor/rows-go', 'goRows');
