import { table } from '../../../support/table.ts';
import type { TrapRow } from './machine.ts';

/** Traps of the variables that name a proxy. */
export const proxyRows = table<readonly TrapRow[]>('unit/features/doctor/rows-proxies', 'proxyRows');
