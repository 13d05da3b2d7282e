import type { TrapRow } from './machine.ts';

const packageJson =
  '{\n  "name": "app",\n  "dependencies": {\n    "@corp/ui": "^1.0.0",\n    "lodash": "^4.0.0"\n  }\n}\n';
const config = `vantage: here
mirrors: [ { name: a, ecosystem: npm, url: "https://npm.example.com" } ]
modules: { npm: [ lodash@4.17.21 ] }
private: { npm: [ "@corp/*" ] }
`;

/** Traps of the settings of npm, pnpm and yarn. */
export const npmRows: readonly TrapRow[] = [
  {
    name: "the project's file shadows the user's",
    files: {
      'package.json': '{}',
      '.npmrc': 'registry=https://a.example.com/\n',
      '~/.npmrc': '; mine\nregistry = "https://b.example.com"\n',
    },
    id: 'npm-registry-shadowed',
    where: ['.npmrc:1', '~/.npmrc:2'],
    what: 'The registry setting https://a.example.com/ takes effect (project), not https://b.example.com (user)',
  },
  {
    name: 'the file beside a folder node_modules shadows that of the user',
    files: {
      '/home/node_modules/x/index.js': '',
      '/home/.npmrc': 'registry=https://a.example.com/\n',
      '~/.npmrc': 'registry=https://b.example.com\n',
    },
    id: 'npm-registry-shadowed',
    where: ['/home/.npmrc:1', '~/.npmrc:1'],
    what: 'The registry setting https://a.example.com/ takes effect (project), not https://b.example.com (user)',
  },
  ...['"ada/*"', '"./ada/**/", "!ada/b"', '"!ada/work", "ada/work"'].map((globs) => ({
    name: `the file of a workspace's root, not that of the package, shadows the user's: ${globs}`,
    files: {
      '~/package.json': '{}',
      '~/node_modules/x/index.js': '',
      'package.json': '{ "name": "web" }',
      '.npmrc': 'registry=https://ignored.example.com/\n',
      '/home/package.json': `{ "workspaces": [${globs}] }`,
      '/home/.npmrc': 'registry=https://a.example.com/\n',
      '~/.npmrc': 'registry=https://b.example.com\n',
    },
    id: 'npm-registry-shadowed',
    where: ['/home/.npmrc:1', '~/.npmrc:1'],
    what: 'The registry setting https://a.example.com/ takes effect (project), not https://b.example.com (user)',
  })),
  ...['"other/*"', '"ada/*", "!ada/work"', '"ada"'].map((globs) => ({
    name: `the package's own file where the workspace above is not its own: ${globs}`,
    files: {
      'package.json': '{ "name": "web" }',
      '.npmrc': 'registry=https://a.example.com/\n',
      '/home/package.json': `{ "workspaces": { "packages": [${globs}] } }`,
      '/home/.npmrc': 'registry=https://ignored.example.com/\n',
      '~/.npmrc': 'registry=https://b.example.com\n',
    },
    id: 'npm-registry-shadowed',
    where: ['.npmrc:1', '~/.npmrc:1'],
    what: 'The registry setting https://a.example.com/ takes effect (project), not https://b.example.com (user)',
  })),
  {
    name: 'a variable shadows the global and the builtin file',
    files: {
      '/usr/local/etc/npmrc': 'registry=https://b.example.com/\n',
      '/usr/share/nodejs/npm/npmrc': 'registry=https://c.example.com/\n',
    },
    env: { NPM_CONFIG_REGISTRY: 'https://ada:pass@a.example.com/' },
    id: 'npm-registry-shadowed',
    where: ['$NPM_CONFIG_REGISTRY', '/usr/local/etc/npmrc:1', '/usr/share/nodejs/npm/npmrc:1'],
    what: 'https://***@a.example.com/ takes effect (environment)',
    set: [
      'If $NPM_CONFIG_REGISTRY is right, remove the setting from <root>/usr/local/etc/npmrc:1, <root>/usr/share/nodejs/npm/npmrc:1.',
      'unset NPM_CONFIG_REGISTRY    # if its value is wrong; also remove it from the startup file of your shell',
    ],
  },
  {
    name: 'plain HTTP for a scope',
    files: { '~/.npmrc': '@corp:registry=http://npm.corp/\n' },
    id: 'npm-registry-plain',
    where: ['~/.npmrc:1'],
    what: '@corp:registry is http://npm.corp/',
    set: [
      'mirrorwatch doctor https://npm.corp/ --ecosystem npm    # checks that the server speaks TLS; change http to https only if it does',
    ],
  },
  {
    name: 'yarn is told another registry',
    files: {
      'package.json': '{}',
      '.npmrc': 'registry=https://a.example.com/\n',
      '.yarnrc.yml': 'nodeLinker: node-modules\nnpmRegistryServer: "https://b.example.com"\n',
    },
    id: 'npm-clients-differ',
    where: ['.npmrc:1', '.yarnrc.yml:2'],
    what: 'yarn to https://b.example.com',
  },
  {
    name: "pnpm's workspace file over .npmrc",
    files: {
      'package.json': '{}',
      '.npmrc': 'registry=https://a.example.com/\n',
      'pnpm-workspace.yaml':
        'packages: [ "a" ]\nregistries:\n  "@corp": https://npm.corp/\n  default: "https://b.example.com/" # ours\n',
    },
    id: 'npm-pnpm-differ',
    where: ['.npmrc:1', 'pnpm-workspace.yaml:4'],
    what: 'npm is set to https://a.example.com/, and pnpm to https://b.example.com/',
  },
  {
    name: "the file of pnpm's workspace above a package of it",
    files: {
      'package.json': '{}',
      '.npmrc': 'registry=https://a.example.com/\n',
      '/home/package.json': '{}',
      '/home/pnpm-workspace.yaml': 'packages: [ "**" ]\nregistry: https://b.example.com/\n',
    },
    id: 'npm-pnpm-differ',
    where: ['.npmrc:1', '/home/pnpm-workspace.yaml:2'],
    what: 'npm is set to https://a.example.com/, and pnpm to https://b.example.com/',
  },
  {
    name: "pnpm's own file of the user over the user's .npmrc",
    files: {
      '~/.npmrc': 'registry=https://a.example.com/\n',
      '~/.config/pnpm/config.yaml': 'registry: https://b.example.com/\n',
    },
    id: 'npm-pnpm-differ',
    where: ['~/.npmrc:1', '~/.config/pnpm/config.yaml:1'],
    what: 'pnpm to https://b.example.com/',
  },
  {
    name: 'strict-ssl=false of the user',
    files: { '~/.npmrc': 'registry=https://a.example.com/\nstrict-ssl=false\n//a.example.com/:_authToken=hunter2\n' },
    id: 'npm-tls-off',
    where: ['~/.npmrc:2'],
    what: 'strict-ssl is false',
    mended: { '~/.npmrc': 'registry=https://a.example.com/\n//a.example.com/:_authToken=hunter2\n' },
  },
  {
    name: 'strict-ssl with a comment behind it',
    files: { '~/.npmrc': 'strict-ssl = false ; corporate proxy\n' },
    id: 'npm-tls-off',
    where: ['~/.npmrc:1'],
    what: 'strict-ssl is false',
    mended: { '~/.npmrc': '' },
  },
  {
    name: 'strict-ssl with a quoted key',
    files: { '~/.npmrc': '"strict-ssl"=false#x\n' },
    id: 'npm-tls-off',
    where: ['~/.npmrc:1'],
    what: 'strict-ssl is false',
    mended: { '~/.npmrc': '' },
  },
  {
    name: 'enableStrictSsl of yarn',
    files: { '~/.yarnrc.yml': 'enableStrictSsl: false\nnodeLinker: pnp\n' },
    id: 'npm-tls-off',
    where: ['~/.yarnrc.yml:1'],
    what: 'strict-ssl is false',
    mended: { '~/.yarnrc.yml': 'nodeLinker: pnp\n' },
  },
  {
    name: "Node's own switch in a shell's file",
    files: { '~/.zshrc': 'export NODE_TLS_REJECT_UNAUTHORIZED=0\n' },
    id: 'npm-tls-off',
    where: ['~/.zshrc:1'],
    what: 'NODE_TLS_REJECT_UNAUTHORIZED is 0',
  },
  {
    name: 'a token without a registry, which the file names',
    files: { '~/.npmrc': 'registry=https://a.example.com/npm\n_authToken=hunter2\n' },
    id: 'npm-auth-unscoped',
    where: ['~/.npmrc:2'],
    what: '_authToken is set without a registry',
    mended: { '~/.npmrc': 'registry=https://a.example.com/npm\n//a.example.com/npm/:_authToken=hunter2\n' },
  },
  {
    name: 'a password without a registry that anybody names',
    files: { '~/.npmrc': '_auth = aHVudGVyMg==\n' },
    id: 'npm-auth-unscoped',
    where: ['~/.npmrc:1'],
    what: '_auth is set without a registry',
  },
  {
    name: 'a password without a registry in the environment',
    env: { NPM_CONFIG__AUTH: 'aHVudGVyMg==' },
    id: 'npm-auth-unscoped',
    where: ['$NPM_CONFIG__AUTH'],
    what: '_auth is set without a registry',
  },
  {
    name: 'a token of a registry that was left, in the environment',
    env: { 'npm_config_//b.example.com/:_authToken': 'hunter2', npm_config_registry: 'https://a.example.com/' },
    id: 'npm-auth-elsewhere',
    where: ['$npm_config_//b.example.com/:_authToken'],
    what: '_authToken belongs to b.example.com',
  },
  {
    name: 'a token of a registry that was left',
    files: { '~/.npmrc': 'registry=https://a.example.com/\n//b.example.com/:_authToken=hunter2\n' },
    id: 'npm-auth-elsewhere',
    where: ['~/.npmrc:2'],
    what: '_authToken belongs to b.example.com, but the only registry setting names a.example.com',
  },
  {
    name: 'a private scope is asked of everybody',
    files: { 'package.json': packageJson, 'mirrorwatch.yaml': config },
    id: 'npm-scope-leaks',
    where: ['package.json:4'],
    what: '@corp/ui is private, and npm has no registry for @corp',
  },
  {
    name: 'a scope whose registry only this machine knows',
    files: { 'package.json': packageJson, '~/.npmrc': '@corp:registry=https://npm.corp/\n' },
    id: 'npm-scope-of-user',
    where: ['~/.npmrc:1', 'package.json:4'],
    what: 'On this machine, @corp is requested from https://npm.corp/',
  },
];
