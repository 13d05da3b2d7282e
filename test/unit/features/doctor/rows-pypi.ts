import { table } from '../../../support/table.ts';
import type { TrapRow } from './machine.ts';

/** Traps of the settings of pip and uv. */
export const pypiRows: readonly TrapRow[] = table('unit/features/doctor/rows-pypi', 'pypiRows');
