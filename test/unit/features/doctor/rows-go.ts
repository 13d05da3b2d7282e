import { table } from '../../../support/table.ts';
import type { TrapRow } from './machine.ts';

const goenv = '~/.config/go/env';
const list = 'https://mirror.example.com,direct';

/** A line for modules of a host that only go.mod names. */
const ifOwn = (line: string): string =>
  `${line}    # only if you own build.corp: modules of private hosts are not verified`;

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
    what: 'expected http://, https:// or file:// URLs of proxies',
  },
  {
    name: 'a proxy behind direct',
    files: { [goenv]: 'GOPROXY=https://a.example.com,direct,https://b.example.com\n' },
    id: 'go-proxy-unreached',
    where: [`${goenv}:1`],
    what: 'nothing after direct',
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
    where: [`${goenv}:2`],
    what: 'GOSUMDB is off',
    mended: { [goenv]: `GOPROXY=${list}` },
  },
  {
    name: 'GOSUMDB=off of the distribution, which go env -u does not take out',
    files: { '/usr/lib/golang/go.env': 'GOSUMDB=off\n' },
    id: 'go-sumdb-off',
    where: ['/usr/lib/golang/go.env:1'],
    what: 'GOSUMDB is off',
    set: ['go env -w GOSUMDB=sum.golang.org'],
  },
  {
    name: 'a list without direct that a variable exports: go env -w would do nothing',
    files: { [goenv]: 'GOPROXY=https://a.example.com\n' },
    env: { GOPROXY: 'https://b.example.com' },
    id: 'go-direct-missing',
    where: ['$GOPROXY'],
    what: 'https://b.example.com ends with a proxy',
    set: ["export GOPROXY='https://b.example.com,direct'    # or ,off instead of ,direct if nothing else may be used"],
  },
  {
    name: 'a list with a password and without direct: the line to paste keeps the password',
    files: { [goenv]: 'GOPROXY=https://ada:hunter2@a.example.com\n' },
    id: 'go-direct-missing',
    where: [`${goenv}:1`],
    what: 'ends with a proxy',
    set: ['go env -w GOPROXY="$(go env GOPROXY),direct"    # or ,off instead of ,direct if nothing else may be used'],
    mended: { [goenv]: 'GOPROXY=https://ada:hunter2@a.example.com,direct\n' },
  },
  {
    name: 'lookups are off, and the build looks modules up',
    files: { [goenv]: 'GOPROXY=off\nGOFLAGS=-trimpath -mod=mod\n' },
    id: 'go-proxy-off',
    where: [`${goenv}:1`, `${goenv}:2`],
    what: 'GOFLAGS has -mod=mod',
    set: ["go env -w GOFLAGS='-trimpath'"],
    mended: { [goenv]: 'GOPROXY=off\nGOFLAGS=-trimpath\n' },
  },
  ...table<readonly TrapRow[]>('unit/features/doctor/rows-go', 'goRows'),
  {
    name: 'a pattern for all of GitHub',
    files: { [goenv]: 'GONOSUMDB=github.com,git.example.com/*\n' },
    id: 'go-sumdb-skipped',
    where: [`${goenv}:1`],
    what: 'GONOSUMDB contains github.com',
    mended: { [goenv]: 'GONOSUMDB=git.example.com/*\n' },
  },
  {
    name: 'a pattern for everything',
    files: { [goenv]: 'GOPRIVATE=*\n' },
    id: 'go-sumdb-skipped',
    where: [`${goenv}:1`],
    what: 'GOPRIVATE contains *',
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
    what: 'git.example.com/team/lib would be sent to a public mirror',
    set: [
      "go env -w GOPRIVATE='git.example.com/*'    # only if you own git.example.com: modules of private hosts are not verified",
    ],
  },
  {
    name: 'a module of a host that GONOPROXY names, but nothing for the checksum database',
    files: {
      'go.mod': 'module app\nrequire git.example.com/team/lib v1.0.0\n',
      [goenv]: 'GONOPROXY=git.example.com\n',
    },
    id: 'go-private-leaks',
    where: ['go.mod:2'],
    what: 'git.example.com/team/lib would be sent',
    mended: { [goenv]: 'GONOPROXY=git.example.com\nGOPRIVATE=git.example.com\n' },
  },
  {
    name: 'a private module of one owner: other owners at its host stay verified',
    files: {
      'go.mod': 'module app\nrequire github.com/corp/tool v1.0.0\n',
      'mirrorwatch.yaml':
        'vantage: x\nmirrors: [{ name: a, ecosystem: go, url: "https://a.example.com" }]\nmodules: { go: [rsc.io/quote@v1.5.2] }\nprivate: { go: [ github.com/corp/* ] }\n',
    },
    id: 'go-private-leaks',
    where: ['go.mod:2'],
    what: 'github.com/corp/tool would be sent to a public mirror',
    mended: { [goenv]: 'GOPRIVATE=github.com/corp/*\n' },
  },
  {
    name: 'a private module that GOPRIVATE forgets',
    files: {
      'go.mod': 'module app\nrequire build.corp/tool v1.0.0\n',
      [goenv]: 'GOPRIVATE=git.example.com\nGOPROXY=off\n',
    },
    id: 'go-private-leaks',
    where: ['go.mod:2'],
    what: 'build.corp/tool would be sent to the checksum database',
    set: ["go env -w GOPRIVATE='git.example.com,build.corp/*'"].map(ifOwn),
  },
  {
    name: 'a private module, with GONOPROXY of the environment',
    files: { 'go.mod': 'module app\nrequire build.corp/tool v1.0.0\n' },
    env: { GONOPROXY: 'other.corp' },
    id: 'go-private-leaks',
    where: ['go.mod:2'],
    what: 'would be sent to a public mirror',
    set: ["export GONOPROXY='other.corp,build.corp/*'", "go env -w GOPRIVATE='build.corp/*'"].map(ifOwn),
  },
  {
    name: 'a private module, with GONOPROXY and GONOSUMDB of their own: GOPRIVATE would do nothing',
    files: { 'go.mod': 'module app\nrequire build.corp/tool v1.0.0\n', [goenv]: 'GONOPROXY=none\nGONOSUMDB=a.corp\n' },
    id: 'go-private-leaks',
    where: ['go.mod:2'],
    what: 'would be sent to a public mirror',
    set: ["go env -w GONOPROXY='build.corp/*'", "go env -w GONOSUMDB='a.corp,build.corp/*'"].map(ifOwn),
  },
];
