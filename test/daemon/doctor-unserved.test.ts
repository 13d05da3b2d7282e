import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDroppingIndex, startDroppingRegistry } from '../support/dropping-mirrors.ts';
import type { PypiIndex } from '../support/pypi-index.ts';
import type { RawServer } from '../support/raw-server.ts';
import { placesOf, said, testMachine } from '../unit/features/doctor/machine.ts';

let whole: RawServer;
let bare: RawServer;
let index: PypiIndex;
let bareIndex: PypiIndex;

beforeAll(async () => {
  whole = await startDroppingRegistry(null);
  bare = await startDroppingRegistry('time');
  index = await startDroppingIndex(null, false);
  bareIndex = await startDroppingIndex('upload_time', false);
});
afterAll(() => Promise.all([whole.close(), bare.close(), index.close(), bareIndex.close()]));

interface Case {
  readonly npm?: 'bare' | 'whole';
  readonly pypi?: 'bare' | 'whole';
  readonly files?: Readonly<Record<string, string>>;
  readonly keys?: string;
  readonly argv?: readonly string[];
}

/** Runs doctor on a machine whose clients use these mirrors. Each configuration has one that lacks times and one that has them. */
async function examine({ npm, pypi, files = {}, keys = '', argv = ['--online'] }: Case) {
  const urls = { bare: [bare.url, bareIndex.indexUrl], whole: [whole.url, index.indexUrl] } as const;
  const yaml = `vantage: here
mirrors:
  - { name: npm-whole, ecosystem: npm, url: "${whole.url}", weight: 120 }
  - { name: npm-bare, ecosystem: npm, url: "${bare.url}" }
  - { name: pypi-whole, ecosystem: pypi, url: "${index.indexUrl}", weight: 120 }
  - { name: pypi-bare, ecosystem: pypi, url: "${bareIndex.indexUrl}" }
modules: { npm: [ hello@1.1.0 ], pypi: [ tiny ] }
${keys}`;
  const machine = testMachine({
    'mirrorwatch.yaml': yaml,
    'package.json': '{}',
    ...(npm === undefined ? {} : { '~/.npmrc': `registry=${urls[npm][0]}\n` }),
    ...(pypi === undefined ? {} : { '~/.config/pip/pip.conf': `[global]\nindex-url = ${urls[pypi][1]}\n` }),
    ...files,
  });
  const ran = await machine.run(['doctor', '--json', '--config', machine.at('mirrorwatch.yaml'), ...argv]);
  const traps = said(ran).traps.filter(({ id }) => id.endsWith('-protection-unserved'));
  return traps.map((trap) => [trap.id, trap.severity, ...placesOf(trap, machine), trap.what]);
}

const minimumAge = { 'pnpm-workspace.yaml': 'minimumReleaseAge: 60\n' };
const skips = 'The responses lack time. pnpm minimumReleaseAge is skipped';
const fails = 'The responses lack upload_time. With uv exclude-newer, every install from this mirror fails.';

test.each<[string, Case]>([
  ['the mirror in use serves times', { npm: 'whole', files: minimumAge }],
  ['no protection is set', { npm: 'bare', pypi: 'bare' }],
  ['an index in use with times', { pypi: 'whole', files: { 'uv.toml': 'exclude-newer = "1 day"\n' } }],
  ['without a setting, the mirror of the highest weight counts as in use', { files: minimumAge }],
  ['no mirror is probed', { npm: 'bare', files: minimumAge, argv: [] }],
])('no trap: %s', async (_, one) => {
  expect(await examine(one)).toEqual([]);
});

test('a check that the client skips is a warning', async () => {
  expect(await examine({ npm: 'bare', files: minimumAge })).toEqual([
    [
      'npm-protection-unserved',
      'warning',
      `npm-bare (${bare.url})`,
      'pnpm-workspace.yaml:1',
      expect.stringContaining(skips),
    ],
  ]);
});

test('a check with which every install fails is an error, beside one that is skipped', async () => {
  const files = { '.yarnrc.yml': 'npmMinimalAgeGate: 3d\n', '.npmrc': 'min-release-age=3\n' };
  const found = await examine({ npm: 'bare', files });
  expect(found.map(([id, severity, , place]) => [id, severity, place])).toEqual([
    ['npm-protection-unserved', 'error', '.yarnrc.yml:1'],
    ['npm-protection-unserved', 'warning', '.npmrc:1'],
  ]);
});

test('a check of uv', async () => {
  expect(await examine({ pypi: 'bare', files: { 'uv.toml': 'exclude-newer = "1 day"\n' } })).toEqual([
    ['pypi-protection-unserved', 'error', `pypi-bare (${bareIndex.indexUrl})`, 'uv.toml:1', fails],
  ]);
});

test('a mirror that the command line names, and the chain and protections of the configuration', async () => {
  const named = await examine({ npm: 'whole', files: minimumAge, argv: ['npm-bare'] });
  expect(named.map(([id, severity]) => [id, severity])).toEqual([['npm-protection-unserved', 'warning']]);
  const keys = `clients: { npm: "${bare.url}" }\nnpm: { protections: [yarn-release-age] }\n`;
  const configured = await examine({ keys });
  expect(configured.map(([id, severity, place]) => [id, severity, place])).toEqual([
    ['npm-protection-unserved', 'error', `npm-bare (${bare.url})`],
  ]);
});

test('one request more, and only for a mirror in use whose protections need it', async () => {
  const packuments = () =>
    bare.requests.filter(({ path, headers }) => path === '/hello' && !headers['accept']?.includes('install-v1')).length;
  const before = packuments();
  await examine({ npm: 'whole', files: minimumAge });
  expect(packuments()).toBe(before);
  await examine({ npm: 'bare', files: minimumAge });
  expect(packuments()).toBe(before + 1);
});
