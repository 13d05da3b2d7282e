import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repoDir, tempDir } from '../../support/paths.ts';
import { run } from './run-program.ts';

const text =
  'not verified: the entry of this signed list has no expect.signedBy, so mirrorwatch has no key to verify the list or its packages';
const example = readFileSync(join(repoDir, 'examples', 'debian.yaml'), 'utf8');

function fileWith(content: string): string {
  const dir = tempDir('unchecked');
  copyFileSync(join(repoDir, 'examples', 'archive-keyring.gpg'), join(dir, 'archive-keyring.gpg'));
  writeFileSync(join(dir, 'mirrorwatch.yaml'), content);
  return join(dir, 'mirrorwatch.yaml');
}

test('check names a signed list without a key, once for all its mirrors', async () => {
  const config = fileWith(example.replace(/, signedBy: [\w.-]+/, ''));
  const { code, out, err } = await run(['check', '--config', config]);
  expect([code, err, out.split('\n').filter((line) => line.includes('not verified'))]).toEqual([
    0,
    '',
    [`dists/stable/InRelease of debian: ${text}`],
  ]);
  const json = await run(['check', '--json', '--config', config]);
  expect(JSON.parse(json.out).unchecked).toEqual([
    { ecosystem: 'http', upstream: 'debian', module: 'dists/stable/InRelease', text },
  ]);
});

test('check says nothing of one with a key', async () => {
  const config = fileWith(example);
  expect((await run(['check', '--config', config])).out).not.toContain('not verified');
  expect(JSON.parse((await run(['check', '--json', '--config', config])).out).unchecked).toEqual([]);
});
