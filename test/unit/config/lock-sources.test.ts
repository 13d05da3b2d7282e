import { expect, test } from 'vitest';
import { loadConfigSlowly } from '../../../src/config/load-slowly.ts';
import type { FileText } from '../../../src/core/ports.ts';
import { table } from '../../support/table.ts';
import { memoryFiles } from './support.ts';

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

interface Row {
  readonly name: string;
  readonly id: 'npm' | 'pypi';
  readonly from: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  readonly clients?: string;
  /** The modules that mirrors are asked for, with their reason if they are skipped. */
  readonly want: Readonly<Record<string, string | null>>;
}

const rows = table<readonly Row[]>('unit/config/lock-sources', 'rows', {
  'npm origin': npmOrigin,
  'pypi origin': pypiOrigin,
  tuna,
});

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
