import { table } from '../../../support/table.ts';
import type { TrapRow } from './machine.ts';

/** Traps of clients beside the configured front door. */
export const doorRows = table<readonly TrapRow[]>('unit/features/doctor/rows-doors', 'doorRows');
