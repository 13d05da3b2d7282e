import type { TrapRow } from './machine.ts';

const goenv = '~/.config/go/env';
const list = 'https://mirror.example.com,direct';

/** Traps of the go command's settings. */
export const goRows: readonly TrapRow[] = [
  {
    name: 'a variable shadows go env -w',
    files: {
      [goenv]: `GOPROXY=${list}\nGOFLAGS=-mod=mod\n`,
      '~/.bashrc': 'export GOPROXY=https://other.example.com,direct\n',
    },
    env: { GOPROXY: 'https://other.example.com,direct' },
    id: 'go-env-shadowed',
    where: ['$GOPROXY', '~/.bashrc:1', `${goenv}:1`],
    what: 'https://other.example.com,direct in the environment',
    mended: { [goenv]: 'GOFLAGS=-mod=mod\n' },
  },
  {
    name: 'two shells say different things',
    files: {
      '~/.bashrc': `# mine\nexport GOPROXY=${list}\n`,
      '~/.zshrc': `export GOPROXY="https://other.example.com,direct"\n`,
      '/etc/profile.d/go.sh': `export GOPROXY='${list}'\n`,
    },
    id: 'go-shells-differ',
    where: ['/etc/profile.d/go.sh:1', '~/.bashrc:2', '~/.zshrc:1'],
    what: 'https://mirror.example.com,direct and https://other.example.com,direct',
  },
  {
    name: 'direnv says another thing',
    files: { '.envrc': 'export GOPROXY=https://other.example.com,direct\n', [goenv]: `GOPROXY=${list}\n` },
    id: 'go-direnv-differs',
    where: ['.envrc:1', `${goenv}:1`],
    what: 'inside the project',
  },
  {
    name: 'a semicolon for a comma',
    files: { '/etc/environment': 'GOPROXY="https://mirror.example.com;direct"\n' },
    id: 'go-proxy-malformed',
    where: ['/etc/environment:1'],
    what: 'expected proxies',
  },
  {
    name: 'a proxy behind direct',
    files: { [goenv]: 'GOPROXY=https://a.example.com,direct,https://b.example.com\n' },
    id: 'go-proxy-unreached',
    where: [`${goenv}:1`],
    what: 'nothing behind direct',
    mended: { [goenv]: 'GOPROXY=https://a.example.com,direct\n' },
  },
  {
    name: 'no direct',
    files: { [goenv]: 'GOPROXY=https://a.example.com|https://b.example.com\n' },
    id: 'go-direct-missing',
    where: [`${goenv}:1`],
    what: 'ends with a proxy',
    mended: { [goenv]: 'GOPROXY=https://a.example.com|https://b.example.com,direct\n' },
  },
  {
    name: 'GOSUMDB=off',
    files: { [goenv]: `GOPROXY=${list}\nGOSUMDB=off`, '~/.profile': 'GOSUMDB=off; export GOSUMDB\n' },
    id: 'go-sumdb-off',
    where: [`${goenv}:2`, '~/.profile:1'],
    what: 'GOSUMDB is off',
    mended: { [goenv]: `GOPROXY=${list}` },
  },
  {
    name: 'GONOSUMCHECK',
    env: { GONOSUMCHECK: '1' },
    id: 'go-sumdb-off',
    where: ['$GONOSUMCHECK'],
    what: 'GONOSUMCHECK is 1',
  },
  {
    name: 'a pattern for all of GitHub',
    files: { [goenv]: 'GONOSUMDB=github.com,git.example.com/*\n' },
    id: 'go-sumdb-skipped',
    where: [`${goenv}:1`],
    what: 'GONOSUMDB has github.com',
    mended: { [goenv]: 'GONOSUMDB=git.example.com/*\n' },
  },
  {
    name: 'a pattern for everything',
    files: { [goenv]: 'GOPRIVATE=*\n' },
    id: 'go-sumdb-skipped',
    where: [`${goenv}:1`],
    what: 'GOPRIVATE has *',
    mended: { [goenv]: '' },
  },
  {
    name: 'GOINSECURE',
    files: { [goenv]: 'GOINSECURE=git.example.com\n' },
    id: 'go-insecure',
    where: [`${goenv}:1`],
    what: 'GOINSECURE is git.example.com',
    mended: { [goenv]: '' },
  },
  {
    name: '-insecure among the flags',
    files: { [goenv]: 'GOFLAGS=-mod=mod -insecure\n' },
    id: 'go-insecure',
    where: [`${goenv}:1`],
    what: 'GOFLAGS has -insecure',
    mended: { [goenv]: 'GOFLAGS=-mod=mod\n' },
  },
  {
    name: 'a private module without GOPRIVATE, and no settings yet',
    files: {
      'go.mod': 'module example.com/app\n\nrequire (\n\tgit.example.com/team/lib v1.0.0\n\trsc.io/quote v1.5.2\n)\n',
    },
    id: 'go-private-leaks',
    where: ['go.mod:4'],
    what: 'git.example.com/team/lib would be asked of a public mirror',
    mended: { [goenv]: 'GOPRIVATE=git.example.com/*\n' },
  },
  {
    name: 'a private module that GOPRIVATE forgets',
    files: {
      'go.mod': 'module app\nrequire build.corp/tool v1.0.0\n',
      [goenv]: 'GOPRIVATE=git.example.com\nGOPROXY=off\n',
    },
    id: 'go-private-leaks',
    where: ['go.mod:2'],
    what: 'build.corp/tool would be asked of the checksum database',
    mended: { [goenv]: 'GOPRIVATE=git.example.com,build.corp/*\nGOPROXY=off\n' },
  },
  {
    name: 'a private module, with GONOPROXY of the environment',
    files: { 'go.mod': 'module app\nrequire build.corp/tool v1.0.0\n' },
    env: { GONOPROXY: 'other.corp' },
    id: 'go-private-leaks',
    where: ['go.mod:2'],
    what: 'would be asked of a public mirror',
  },
];
