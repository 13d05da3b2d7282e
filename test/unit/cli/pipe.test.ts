import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repoDir, tempDir } from '../../support/paths.ts';

test('init --yes writes its file although its output is not read', async () => {
  const folder = tempDir('pipe');
  writeFileSync(join(folder, 'go.sum'), 'example.com/a v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n');
  const args = ['init', '--yes', '--public', 'global', '--ecosystem', 'go', '--home', folder, '--root', folder];
  const child = spawn(process.execPath, [join(repoDir, 'src/main.ts'), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  let said = '';
  child.stderr.on('data', (piece: Buffer) => {
    said += piece.toString();
  });
  const [code] = await once(child, 'close');
  expect([code, said]).toEqual([0, expect.stringContaining('wrote ')]);
  expect(readFileSync(join(folder, 'mirrorwatch.yaml'), 'utf8')).toContain('mirrors:');
});

test('a wrong configuration ends with 2 although its mistakes are not read', async () => {
  const folder = tempDir('pipe');
  writeFileSync(join(folder, 'mirrorwatch.yaml'), 'mirrors: nonsense\n');
  const child = spawn(process.execPath, [join(repoDir, 'src/main.ts'), 'check'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.destroy();
  expect((await once(child, 'close'))[0]).toBe(2);
});
