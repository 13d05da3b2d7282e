import type { KnownTraps } from '../doctor.ts';

/** Traps of apt's settings. */
export const aptKinds = {
  'apt-unverified': { severity: 'error', isFixable: false },
  'apt-key-missing': { severity: 'error', isFixable: false },
  'apt-key-unnamed': { severity: 'note', isFixable: false },
  'apt-list-missing': { severity: 'error', isFixable: false },
  'apt-secret-in-source': { severity: 'warning', isFixable: false },
  'apt-auth-readable': { severity: 'error', isFixable: false },
  'apt-proxy-differs': { severity: 'warning', isFixable: false },
} as const satisfies KnownTraps;
