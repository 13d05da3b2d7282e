import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
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

test.each([
  ['a folder that is a link', 'data/state.db', (at: string) => symlinkSync('elsewhere', join(at, 'data'))],
  ['its log', 'state.db', (at: string) => writeFileSync(join(at, 'state.db-wal'), 'x')],
  ['its journal', 'state.db', (at: string) => writeFileSync(join(at, 'state.db-journal'), 'x')],
  ['a folder of actions that is a link', 'state.db', (at: string) => symlinkSync('elsewhere', join(at, 'actions'))],
  [
    'a file of its actions',
    'state.db',
    (at: string) => {
      mkdirSync(join(at, 'actions/git-ci'), { recursive: true });
      writeFileSync(join(at, 'actions/git-ci/config'), 'x');
    },
  ],
])('a state file is of the repository too by %s', async (_, name, bring) => {
  const folder = tempDir('repository');
  git(folder, 'init');
  mkdirSync(join(folder, 'elsewhere'));
  for (const other of ['state.db.md', 'actions.ts', 'elsewhere/state.db']) writeFileSync(join(folder, other), 'x');
  git(folder, 'add', '.');
  expect(await isTrackedByGit(join(folder, name))).toBe(false);
  bring(folder);
  git(folder, 'add', '.');
  expect(await isTrackedByGit(join(folder, name))).toBe(true);
});

test('also by a link to a folder below the repository', async () => {
  const link = join(tempDir('link'), 'own');
  symlinkSync(join(repository(), 'data'), link);
  expect(await isTrackedByGit(join(link, 'tracked.db'))).toBe(true);
  expect(await isTrackedByGit(join(link, 'other.db'))).toBe(false);
});

test('also in a worktree, where .git is a file', async () => {
  const folder = repository();
  git(folder, 'commit', '-m', 'all');
  git(folder, 'worktree', 'add', 'beside');
  expect(await isTrackedByGit(join(folder, 'beside/data/tracked.db'))).toBe(true);
});

test('without a repository nothing is tracked', async () =>
  expect(await isTrackedByGit(join(tempDir('plain'), 'a.db'))).toBe(false));
