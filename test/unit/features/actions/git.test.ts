import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { acting } from './acting.ts';
import { adviceTo } from './advice.ts';
import { deployRepository } from './deploy-repository.ts';

const { folder, repository, git, commit, deed, shown } = deployRepository({ README: 'x\n' });
const ours = '# ours\nGOPROXY=https://a.example.com,direct\n';

const count = (branch = 'main') => Number(git(['rev-list', '--count', branch]));

it('commits the change with its reason and id, pushes it, and reverts it', async () => {
  commit({ 'ci/goproxy.env': { mode: '100755', text: ours } });
  const one = acting(folder(), deed());
  expect(await one.step('prepare')).toMatchObject({ tag: 'ok', output: expect.stringContaining('+GOPROXY=https://b') });
  expect(count()).toBe(2);
  expect(await one.step('act')).toMatchObject({ tag: 'ok' });
  expect(shown('main:ci/goproxy.env', 'main:README')).toBe('# ours\nGOPROXY=https://b.example.net|direct\nx\n');
  expect(git(['ls-tree', 'main', 'ci/goproxy.env'])).toMatch(/^100755 /);
  expect(git(['log', '-1', '--format=%an <%ae>%n%B', 'main'])).toBe(
    'Mirrors <mirrors@example.com>\nUse b for go\n\na is down.\n\nMirrorwatch-Action: advice00000000000001.ci\n\n',
  );
  // As after a kill before it was recorded.
  expect(await one.step('act')).toMatchObject({ tag: 'ok' });
  expect(count()).toBe(3);
  expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
  expect(shown('main:ci/goproxy.env')).toBe(ours);
  expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
  expect(count()).toBe(4);
});

it('begins a branch at the one of the repository, and an undo removes the file that it made', async () => {
  const one = acting(folder(), deed({ branch: 'mirrors' }));
  await one.step('prepare');
  await one.step('act');
  expect(shown('mirrors:ci/goproxy.env')).toBe('GOPROXY=https://b.example.net|direct\n');
  expect([count(), count('mirrors')]).toEqual([1, 2]);
  const diff = '--- ci/goproxy.env\n+++ /dev/null\n-GOPROXY=https://b.example.net|direct';
  expect(await one.step('undo')).toMatchObject({ output: diff });
  expect(git(['ls-tree', '--name-only', 'mirrors'])).toBe('README\n');
});

it('reverts nothing that was changed since', async () => {
  const one = acting(folder(), deed());
  await one.step('prepare');
  await one.step('act');
  commit({ 'ci/goproxy.env': 'GOPROXY=mine\n' });
  expect(await one.step('undo')).toMatchObject({ tag: 'failed', retry: false, because: { key: 'acted.changedSince' } });
  expect(shown('main:ci/goproxy.env')).toBe('GOPROXY=mine\n');
});

it('undoes a push whose end was lost, also if the file had changed between prepare and that push', async () => {
  const prepared = await acting(folder(), deed()).step('prepare');
  const kept = prepared.tag === 'ok' ? prepared.kept : null;
  commit({ 'ci/goproxy.env': ours });
  await acting(folder(), deed(), adviceTo(), {}, { kept }).step('act');
  const again = acting(folder(), deed(), adviceTo(), {}, { kept });
  expect(await again.step('act')).toMatchObject({ tag: 'ok' });
  expect(await again.step('undo')).toMatchObject({ tag: 'ok' });
  expect(shown('main:ci/goproxy.env')).toBe(ours);
  expect(count()).toBe(4);
});

it('signs where it is told to, runs no hook of its copy, and takes a path as it is', async () => {
  const path = ':ci/a "word" и/goproxy.env';
  commit({ [path]: ours });
  const one = acting(folder(), deed({ path, isSigned: true }));
  await one.step('prepare');
  const copy = join(folder(), 'kept/git-ci');
  mkdirSync(join(copy, 'hooks'));
  writeFileSync(join(copy, 'hooks/pre-push'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const signer = '#!/bin/sh\ncat > /dev/null\necho "[GNUPG:] SIG_CREATED " >&2\necho a signature\n';
  writeFileSync(join(folder(), 'signer'), signer, { mode: 0o755 });
  writeFileSync(join(copy, 'config'), `[gpg]\nprogram=${join(folder(), 'signer')}\n`, { flag: 'a' });
  expect(await one.step('act')).toMatchObject({ tag: 'ok' });
  const [mails, ...rest] = git(['cat-file', '-p', 'main']).split('\n').slice(2);
  expect(mails).toMatch(/^author Mirrors <mirrors@example.com> \d+ \+0000$/);
  expect(rest).toEqual([
    mails?.replace('author', 'committer'),
    'gpgsig a signature',
    '',
    'Use b for go',
    '',
    'a is down.',
    '',
    'Mirrorwatch-Action: advice00000000000001.ci',
    '',
  ]);
  expect(shown(`main:${path}`, 'main:README')).toBe('# ours\nGOPROXY=https://b.example.net|direct\nx\n');
});

it('follows no link of the repository', async () => {
  const linkTo = (text: string) => ({ mode: '120000', text });
  commit({ ci: linkTo('/etc'), env: linkTo('/etc/passwd') });
  const one = acting(folder(), deed());
  expect(await one.step('act')).toMatchObject({ tag: 'failed' });
  expect(existsSync('/etc/goproxy.env')).toBe(false);
  expect(await acting(folder(), deed({ path: 'env' })).step('act')).toMatchObject({
    tag: 'failed',
    because: { key: 'acted.noFile' },
  });
});

it('goes on after a Git that was killed, and removes what that left', async () => {
  const one = acting(folder(), deed());
  await one.step('prepare');
  const copy = join(folder(), 'kept/git-ci');
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
  const ref = join(copy, 'refs/mirrorwatch/base');
  for (const branch of ['main', 'other']) {
    // Made before its bytes were written.
    writeFileSync(ref, '');
    expect(await acting(folder(), deed({ branch })).step('prepare')).toMatchObject({ tag: 'ok' });
    expect(readFileSync(ref, 'utf8')).toBe(git(['rev-parse', 'main']));
    writeFileSync(join(copy, 'config'), '[');
    expect(await acting(folder(), deed({ branch })).step('prepare')).toMatchObject({ tag: 'ok' });
  }
  writeFileSync(join(copy, 'index.mirrorwatch'), 'x');
  const other = acting(folder(), deed({ branch: 'other', path: 'b.env' }), adviceTo(), {}, { id: 'b' });
  expect(await other.step('act')).toMatchObject({ tag: 'ok' });
  expect(count('other')).toBe(3);
  rmSync(repository(), { recursive: true });
  // A server that does not answer costs no copy.
  expect(await acting(folder(), deed()).step('prepare')).toMatchObject({ tag: 'failed', retry: true });
  expect(existsSync(ref)).toBe(true);
});

it('has one deadline for all commands of a step', async () => {
  const path = process.env['PATH'];
  mkdirSync(join(folder(), 'bin'));
  const script = `#!/bin/sh\nsleep 0.4\nPATH='${path}'\nexec git "$@"\n`;
  writeFileSync(join(folder(), 'bin/git'), script, { mode: 0o755 });
  vi.stubEnv('PATH', `${join(folder(), 'bin')}:${path}`);
  const one = acting(folder(), deed(), adviceTo(), { timeoutMs: 1_500 });
  vi.stubEnv('PATH', path);
  expect(await one.step('act')).toMatchObject({ tag: 'failed', because: { key: 'acted.time' } });
});

it('finds its commit among long messages, and refuses a file that is no UTF-8', async () => {
  const one = acting(folder(), deed());
  await one.step('act');
  commit({ bytes: Buffer.from([0xff, 0x0a]) }, Array(10).fill('x'.repeat(120_000)));
  expect(await one.step('act')).toMatchObject({ tag: 'ok' });
  expect(count()).toBe(13);
  expect(await acting(folder(), deed({ path: 'bytes' }), adviceTo(), {}, { id: 'b' }).step('act')).toMatchObject({
    because: { key: 'acted.notText' },
  });
});

it('a reason with line ends and a trailer of its own stays one line', async () => {
  const advice = adviceTo({ reason: 'x\r\nSigned-off-by: you\nMirrorwatch-Action: other.ci' });
  const one = acting(folder(), deed(), advice);
  await one.step('act');
  expect(git(['log', '-1', '--format=%B', 'main'])).toBe(
    'Use b for go\n\nx??Signed-off-by: you?Mirrorwatch-Action: other.ci\n\nMirrorwatch-Action: advice00000000000001.ci\n\n',
  );
});

it('a repository that is not there, or refuses the push, fails and may be tried again', async () => {
  const gone = acting(folder(), deed({ repository: join(folder(), 'gone.git') }));
  expect(await gone.step('act')).toMatchObject({ tag: 'failed', retry: true });
  mkdirSync(join(repository(), 'hooks'));
  writeFileSync(join(repository(), 'hooks/pre-receive'), '#!/bin/sh\necho no https://u:hunter2@h/\nexit 1\n', {
    mode: 0o755,
  });
  const end = await acting(folder(), deed()).step('act');
  expect(end).toMatchObject({ tag: 'failed', retry: true, output: expect.stringContaining('no https://***@h/') });
  expect(count()).toBe(1);
});
