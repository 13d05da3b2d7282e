import type { TrapKinds } from '../../core/trap.ts';

/** Traps of the settings of npm, pnpm and yarn. */
export const npmKinds = {
  'npm-registry-shadowed': {
    severity: 'warning',
    title: 'Several places name a registry, and they differ',
    causes: 'Only the first counts; whoever changes another one wonders why nothing happens.',
    isFixable: false,
  },
  'npm-registry-plain': {
    severity: 'warning',
    title: 'The registry speaks plain HTTP',
    causes: 'Anybody on the way reads tokens, and changes what no lock file holds a hash of.',
    isFixable: false,
  },
  'npm-clients-differ': {
    severity: 'warning',
    title: 'npm and yarn are told different registries in one project',
    causes:
      'A lock file of the one names hosts that the other never asks; advice for the one does not reach the other.',
    isFixable: false,
  },
  'npm-tls-off': {
    severity: 'error',
    title: 'Certificates are not checked',
    causes: 'Anybody on the way can stand in for the registry, and gets the tokens.',
    isFixable: true,
  },
  'npm-auth-unscoped': {
    severity: 'error',
    title: 'Credentials that name no registry',
    causes: 'Older npm sends them to whatever registry is set, a mirror too; newer ones refuse the file.',
    isFixable: true,
  },
  'npm-auth-elsewhere': {
    severity: 'note',
    title: 'Credentials of a registry that is not in use',
    causes: 'They are not sent. Where the registry was changed, its own are missing.',
    isFixable: false,
  },
  'npm-scope-leaks': {
    severity: 'error',
    title: 'A private scope has no registry of its own',
    causes: 'Its names are asked of the public registry, and whoever takes the name there is installed.',
    isFixable: false,
  },
  'npm-scope-of-user': {
    severity: 'note',
    title: "A scope's registry stands in the user's file alone",
    causes: 'On any other machine the same project asks the public registry for these names.',
    isFixable: false,
  },
} as const satisfies TrapKinds;
