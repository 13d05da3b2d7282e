import { expect, test } from 'vitest';
import { loadConfigSlowly } from '../../../src/config/load-slowly.ts';
import type { FileText } from '../../../src/core/ports.ts';
import { table } from '../../support/table.ts';
import { memoryFiles } from './support.ts';

const group = 'https://nexus.example.com/repository/group';
const [npmOrigin, pypiOrigin, tuna] = [
  ['registry', 'npmjs', 'org'],
  ['pypi', 'org'],
  ['pypi', 'tuna', 'tsinghua', 'edu', 'cn'],
].map((host) => `https://${host.join('.')}`) as [string, string, string];

const npmLock = (...names: readonly string[]): string =>
  JSON.stringify({
    lockfileVersion: 3,
    packages: Object.fromEntries(names.map((name) => [`node_modules/${name}`, { version: '1.0.0' }])),
  });
const resolvedLock = (name: string, from: string): string =>
  JSON.stringify({
    lockfileVersion: 3,
    packages: { [`node_modules/${name}`]: { version: '1.0.0', resolved: `${from}/${name}/-/${name}-1.0.0.tgz` } },
  });
const uvLock = (name: string, index: string): string =>
  `version = 1\n[[package]]\nname = "${name}"\nversion = "1.0"\nsource = { registry = "${index}" }\n`;

interface Row {
  readonly name: string;
  readonly id: 'npm' | 'pypi';
  readonly from: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  readonly clients?: string;
  /** The modules that mirrors are asked for, with their reason if they are skipped. */
  readonly want: Readonly<Record<string, string | null>>;
}

const rows: readonly Row[] = [
  {
    name: "no source in an npm lock, and the project's .npmrc names another registry",
    id: 'npm',
    from: ['package-lock.json'],
    files: { 'package-lock.json': npmLock('a', '@corp/b'), '.npmrc': `; x\n registry = "${group}/"\r\n` },
    want: { a: 'foreign', '@corp/b': 'foreign' },
  },
  {
    name: 'a scope with a registry in .npmrc: only that scope',
    id: 'npm',
    from: ['package-lock.json'],
    files: { 'package-lock.json': npmLock('a', '@corp/b', '@x/c'), '.npmrc': `@corp:registry=${group}/\n` },
    want: { a: null, '@x/c': null, '@corp/b': 'foreign' },
  },
  {
    name: 'a registry with a variable is not known',
    id: 'npm',
    from: ['package-lock.json'],
    files: { 'package-lock.json': npmLock('a'), '.npmrc': 'registry=https://$' + '{HOST}/\n' },
    want: { a: 'foreign' },
  },
  {
    name: 'the public registry in .npmrc',
    id: 'npm',
    from: ['package-lock.json'],
    files: { 'package-lock.json': npmLock('a'), '.npmrc': `registry=${npmOrigin}\n` },
    want: { a: null },
  },
  {
    name: "yarn's registry, and its scopes",
    id: 'npm',
    from: ['package-lock.json'],
    files: {
      'package-lock.json': npmLock('a', '@corp/b'),
      '.yarnrc.yml': `npmScopes:\n  corp:\n    npmRegistryServer: "${group}"\n`,
    },
    want: { a: null, '@corp/b': 'foreign' },
  },
  {
    name: "yarn's registry in one line",
    id: 'npm',
    from: ['package-lock.json'],
    files: {
      'package-lock.json': npmLock('a'),
      '.yarnrc.yml': `npmScopes: { corp: { npmRegistryServer: "${group}" } }\n`,
    },
    want: { a: 'foreign' },
  },
  {
    name: "pnpm's registries",
    id: 'npm',
    from: ['package-lock.json'],
    files: {
      'package-lock.json': npmLock('a', '@corp/b'),
      'pnpm-workspace.yaml': `registries:\n  '@corp': ${group}/ # ours\ncatalog:\n  default: 1.0.0\n`,
    },
    want: { a: null, '@corp/b': 'foreign' },
  },
  {
    name: "bun's registry",
    id: 'npm',
    from: ['package-lock.json'],
    files: { 'package-lock.json': npmLock('a'), 'bunfig.toml': `[install]\nregistry = "${group}"\n` },
    want: { a: 'foreign' },
  },
  {
    name: 'the chain of clients has a registry that is no configured mirror',
    id: 'npm',
    from: ['package-lock.json'],
    files: { 'package-lock.json': npmLock('a') },
    clients: group,
    want: { a: 'foreign' },
  },
  {
    name: 'a name that one lock records from elsewhere is skipped in a lock that records no source',
    id: 'npm',
    from: ['b/package-lock.json', 'package-lock.json'],
    files: { 'package-lock.json': npmLock('a', 'c'), 'b/package-lock.json': resolvedLock('a', group) },
    want: { a: 'foreign', c: null },
  },
  {
    name: 'a known public mirror that is not configured',
    id: 'pypi',
    from: ['uv.lock'],
    files: { 'uv.lock': uvLock('a', `${tuna}/simple`) },
    want: { a: null },
  },
  {
    name: 'plain requirements beside an index of uv',
    id: 'pypi',
    from: ['requirements.txt'],
    files: {
      'requirements.txt': 'a==1.0\n',
      'pyproject.toml': `[[tool.uv.index]]\nurl = "${group}"\nexplicit = true\n`,
    },
    want: { a: 'foreign' },
  },
  {
    name: "plain requirements beside uv's own file",
    id: 'pypi',
    from: ['requirements.txt'],
    files: { 'requirements.txt': 'a==1.0\n', 'uv.toml': `[pip]\nextra-index-url = ["${group}"]\n` },
    want: { a: 'foreign' },
  },
  {
    name: "plain requirements beside a page of files in uv's own file",
    id: 'pypi',
    from: ['requirements.txt'],
    files: { 'requirements.txt': 'a==1.0\n', 'uv.toml': `find-links = ["./wheels", "${group}"]\n` },
    want: { a: 'foreign' },
  },
  ...table<readonly Row[]>('unit/config/lock-sources', 'rows'),
  {
    name: 'plain requirements, and the chain of clients has a further index',
    id: 'pypi',
    from: ['requirements.txt'],
    files: { 'requirements.txt': 'a==1.0\n' },
    clients: `${pypiOrigin}/simple ${group}`,
    want: { a: 'foreign' },
  },
  {
    name: 'plain requirements, and a chain of known indexes',
    id: 'pypi',
    from: ['requirements.txt'],
    files: { 'requirements.txt': 'a==1.0\n', 'pyproject.toml': '[project]\nname = "x"\n' },
    clients: `${tuna}/simple`,
    want: { a: null },
  },
];

test.each(rows)('$name', async ({ id, from, files, clients, want }) => {
  const text = JSON.stringify({
    mirrors: [{ name: 'open', ecosystem: id, url: 'https://open.example.org' }],
    controls: ['tcp://192.0.2.1:53'],
    modules: { [id]: from.map((file) => ({ from: file })) },
    ...(clients === undefined ? {} : { clients: { [id]: clients } }),
  });
  const disk = memoryFiles(Object.fromEntries(Object.entries(files).map(([name, one]) => [`/app/${name}`, one])));
  const slow = {
    read: async (path: string): Promise<FileText> => disk.read(path),
    list: async (path: string) => disk.list(path),
  };
  const loaded = await loadConfigSlowly({ text, path: '/app/mirrorwatch.yaml', env: {}, files: slow });
  if (loaded.tag === 'error') throw new Error(JSON.stringify(loaded.error));
  const { config, skippedLockEntries } = loaded.value;
  const taken = config.modules.map(({ module }) => [module, null] as const);
  const skipped = skippedLockEntries.map(({ module, because }) => [module, because] as const);
  const examples = new Set(['left-pad', 'six']);
  expect(Object.fromEntries([...taken, ...skipped].filter(([name]) => !examples.has(name)))).toEqual(want);
});

test('a settings file beside the lock file that cannot be read may name a private registry', async () => {
  const text = JSON.stringify({
    mirrors: [{ name: 'open', ecosystem: 'npm', url: 'https://open.example.org' }],
    modules: { npm: [{ from: 'package-lock.json' }] },
  });
  const disk = memoryFiles({ '/app/package-lock.json': npmLock('a') });
  const read = async (path: string): Promise<FileText> =>
    path.endsWith('.npmrc') ? { tag: 'error', code: 'EACCES' } : disk.read(path);
  const files = { read, list: async (path: string) => disk.list(path) };
  const loaded = await loadConfigSlowly({ text, path: '/app/mirrorwatch.yaml', env: {}, files });
  if (loaded.tag === 'error') throw new Error(JSON.stringify(loaded.error));
  expect(loaded.value.skippedLockEntries.map(({ module, because }) => [module, because])).toEqual([['a', 'unsure']]);
});
