import type { TrapKinds } from '../../core/trap.ts';

/** Traps of the settings of pip and uv. */
export const pypiKinds = {
  'pip-index-shadowed': {
    severity: 'warning',
    title: 'Several places name an index for pip, and they differ',
    causes: 'Only the first counts; whoever changes another one wonders why nothing happens.',
    isFixable: false,
  },
  'pip-extra-index': {
    severity: 'error',
    title: 'pip merges several indexes',
    causes:
      'For each name it takes the best version of all of them: whoever uploads your private name with a high version is installed (dependency confusion).',
    isFixable: false,
  },
  'pip-trusted-host': {
    severity: 'error',
    title: 'pip does not check certificates of a host',
    causes: 'Anybody on the way can stand in for the index.',
    isFixable: true,
  },
  'pip-index-plain': {
    severity: 'warning',
    title: 'An index speaks plain HTTP',
    causes: 'pip and uv refuse it unless it is named as trusted, and then anybody on the way can change what comes.',
    isFixable: false,
  },
  'pip-uv-differ': {
    severity: 'note',
    title: 'pip and uv are told different indexes',
    causes: 'Neither reads the settings of the other: advice for one does not reach the other.',
    isFixable: false,
  },
  'uv-index-shadowed': {
    severity: 'warning',
    title: 'Several places name a default index for uv, and they differ',
    causes: 'Only the first counts; UV_INDEX_URL is the old name and loses to UV_DEFAULT_INDEX.',
    isFixable: false,
  },
  'uv-unsafe-strategy': {
    severity: 'error',
    title: 'uv merges several indexes',
    causes: 'With unsafe-best-match it takes the best version of all indexes, as pip does: dependency confusion.',
    isFixable: true,
  },
  'uv-insecure-host': {
    severity: 'error',
    title: 'uv does not check certificates of a host',
    causes: 'Anybody on the way can stand in for the index.',
    isFixable: true,
  },
} as const satisfies TrapKinds;
