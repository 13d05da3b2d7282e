import type { KnownTraps } from '../doctor.ts';

/** Traps of the settings of npm, pnpm and yarn. */
export const npmKinds = {
  'npm-registry-shadowed': { severity: 'warning', isFixable: false },
  'npm-registry-plain': { severity: 'warning', isFixable: false },
  'npm-clients-differ': { severity: 'warning', isFixable: false },
  'npm-pnpm-differ': { severity: 'warning', isFixable: false },
  'npm-tls-off': { severity: 'error', isFixable: true },
  'npm-auth-unscoped': { severity: 'error', isFixable: true },
  'npm-auth-elsewhere': { severity: 'note', isFixable: false },
  'npm-scope-leaks': { severity: 'error', isFixable: false },
  'npm-scope-of-user': { severity: 'note', isFixable: false },
} as const satisfies KnownTraps;
