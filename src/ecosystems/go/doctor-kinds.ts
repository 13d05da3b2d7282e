import type { TrapKinds } from '../../core/trap.ts';

/** Traps of the go command's settings. */
export const goKinds = {
  'go-env-shadowed': {
    severity: 'warning',
    title: 'A variable shadows what `go env -w` wrote',
    causes: 'The value in the go settings file has no effect, and whoever changes it there wonders why.',
    isFixable: true,
  },
  'go-shells-differ': {
    severity: 'warning',
    title: 'Files of shells set one Go variable to different values',
    causes: 'A build in a terminal, in an editor and in a job each use other mirrors.',
    isFixable: false,
  },
  'go-direnv-differs': {
    severity: 'note',
    title: "direnv's file of the project sets another value than the user's own",
    causes:
      'Builds inside the folder go another way than those outside it, and those of editors that do not know direnv.',
    isFixable: false,
  },
  'go-proxy-malformed': {
    severity: 'error',
    title: 'GOPROXY holds what is no list of proxies',
    causes: 'The go command fails, or takes several proxies for one.',
    isFixable: false,
  },
  'go-proxy-unreached': {
    severity: 'warning',
    title: 'Proxies stand behind `direct` or `off`',
    causes: 'They are never asked: both words end the list.',
    isFixable: true,
  },
  'go-direct-missing': {
    severity: 'warning',
    title: 'GOPROXY ends with a proxy',
    causes:
      'A module that the proxies lack ends the build, although its own server has it. Where that is meant, `off` says so.',
    isFixable: true,
  },
  'go-sumdb-off': {
    severity: 'error',
    title: 'The checksum database is off',
    causes: 'What a mirror serves for a module that go.sum does not hold yet is believed unchecked.',
    isFixable: true,
  },
  'go-sumdb-skipped': {
    severity: 'error',
    title: 'A pattern takes public modules out of the checksum database',
    causes: 'Public modules are believed unchecked, as with GOSUMDB=off.',
    isFixable: true,
  },
  'go-insecure': {
    severity: 'error',
    title: 'Modules are fetched without TLS or without checking the certificate',
    causes: 'Anybody on the way can put other code in their place.',
    isFixable: true,
  },
  'go-private-leaks': {
    severity: 'error',
    title: 'Private module paths are told to others',
    causes:
      'Their names are asked of a public mirror or of the checksum database, past any separator; whoever reads the logs there knows them.',
    isFixable: true,
  },
} as const satisfies TrapKinds;
