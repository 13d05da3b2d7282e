import { join } from 'node:path';
import { expect, test } from 'vitest';
import { placeTextOf } from '../../../../src/core/trap.ts';
import { createMachine } from '../../../../src/daemon/machine.ts';
import type { SetProtection } from '../../../../src/ecosystems/doctor.ts';
import { registry } from '../../../../src/ecosystems/registry.ts';
import { table } from '../../../support/table.ts';
import { testMachine } from './machine.ts';

type Files = Readonly<Record<string, string>>;

async function findProtections(id: string, files: Files, env: Readonly<Record<string, string>> = {}) {
  const machine = testMachine(files);
  const { home, root } = machine;
  const surroundings = {
    machine: createMachine({ env, home, cwd: join(home, 'work'), root }),
    assignments: [],
    privatePatterns: [],
  };
  const doctor = await registry.of(id)?.doctor?.();
  const { protections = [] } = (await doctor?.today?.(surroundings)) ?? {};
  const textOf = ({ name, place, byDefault }: SetProtection): string =>
    `${name} ${placeTextOf(place).replace(`${home}/work/`, '').replace(home, '~')}${byDefault === undefined ? '' : ` ${byDefault}`}`;
  return { names: protections.map(({ name }) => name), texts: protections.map(textOf) };
}

const packageOf = (manager: string): Files => ({
  'package.json': `{\n  "name": "app",\n  "packageManager": "${manager}"\n}\n`,
});

test.each<[string, Files, readonly string[], Readonly<Record<string, string>>?]>([
  ['nothing', { 'package.json': '{}' }, []],
  ['the default of pnpm 11', packageOf('pnpm@11.28.11+sha512.aa'), ['pnpm-release-age package.json:3 pnpm 11.28']],
  [
    'the default of pnpm 12, named above the package',
    { 'package.json': '{}', '~/package.json': '{"packageManager":"pnpm@12.0.0"}' },
    ['pnpm-release-age ~/package.json:1 pnpm 12.0'],
  ],
  ['pnpm 10 has no default', packageOf('pnpm@10.34.9'), []],
  [
    'the default of pnpm 11 is off',
    { ...packageOf('pnpm@11.0.0'), 'pnpm-workspace.yaml': 'minimumReleaseAge: 0\n' },
    [],
  ],
  ['the default of yarn 4.15', packageOf('yarn@4.15.0'), ['yarn-release-age package.json:3 yarn 4.15']],
  ['yarn 4.14 has no default', packageOf('yarn@4.14.9'), []],
  ['the default of yarn is off', { ...packageOf('yarn@4.18.1'), '.yarnrc.yml': 'npmMinimalAgeGate: 0m\n' }, []],
  [
    'yarn, one place of two',
    { '.yarnrc.yml': 'npmMinimalAgeGate: 3d\n', '~/.yarnrc.yml': 'npmMinimalAgeGate: 0\n' },
    ['yarn-release-age .yarnrc.yml:1'],
  ],
  [
    'yarn, a variable',
    { '.yarnrc.yml': 'npmMinimalAgeGate: 0\n' },
    ['yarn-release-age $YARN_NPM_MINIMAL_AGE_GATE'],
    { YARN_NPM_MINIMAL_AGE_GATE: '1d' },
  ],
  ['npm', { '~/.npmrc': 'registry=https://a.example.com/\nmin-release-age=3\n' }, ['npm-release-age ~/.npmrc:2']],
  ['npm, a variable over a file', { '~/.npmrc': 'min-release-age=3\n' }, [], { npm_config_min_release_age: '0' }],
  ['npm, a date', { '.npmrc': 'before=2026-01-01\n', 'package.json': '{}' }, ['npm-release-age .npmrc:1']],
  ['pnpm 10 in .npmrc', { '~/.npmrc': 'minimum-release-age=1440\n' }, ['pnpm-release-age-strict ~/.npmrc:1']],
  [
    'pnpm 11 reads no such key of .npmrc',
    {
      ...packageOf('pnpm@11.0.0'),
      '.npmrc': 'minimum-release-age=1440\n',
      'pnpm-workspace.yaml': 'minimumReleaseAge: 0\n',
    },
    [],
  ],
  [
    'pnpm 10',
    { ...packageOf('pnpm@10.34.9'), 'pnpm-workspace.yaml': 'minimumReleaseAge: 60\n' },
    ['pnpm-release-age-strict pnpm-workspace.yaml:1'],
  ],
  [
    'pnpm of an unknown version',
    { 'pnpm-workspace.yaml': 'packages: [a]\nminimumReleaseAge: 60\n' },
    ['pnpm-release-age pnpm-workspace.yaml:2'],
  ],
  [
    'pnpm, a file of the user',
    { '~/.config/pnpm/config.yaml': 'minimumReleaseAge: 60\n' },
    ['pnpm-release-age ~/.config/pnpm/config.yaml:1'],
  ],
  [
    'pnpm, a variable over a file',
    { 'pnpm-workspace.yaml': 'minimumReleaseAge: 60\n' },
    [],
    { pnpm_config_minimum_release_age: '0' },
  ],
  [
    'a missing time is refused',
    { 'pnpm-workspace.yaml': 'minimumReleaseAgeIgnoreMissingTime: false\n' },
    ['pnpm-release-age-strict pnpm-workspace.yaml:1 pnpm 11'],
  ],
  ['trust', { 'pnpm-workspace.yaml': 'trustPolicy: no-downgrade\n' }, ['pnpm-trust pnpm-workspace.yaml:1']],
  [
    'trust of pnpm 10',
    { ...packageOf('pnpm@10.34.9'), 'pnpm-workspace.yaml': 'trustPolicy: no-downgrade\n' },
    ['pnpm-trust pnpm-workspace.yaml:1', 'pnpm-trust-strict pnpm-workspace.yaml:1'],
  ],
  ['no trust', { 'pnpm-workspace.yaml': 'trustPolicy: off\n' }, []],
  ['bun', { 'bunfig.toml': '[install]\nminimumReleaseAge = 86400\n' }, ['bun-release-age bunfig.toml:2']],
  [
    'bun, of the user',
    { '~/.bunfig.toml': 'install = { minimumReleaseAge = 86400 }\n' },
    ['bun-release-age ~/.bunfig.toml:1'],
  ],
  ['bun, off', { 'bunfig.toml': '[install]\nminimumReleaseAge = 0\n' }, []],
])('npm: %s', async (_, files, texts, env) => {
  expect((await findProtections('npm', files, env)).texts).toEqual(texts);
});

test.each<[string, Files, readonly string[], Readonly<Record<string, string>>?]>([
  ['nothing', { 'requirements.txt': 'six\n' }, []],
  [
    'pip',
    { '~/.config/pip/pip.conf': '[install]\nuploaded-prior-to = P3D\n' },
    ['pip-release-age ~/.config/pip/pip.conf:2'],
  ],
  ['pip, a variable', {}, ['pip-release-age $PIP_UPLOADED_PRIOR_TO'], { PIP_UPLOADED_PRIOR_TO: 'P1D' }],
  ['uv, below [pip]', { 'uv.toml': '[pip]\nexclude-newer = "1 day"\n' }, ['uv-release-age uv.toml:2']],
  [
    'uv, one package',
    { 'pyproject.toml': '[tool.uv]\nexclude-newer-package = { tiny = "1 day" }\n' },
    ['uv-release-age pyproject.toml:2'],
  ],
  ['uv, a package exempt from nothing', { 'uv.toml': 'exclude-newer-package = { tiny = false }\n' }, []],
  ['uv, a variable', {}, ['uv-release-age $UV_EXCLUDE_NEWER'], { UV_EXCLUDE_NEWER: '2026-01-01' }],
])('pypi: %s', async (_, files, texts, env) => {
  expect((await findProtections('pypi', files, env)).texts).toEqual(texts);
});

interface Played {
  readonly id: string;
  readonly client: string;
  readonly settings: Files;
  readonly without: Readonly<Record<string, readonly [outcome: string, ...unknown[]]>>;
}
const managers: Readonly<Record<string, string>> = {
  pnpm: 'pnpm@12.21.0',
  pnpm11: 'pnpm@11.28.11',
  pnpm10: 'pnpm@10.34.9',
  yarn: 'yarn@4.18.1',
};
const userFiles: Readonly<Record<string, string>> = { 'pip.conf': '~/.config/pip/pip.conf' };
/** What the real clients did without what their protection needs (test/real/protections.test.ts). */
const played = (['npm', 'pypi'] as const).flatMap((id) =>
  table<readonly Played[]>('protections', id)
    .filter(({ id: name }) => /age|trust|before/.test(name))
    .map((row) => [`${row.id} of ${row.client}`, id, row] as const),
);

test.each(played)('%s: found, and declared as the real client does without it', async (_, id, row) => {
  const files = Object.entries(row.settings).map(([name, text]) => [userFiles[name] ?? name, text]);
  const manager = managers[row.client];
  const { names } = await findProtections(id, {
    ...(manager === undefined ? {} : packageOf(manager)),
    ...Object.fromEntries(files),
  });
  const declared = registry.of(id)?.protections ?? {};
  const [need, outcome] = Object.entries(row.without).find(([field]) => /^(?:upload_)?time$/.test(field)) ?? [];
  const ofNeed = names.flatMap((name) => (declared[name]?.needs.includes(String(need)) ? (declared[name] ?? []) : []));
  expect(ofNeed.length, names.join()).toBeGreaterThan(0);
  const fails = ofNeed.some(({ without }) => without === 'fails');
  expect(outcome?.[0]).toBe(fails ? 'fails' : 'off');
});
