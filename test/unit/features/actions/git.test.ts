import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ActionDeed } from '../../../../src/core/action.ts';
import { acting } from './acting.ts';
import { adviceTo } from './advice.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mirrorwatch-git-'));
  git(folder, 'init', '--quiet', '--bare', '--initial-branch=main', repository());
  mkdirSync(join(folder, 'work'));
  git(work(), 'init', '--quiet', '--initial-branch=main');
  writeFileSync(join(work(), 'README'), 'x\n');
  commit('first');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const repository = () => join(folder, 'deploy.git');
const work = () => join(folder, 'work');
const who = ['-c', 'user.name=t', '-c', 'user.email=t@example.com'];

function git(cwd: string, ...args: readonly string[]): string {
  return execFileSync('git', [...who, ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

function commit(message: string, branch = 'main'): void {
  git(work(), 'add', '-A');
  git(work(), 'commit', '--quiet', '-m', message);
  git(work(), 'push', '--quiet', repository(), `HEAD:refs/heads/${branch}`);
}

const deed = (over: Partial<Extract<ActionDeed, { kind: 'git' }>> = {}): ActionDeed => ({
  kind: 'git',
  repository: repository(),
  branch: 'main',
  path: 'ci/goproxy.env',
  as: 'env',
  author: 'Mirrors <mirrors@example.com>',
  isSigned: false,
  mergeRequest: null,
  ...over,
});
const shown = (of: string) => git(repository(), 'show', of);
const count = (branch = 'main') => Number(git(repository(), 'rev-list', '--count', branch));

it('commits the change with its reason and id, pushes it, and reverts it', async () => {
  mkdirSync(join(work(), 'ci'));
  writeFileSync(join(work(), 'ci/goproxy.env'), '# ours\nGOPROXY=https://a.example.com,direct\n');
  chmodSync(join(work(), 'ci/goproxy.env'), 0o755);
  commit('second');
  const one = acting(folder, deed());
  expect(await one.step('prepare')).toMatchObject({ tag: 'ok', output: expect.stringContaining('+GOPROXY=https://b') });
  expect(count()).toBe(2);
  expect(await one.step('act')).toMatchObject({ tag: 'ok' });
  expect(shown('main:ci/goproxy.env')).toBe('# ours\nGOPROXY=https://b.example.net|direct\n');
  expect(shown('main:README')).toBe('x\n');
  expect(git(repository(), 'ls-tree', 'main', 'ci/goproxy.env')).toMatch(/^100755 /);
  expect(git(repository(), 'log', '-1', '--format=%an <%ae>%n%B', 'main')).toBe(
    'Mirrors <mirrors@example.com>\nUse b for go\n\na is down.\n\nMirrorwatch-Action: advice00000000000001.ci\n\n',
  );
  // As after a kill before it was recorded.
  expect(await one.step('act')).toMatchObject({ tag: 'ok' });
  expect(count()).toBe(3);
  expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
  expect(shown('main:ci/goproxy.env')).toBe('# ours\nGOPROXY=https://a.example.com,direct\n');
  expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
  expect(count()).toBe(4);
});

it('begins a branch at the one of the repository, and an undo removes the file that it made', async () => {
  const one = acting(folder, deed({ branch: 'mirrors' }));
  await one.step('prepare');
  await one.step('act');
  expect(shown('mirrors:ci/goproxy.env')).toBe('GOPROXY=https://b.example.net|direct\n');
  expect([count('main'), count('mirrors')]).toEqual([1, 2]);
  await one.step('undo');
  expect(git(repository(), 'ls-tree', '-r', '--name-only', 'mirrors')).toBe('README\n');
});

it('reverts nothing that was changed since', async () => {
  const one = acting(folder, deed());
  await one.step('prepare');
  await one.step('act');
  git(work(), 'pull', '--quiet', '--rebase', repository(), 'main');
  writeFileSync(join(work(), 'ci/goproxy.env'), 'GOPROXY=mine\n');
  commit('mine');
  expect(await one.step('undo')).toMatchObject({ tag: 'failed', retry: false, because: { key: 'acted.changedSince' } });
  expect(shown('main:ci/goproxy.env')).toBe('GOPROXY=mine\n');
});

it('undoes a push whose end was lost, also if the file had changed between prepare and that push', async () => {
  const prepared = await acting(folder, deed()).step('prepare');
  const kept = prepared.tag === 'ok' ? prepared.kept : null;
  mkdirSync(join(work(), 'ci'));
  writeFileSync(join(work(), 'ci/goproxy.env'), '# ours\nGOPROXY=https://a.example.com,direct\n');
  commit('meanwhile');
  await acting(folder, deed(), adviceTo(), {}, { kept }).step('act');
  const again = acting(folder, deed(), adviceTo(), {}, { kept });
  expect(await again.step('act')).toMatchObject({ tag: 'ok' });
  expect(await again.step('undo')).toMatchObject({ tag: 'ok' });
  expect(shown('main:ci/goproxy.env')).toBe('# ours\nGOPROXY=https://a.example.com,direct\n');
  expect(count()).toBe(4);
});

it('runs no hook of its copy, and follows no link of the repository', async () => {
  symlinkSync('/etc', join(work(), 'ci'));
  commit('a link');
  const one = acting(folder, deed());
  expect(await one.step('act')).toMatchObject({ tag: 'failed' });
  expect(existsSync('/etc/goproxy.env')).toBe(false);
  symlinkSync('/etc/passwd', join(work(), 'env'));
  commit('another');
  expect(await acting(folder, deed({ path: 'env' })).step('act')).toMatchObject({
    tag: 'failed',
    because: { key: 'acted.noFile' },
  });
});

it('goes on after a Git that was killed, and removes what that left', async () => {
  const one = acting(folder, deed());
  await one.step('prepare');
  const copy = join(folder, 'kept/git-ci');
  const left = [
    'shallow.lock',
    'config.lock',
    'refs/mirrorwatch/base.lock',
    'index.mirrorwatch.lock',
    'objects/pack/tmp_pack_a',
  ];
  for (const name of left) {
    mkdirSync(dirname(join(copy, name)), { recursive: true });
    writeFileSync(join(copy, name), '');
  }
  expect(await one.step('act')).toMatchObject({ tag: 'ok' });
  expect(left.filter((name) => existsSync(join(copy, name)))).toEqual([]);
  expect(count()).toBe(2);
});

it('has one deadline for all commands of a step', async () => {
  mkdirSync(join(folder, 'bin'));
  const script = `#!/bin/sh\nsleep 0.4\nPATH='${process.env['PATH']}'\nexec git "$@"\n`;
  writeFileSync(join(folder, 'bin/git'), script, { mode: 0o755 });
  vi.stubEnv('PATH', `${join(folder, 'bin')}:${process.env['PATH']}`);
  const one = acting(folder, deed(), adviceTo(), { timeoutMs: 1_500 });
  vi.unstubAllEnvs();
  expect(await one.step('act')).toMatchObject({ tag: 'failed', because: { key: 'acted.time' } });
});

it('finds its commit among long messages, and refuses a file that is no UTF-8', async () => {
  const one = acting(folder, deed());
  await one.step('act');
  git(work(), 'pull', '--quiet', '--rebase', repository(), 'main');
  writeFileSync(join(folder, 'message'), 'x'.repeat(120_000));
  for (let at = 0; at < 10; at += 1) git(work(), 'commit', '--quiet', '--allow-empty', '-F', join(folder, 'message'));
  writeFileSync(join(work(), 'bytes'), Buffer.from([0xff, 0x0a]));
  commit('bytes');
  expect(await one.step('act')).toMatchObject({ tag: 'ok' });
  expect(count()).toBe(13);
  expect(await acting(folder, deed({ path: 'bytes' }), adviceTo(), {}, { id: 'b' }).step('act')).toMatchObject({
    because: { key: 'acted.notText' },
  });
});

it('a reason with line ends and a trailer of its own stays one line', async () => {
  const advice = adviceTo({ reason: 'x\r\nSigned-off-by: you\nMirrorwatch-Action: other.ci' });
  const one = acting(folder, deed(), advice);
  await one.step('act');
  expect(git(repository(), 'log', '-1', '--format=%(trailers:only)', 'main')).toBe(
    'Mirrorwatch-Action: advice00000000000001.ci\n\n',
  );
});

it('a repository that is not there, or refuses the push, fails and may be tried again', async () => {
  const gone = acting(folder, deed({ repository: join(folder, 'gone.git') }));
  expect(await gone.step('act')).toMatchObject({ tag: 'failed', retry: true });
  writeFileSync(join(repository(), 'hooks/pre-receive'), '#!/bin/sh\necho no https://u:hunter2@h/\nexit 1\n', {
    mode: 0o755,
  });
  const end = await acting(folder, deed()).step('act');
  expect(end).toMatchObject({ tag: 'failed', retry: true, output: expect.stringContaining('no https://***@h/') });
  expect(count()).toBe(1);
});
