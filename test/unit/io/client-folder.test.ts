import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clearFolder, makeRunsFolder } from '../../../src/io/client-folder.ts';
import { findForeignFolder } from '../../../src/io/foreign-folder.ts';
import { tempDir } from '../../support/paths.ts';

/** Exchanges a folder and a link all the time, as fast as it can. */
const exchanging = `
  const { renameSync } = require('node:fs');
  const [, at] = process.argv;
  console.log('begun');
  const names = [['x', 'aside'], ['link', 'x'], ['x', 'link'], ['aside', 'x']];
  for (;;) for (const [from, to] of names) try { renameSync(at + '/' + from, at + '/' + to); } catch {}
`;

test('a folder is removed without a file behind a link that its user puts there meanwhile', async () => {
  const [root, victim] = [tempDir('clear'), tempDir('victim')];
  const names = Array.from({ length: 20 }, (_, at) => `file-${at}`);
  for (const name of names) writeFileSync(join(victim, name), '');
  const attacker = spawn(process.execPath, ['-e', exchanging, join(root, 'current/inner')]);
  try {
    await once(attacker.stdout, 'data');
    for (let round = 0; round < 400; round += 1) {
      const home = join(root, `home-${round}`);
      mkdirSync(join(home, 'inner/x'), { recursive: true });
      for (const name of names) writeFileSync(join(home, 'inner/x', name), '');
      symlinkSync(victim, join(home, 'inner/link'));
      symlinkSync(home, join(root, 'next'));
      renameSync(join(root, 'next'), join(root, 'current'));
      await clearFolder(home);
      expect(readdirSync(victim).length).toBe(names.length);
    }
  } finally {
    attacker.kill('SIGKILL');
  }
});

test('the folder of runs is below no folder that others may write to, sticky or not', async () => {
  const uid = process.geteuid?.() ?? 0;
  const shared = tempDir('shared');
  chmodSync(shared, 0o1777);
  const folder = await makeRunsFolder(join(shared, 'clients'));
  expect(folder.startsWith(shared)).toBe(false);
  expect(existsSync(join(shared, 'clients'))).toBe(false);
  expect(await findForeignFolder(join(folder, 'x'), uid, true)).toBe(null);
  mkdirSync(join(shared, 'own'));
  expect(await findForeignFolder(join(shared, 'own/x'), uid, true)).not.toBe(null);
});

test('read-only folders are removed too', async () => {
  const home = join(tempDir('clear'), 'home');
  mkdirSync(join(home, 'a/b'), { recursive: true });
  writeFileSync(join(home, 'a/b/c'), '');
  for (const name of ['a/b', 'a']) chmodSync(join(home, name), 0o500);
  await clearFolder(home);
  expect(existsSync(home)).toBe(false);
});

test('a folder of more levels than it has descriptors for is left, without what is beside', async () => {
  const home = join(tempDir('clear'), 'home');
  mkdirSync(join(home, ...Array.from({ length: 150 }, () => 'd')), { recursive: true });
  writeFileSync(join(home, 'secret'), '');
  await clearFolder(home);
  expect(readdirSync(home)).toEqual(['d']);
});
