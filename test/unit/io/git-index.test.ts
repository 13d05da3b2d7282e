import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isTrackedByGit } from '../../../src/io/git-index.ts';
import { tempDir } from '../../support/paths.ts';

const git = (cwd: string, ...argv: string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@localhost', ...argv], { cwd, stdio: 'ignore' });

function repository(): string {
  const folder = tempDir('repository');
  git(folder, 'init');
  mkdirSync(join(folder, 'data'));
  for (const name of ['tracked.db', 'other.db']) writeFileSync(join(folder, 'data', name), 'x');
  git(folder, 'add', 'data/tracked.db');
  return folder;
}

test('a file is tracked by Git or not', async () => {
  const folder = repository();
  const isTracked = (name: string) => isTrackedByGit(join(folder, name));
  expect(await Promise.all(['data/tracked.db', 'data/other.db', 'data/none.db', 'tracked.db'].map(isTracked))).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

test('also in a worktree, where .git is a file', async () => {
  const folder = repository();
  git(folder, 'commit', '-m', 'all');
  git(folder, 'worktree', 'add', 'beside');
  expect(await isTrackedByGit(join(folder, 'beside/data/tracked.db'))).toBe(true);
});

test('without a repository nothing is tracked', async () =>
  expect(await isTrackedByGit(join(tempDir('plain'), 'a.db'))).toBe(false));
