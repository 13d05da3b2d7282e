import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gitTrackingOf } from '../../../src/io/git-index.ts';
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
  const find = (name: string) => gitTrackingOf(join(folder, name));
  expect(await Promise.all(['data/tracked.db', 'data/other.db', 'data/none.db', 'tracked.db'].map(find))).toEqual([
    'tracked',
    null,
    null,
    null,
  ]);
});

test.each([
  ['of version 4', ['update-index', '--index-version', '4']],
  ['that is split', ['update-index', '--split-index']],
  ['that is sparse', ['sparse-checkout', 'set', '--cone', '--sparse-index', 'data']],
])('an index %s is not read, so a file may be tracked', async (_, argv) => {
  const folder = repository();
  mkdirSync(join(folder, 'other'));
  writeFileSync(join(folder, 'other/file'), 'x');
  git(folder, 'add', 'other');
  git(folder, 'commit', '-m', 'all');
  expect(await gitTrackingOf(join(folder, 'data/other.db'))).toBe(null);
  git(folder, ...argv);
  expect(await gitTrackingOf(join(folder, 'data/other.db'))).toBe('unread');
});

test('an index with names and contents that look like extensions is read', async () => {
  const folder = repository();
  for (const name of ['link', 'sdir', 'link1']) writeFileSync(join(folder, name), 'link');
  git(folder, 'add', '.');
  git(folder, 'reset', 'data');
  expect(await gitTrackingOf(join(folder, 'data/other.db'))).toBe(null);
  expect(await gitTrackingOf(join(folder, 'link1'))).toBe('tracked');
});

test('a damaged index is not read', async () => {
  const folder = repository();
  writeFileSync(join(folder, '.git/index'), 'DIRC');
  expect(await gitTrackingOf(join(folder, 'data/other.db'))).toBe('unread');
});

test('an index with SHA-256 is read', async () => {
  const folder = tempDir('repository');
  git(folder, 'init', '--object-format=sha256');
  for (const name of ['a.db', 'b.db']) writeFileSync(join(folder, name), 'x');
  git(folder, 'add', 'a.db');
  expect(await gitTrackingOf(join(folder, 'b.db'))).toBe(null);
  expect(await gitTrackingOf(join(folder, 'a.db'))).toBe('tracked');
  git(folder, 'update-index', '--split-index');
  expect(await gitTrackingOf(join(folder, 'b.db'))).toBe('unread');
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
  expect(await gitTrackingOf(join(folder, name))).toBe(null);
  bring(folder);
  git(folder, 'add', '.');
  expect(await gitTrackingOf(join(folder, name))).toBe('tracked');
});

test('also by a link to a folder below the repository', async () => {
  const link = join(tempDir('link'), 'own');
  symlinkSync(join(repository(), 'data'), link);
  expect(await gitTrackingOf(join(link, 'tracked.db'))).toBe('tracked');
  expect(await gitTrackingOf(join(link, 'other.db'))).toBe(null);
});

test('also in a worktree, where .git is a file', async () => {
  const folder = repository();
  git(folder, 'commit', '-m', 'all');
  git(folder, 'worktree', 'add', 'beside');
  expect(await gitTrackingOf(join(folder, 'beside/data/tracked.db'))).toBe('tracked');
});

test('without a repository nothing is tracked', async () =>
  expect(await gitTrackingOf(join(tempDir('plain'), 'a.db'))).toBe(null));
