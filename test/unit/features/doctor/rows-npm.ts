import { table } from '../../../support/table.ts';
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
  ...table<readonly TrapRow[]>('unit/features/doctor/rows-npm', 'npmRows'),
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
  ...table<readonly TrapRow[]>('unit/features/doctor/rows-npm', 'npmRows 2'),
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
