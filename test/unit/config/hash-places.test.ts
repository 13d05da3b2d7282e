import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { loadConfigSlowly } from '../../../src/config/load-slowly.ts';
import { pypiLocks } from '../../../src/ecosystems/pypi/locks.ts';
import { expectInProportion } from '../../support/growth.ts';
import { memoryFiles } from './support.ts';

const hexOf = (seed: string): string => createHash('sha256').update(seed).digest('hex');
const base64Of = (seed: string, algorithm: string): string => createHash(algorithm).update(seed).digest('base64');

const path = '/etc/mirrorwatch/mirrorwatch.yaml';
const gone = { tag: 'error', code: 'ENOENT' } as const;
const yamlOf = (
  id: string,
  name: string,
): string => `mirrors: [{ name: a, ecosystem: ${id}, url: "https://a.example.com" }]
controls: [ tcp://192.0.2.1:53 ]
modules: { ${id}: [{ from: ${name}, top: 5 }] }
`;

async function placesIn(id: string, name: string, text: string): Promise<readonly string[]> {
  const { read, list } = memoryFiles({ [`/etc/mirrorwatch/${name}`]: text });
  const files = { read: async (at: string) => read(at), list: async (at: string) => list(at) };
  const loaded = await loadConfigSlowly({ text: yamlOf(id, name), path, env: {}, files });
  if (loaded.tag === 'error') throw new Error(JSON.stringify(loaded.error));
  return Object.values(loaded.value.config.pinnedAt?.[id] ?? {});
}

test.each([
  ['go', 'go.sum', `\nrsc.io/quote v1.5.2 h1:${base64Of('a', 'sha256')}\n`, 2],
  [
    'npm',
    'yarn.lock',
    `# yarn lockfile v1\n\na@^1.0.0:\n  version "1.0.0"\n  integrity sha512-${base64Of('a', 'sha512')}\n`,
    5,
  ],
  [
    'npm',
    'package-lock.json',
    JSON.stringify(
      {
        lockfileVersion: 3,
        packages: { 'node_modules/a': { version: '1.0.0', integrity: `sha512-${base64Of('a', 'sha512')}` } },
      },
      null,
      1,
    ),
    6,
  ],
  ['pypi', 'requirements.txt', `# x\nsix==1.17.0 \\\n    --hash=sha256:${hexOf('a')}\n`, 3],
  [
    'pypi',
    'uv.lock',
    `version = 1\n[[package]]\nname = "six"\nversion = "1.17.0"\nsource = { registry = "https://a.example.com" }\nsdist = { url = "https://files.example.com/six-1.17.0.tar.gz", hash = "sha256:${hexOf('a')}" }\n`,
    6,
  ],
])('the line of a hash of %s in %s', async (id, name, text, line) =>
  expect(await placesIn(id, name, text)).toEqual([`${name}:${line}`]),
);

test('a lock file of thousands of hashes and lines is read in proportion to its length', async () => {
  const reader = await pypiLocks.reader();
  const textOf = (size: number): string => {
    const hashes = Array.from({ length: size }, (_, at) => `--hash=sha256:${hexOf(String(at))}`);
    return `${'\n'.repeat(size * 20)}six==1.17.0 ${hashes.join(' ')}\n`;
  };
  expectInProportion(100, textOf, (text) => {
    const read = { tag: 'ok', text } as const;
    const files = { ...memoryFiles({}), read: (path: string) => (path.endsWith('.txt') ? read : gone) };
    const config = { text: yamlOf('pypi', 'requirements.txt'), path, env: {}, files, readerOf: () => reader };
    const loaded = loadConfig(config);
    if (loaded.tag === 'error') throw new Error(JSON.stringify(loaded.error));
  });
});
