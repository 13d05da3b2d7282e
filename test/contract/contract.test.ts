import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { expandTargets } from '../../src/schedule/targets.ts';
import { type Contract, contract, contractPath, differencesOf, unnamedIn } from '../../tools/release/contract.ts';
import { repoDir } from '../support/paths.ts';
import { diskFiles } from '../unit/config/support.ts';

const text = (path: string): string => readFileSync(join(repoDir, path), 'utf8');
const { version } = JSON.parse(text('package.json')) as { readonly version: string };
const isBefore = version.startsWith('0.');

test('the contract is that of 1.0, or the changelog names each difference (UPDATE_GOLDEN=1 writes it until 1.0.0)', async () => {
  const now = await contract();
  if (isBefore && process.env['UPDATE_GOLDEN'] === '1')
    writeFileSync(contractPath, `${JSON.stringify(now, null, 1)}\n`);
  const differences = differencesOf(JSON.parse(readFileSync(contractPath, 'utf8')) as Contract, now);
  expect(isBefore ? differences : unnamedIn(text('CHANGELOG.md'), '1.0.0', differences)).toEqual([]);
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
