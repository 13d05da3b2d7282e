import { expect, test } from 'vitest';
import { table } from '../../support/table.ts';
import { testMachine } from '../features/doctor/machine.ts';
import {
  cargo,
  type Files,
  go,
  image,
  index,
  linesOf,
  mirror,
  npm,
  origin,
  packageLock,
  pnpm,
  python,
} from './init-files.ts';

/** A project, and the chain with its place, as init says them. */
const rows = table<readonly (readonly [form: string, files: Files, chain: string, place: string])[]>(
  'unit/cli/init-forms',
  'rows',
  { 'npm origin': origin },
);

test.each(rows)('init finds the mirror in use: %s', async (_, files, chain, place) => {
  const machine = testMachine(files);
  const { code, err } = await machine.run(['init', '--yes', '--public', 'global']);
  const shown = /^[~/]/.test(place) ? `${machine.at(place)}` : place;
  expect([code, linesOf(err)]).toEqual([
    0,
    expect.arrayContaining([expect.stringContaining(`clients use ${chain} (${shown})`)]),
  ]);
});

const setup = `      - uses: actions/setup-node@v4\n        with:\n          registry-url: ${mirror}\n`;
test.each([
  ['with a scope', '.github/workflows/ci.yml', `steps:\n${setup}          scope: '@corp'\n      - run: npm ci\n`],
  ['of GitHub', '.github/workflows/ci.yml', `steps:\n${setup.replace(mirror, 'https://npm.github.com')}`],
  ['of a job that publishes', '.github/workflows/ci.yml', `steps:\n${setup}      - run: npm publish\n`],
  ['of another action', '.github/workflows/ci.yml', `steps:\n${setup.replace('setup-node', 'mirror')}`],
  ['of tox 4', 'tox.ini', `[tox]\nmin_version = 4.2\nindexserver =\n    default = ${index}\n`],
])('init takes no registry or index %s for the mirror in use', async (_, file, text) => {
  const machine = testMachine({ 'package-lock.json': packageLock(origin), ...python, [file]: text });
  const { code, err } = await machine.run(['init', '--yes', '--public', 'global']);
  expect([code, linesOf(err).filter((line) => line.includes('clients use http'))]).toEqual([0, []]);
});

const projects: Readonly<Record<string, Files>> = { npm, pnpm: { 'pnpm-lock.yaml': pnpm }, python, go, image, cargo };

test.each(
  table<[project: string, file: string, text: string, chain: string]>(
    'unit/cli/init-forms',
    'files of projects and users',
  ),
)('init finds the mirror that a file of builds names: %s, %s', async (project, file, text, chain) => {
  const machine = testMachine({ ...projects[project], [file]: text });
  const { code, err } = await machine.run(['init', '--yes', '--public', 'global']);
  expect([code, err]).toEqual([0, expect.stringContaining(`clients use ${chain}`)]);
  expect(err).toContain(`(${/^[~/]/.test(file) ? machine.at(file) : file}`);
});

test('a tarball of a pnpm-lock.yaml with a path of its own is of a registry that is not named', async () => {
  const lock = (fields: string) =>
    `lockfileVersion: '6.0'\npackages:\n  /is-odd@1.0.0:\n    resolution: {integrity: sha512-x${fields}}\n`;
  const run = async (fields: string) =>
    (await testMachine({ 'pnpm-lock.yaml': lock(fields) }).run(['init', '--yes', '--public', 'global'])).err;
  const own = await run(', tarball: /is-odd/download/is-odd-1.0.0.tgz?cache=0');
  expect(own).toMatch(/npm: may name a mirror, but cannot be read \(.* a path without a host\): pnpm-lock\.yaml/);
  expect(own).toContain('clients use a mirror that could not be determined');
  expect(await run('')).toContain('clients use their default setting');
  expect(await run(`, registry: ${mirror}/, tarball: is-odd/download/is-odd-1.0.0.tgz`)).toContain(
    `clients use ${mirror}/`,
  );
});

test("the mirror of poetry's plugin", async () => {
  const settings = `[plugins.pypi_mirror]\nurl = "${index}/"\n`;
  const machine = testMachine({ ...python, '~/.config/pypoetry/config.toml': settings });
  const { err } = await machine.run(['init', '--yes', '--public', 'global']);
  expect(err).toContain(`clients use ${index}/ (${machine.at('~/.config/pypoetry/config.toml')}:2)`);
});
