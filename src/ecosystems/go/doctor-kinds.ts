import type { KnownTraps } from '../doctor.ts';

/** Traps of the go command's settings. */
export const goKinds = {
  'go-env-shadowed': { severity: 'warning', isFixable: true },
  'go-shells-differ': { severity: 'warning', isFixable: false },
  'go-direnv-differs': { severity: 'note', isFixable: false },
  'go-proxy-malformed': { severity: 'error', isFixable: false },
  'go-proxy-unreached': { severity: 'warning', isFixable: true },
  'go-proxy-off': { severity: 'warning', isFixable: true },
  'go-proxy-direct': { severity: 'note', isFixable: false },
  'go-direct-missing': { severity: 'warning', isFixable: true },
  'go-sumdb-off': { severity: 'error', isFixable: true },
  'go-sumdb-skipped': { severity: 'error', isFixable: true },
  'go-insecure': { severity: 'error', isFixable: true },
  'go-private-leaks': { severity: 'error', isFixable: true },
} as const satisfies KnownTraps;
