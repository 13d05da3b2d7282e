import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { expandTargets } from '../../src/schedule/targets.ts';
import { newNamesPage, newNamesPath } from '../../tools/generate-new-names.ts';
import { breakingIn, type Contract, contract } from '../../tools/release/contract.ts';
import { repoDir } from '../support/paths.ts';
import { diskFiles } from '../unit/config/support.ts';

const text = (path: string): string => readFileSync(join(repoDir, path), 'utf8');
const before = JSON.parse(text('test/contract/1.0.json')) as Contract;

test('docs/new-names.md is what npm run generate writes', async () =>
  expect(readFileSync(newNamesPath, 'utf8')).toBe(newNamesPage(before, await contract())));

test('docs/upgrading.md names each interface of 1.0 that ended or changed', async () => {
  const section = /^## From 1\.0 to 1\.1$.*?(?=^## )/ms.exec(text('docs/upgrading.md'))?.[0] ?? '';
  const unnamed = breakingIn(before, await contract()).filter(({ name }) => !section.includes(`\`${name}\``));
  expect(unnamed).toEqual([]);
});

test('a configuration of 1.0 is accepted without a mistake', () => {
  const file = 'test/fixtures/releases/mirrorwatch.yaml';
  const loaded = loadConfig({
    text: text(file),
    path: join(repoDir, file),
    env: {},
    files: diskFiles,
    expand: expandTargets,
  });
  expect(loaded.tag === 'error' ? loaded.error : loaded.value.config.mirrors.map(({ name }) => name)).toEqual([
    'near',
    'far',
    'files',
  ]);
});
