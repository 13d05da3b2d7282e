import type { KnownTraps } from '../doctor.ts';

/** Traps of the settings of pip and uv. */
export const pypiKinds = {
  'pip-index-shadowed': { severity: 'warning', isFixable: false },
  'pip-extra-index': { severity: 'error', isFixable: false },
  'pip-trusted-host': { severity: 'error', isFixable: true },
  'pip-index-plain': { severity: 'warning', isFixable: false },
  'pip-uv-differ': { severity: 'note', isFixable: false },
  'uv-index-shadowed': { severity: 'warning', isFixable: false },
  'uv-unsafe-strategy': { severity: 'error', isFixable: true },
  'uv-insecure-host': { severity: 'error', isFixable: true },
} as const satisfies KnownTraps;
