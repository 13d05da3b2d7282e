import dns from 'node:dns';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import { isGitCopyUsable } from '../../../../src/io/git-copy.ts';
import { acting } from './acting.ts';
import { deployRepository } from './deploy-repository.ts';
import { startGitServer } from './git-server.ts';

const { folder, repository, git, commit, deed, shown } = deployRepository({ README: 'x\n', 'ci/other': 'y\n' });

it('fetches and pushes over HTTP', async () => {
  git(['config', 'http.receivepack', 'true']);
  await using server = await startGitServer(repository());
  const one = acting(folder(), deed({ repository: server.url }));
  expect(await one.step('act')).toMatchObject({ tag: 'ok' });
  expect(shown('main:ci/goproxy.env', 'main:ci/other')).toBe('GOPROXY=https://b.example.net|direct\ny\n');
  expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
  expect(git(['ls-tree', '-r', '--name-only', 'main'])).toBe('README\nci/other\n');
});

it.each(['git-upload-pack', 'git-receive-pack'])('follows no redirect of %s to another server', async (service) => {
  const target = join(folder(), 'target');
  mkdirSync(target);
  cpSync(repository(), join(target, 'deploy.git'), { recursive: true });
  for (const one of [repository(), join(target, 'deploy.git')])
    writeFileSync(join(one, 'config'), '[http]\nreceivepack=true\n', { flag: 'a' });
  await using other = await startGitServer(join(target, 'deploy.git'));
  await using server = await startGitServer(repository(), ({ url }, response) => {
    const isTaken = url?.endsWith(`info/refs?service=${service}`) === true;
    if (isTaken) response.writeHead(302, { location: `http://127.0.0.1:${other.port}${url}` }).end();
    return isTaken;
  });
  // The operator's own setting does not open this door again.
  writeFileSync(join(process.env['HOME'] ?? '', '.gitconfig'), '[http]\nfollowRedirects=true\n', { flag: 'a' });
  expect(await acting(folder(), deed({ repository: server.url })).step('act')).toMatchObject({
    tag: 'failed',
    retry: true,
  });
  expect(server.paths.some((path) => path.endsWith(service))).toBe(true);
  expect(other.paths).toEqual([]);
});

it('connects only to an address that is public or allowed, which was checked', async () => {
  git(['config', 'http.receivepack', 'true']);
  await using server = await startGitServer(repository());
  const { lookup } = dns;
  const found = [
    { address: '10.0.0.1', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ];
  dns.lookup = ((_host: string, _options: object, done: (error: null, all: typeof found) => void) =>
    done(null, found)) as unknown as typeof dns.lookup;
  syncBuiltinESMExports();
  try {
    // Git itself cannot resolve this name, so it uses the address that was checked.
    const named = server.url.replace('127.0.0.1', 'git.invalid');
    const why = { key: 'acted.forbidden', values: { address: '10.0.0.1', key: 'onAdvice[].git.allow' } };
    expect(await acting(folder(), deed({ repository: named })).step('act')).toMatchObject({
      because: { key: 'acted.request', values: { why } },
    });
    expect(server.paths).toEqual([]);
    const allowed = deed({ repository: named, allow: ['127.0.0.0/8'] });
    expect(await acting(folder(), allowed).step('act')).toMatchObject({ tag: 'ok' });
  } finally {
    dns.lookup = lookup;
    syncBuiltinESMExports();
  }
});

it('changes one file of a repository whose trees list 16 million files', async () => {
  const blob = git(['hash-object', '-w', '--stdin'], 'x\n').trim();
  let entry = `100644 blob ${blob}`;
  const tree = (more = '') =>
    git(['mktree'], `${Array.from({ length: 16 }, (_, at) => `${entry}\t${at}\n`).join('')}${more}`).trim();
  for (let depth = 0; depth < 6; depth += 1) entry = `040000 tree ${tree()}`;
  const head = git(['-c', 'user.name=t', '-c', 'user.email=t', 'commit-tree', '-m', 'x', '-p', 'main', tree()]).trim();
  git(['update-ref', 'refs/heads/main', head]);
  const one = acting(folder(), deed());
  expect(await one.step('act')).toMatchObject({ tag: 'ok' });
  expect(git(['diff-tree', '--name-status', '-r', head, 'main'])).toBe('A\tci/goproxy.env\n');
  expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
  expect(git(['rev-parse', 'main^{tree}', `${head}^{tree}`]).split('\n')[0]).toBe(
    git(['rev-parse', `${head}^{tree}`]).trim(),
  );
});

it('keeps the other entries of each folder as they are, whatever their names and kinds', async () => {
  commit({ 'ci/plain': 'x\n' });
  const blob = git(['hash-object', '-w', '--stdin'], 'x\n').trim();
  const main = git(['rev-parse', 'main']).trim();
  const names = ['\xff\xfe', 'a\nb', 'a"b', 'a\\b', 'goproxy.env ', 'goproxy', 'и', '$(id)'];
  const entries = names.map((name) => `100644 blob ${blob}\t${name}\0`);
  const listed = Buffer.concat([
    Buffer.from([...entries.slice(0, 1)].join(''), 'latin1'),
    Buffer.from(`${entries.slice(1).join('')}120000 blob ${blob}\tlink\0${'160000'} commit ${main}\tmodule\0`),
  ]);
  const ci = git(['mktree', '-z', '--missing'], listed).trim();
  const root = git(['mktree'], `040000 tree ${ci}\tci\n160000 commit ${main}\tmodule\n`).trim();
  const head = git(['-c', 'user.name=t', '-c', 'user.email=t', 'commit-tree', '-m', 'x', '-p', 'main', root]).trim();
  git(['update-ref', 'refs/heads/main', head]);
  expect(await acting(folder(), deed()).step('act')).toMatchObject({ tag: 'ok' });
  expect(git(['diff-tree', '--name-status', '-r', head, 'main'])).toBe('A\tci/goproxy.env\n');
  const own = deed({ path: 'ci/a"и' });
  expect(await acting(folder(), own, undefined, {}, { id: 'b' }).step('act')).toMatchObject({ tag: 'ok' });
  expect(await acting(folder(), own, undefined, {}, { id: 'b' }).step('prepare')).toMatchObject({ output: '' });
});

it('limits the memory and the files of each Git program, its protocols and what a server may send it to', async () => {
  const path = process.env['PATH'] ?? '';
  mkdirSync(join(folder(), 'bin'));
  const log = join(folder(), 'log');
  const script = `#!/bin/sh\n(ulimit -d; ulimit -f; echo "$GIT_ALLOW_PROTOCOL" "$@") >>'${log}'\nPATH='${path}'\nexec git "$@"\n`;
  writeFileSync(join(folder(), 'bin/git'), script, { mode: 0o755 });
  vi.stubEnv('PATH', `${join(folder(), 'bin')}:${path}`);
  const one = acting(folder(), deed());
  vi.stubEnv('PATH', path);
  expect(await one.step('act')).toMatchObject({ tag: 'ok' });
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  const each = Map.groupBy(lines, (_, at) => at % 3);
  expect(new Set(each.get(0))).toEqual(new Set([String(limits.gitMemoryBytes / 1024)]));
  expect(new Set(each.get(1))).toEqual(new Set([String(limits.gitFileBytes / 512)]));
  for (const line of each.get(2) ?? [])
    expect(line).toMatch(
      /^file:http:https:ssh .*-c core\.hooksPath=\/dev\/null -c http\.followRedirects=false -c fetch\.uriProtocols= -c transfer\.bundleURI=false /,
    );
});

it('uses no copy that another process made: its settings could name programs', async () => {
  const copy = join(folder(), 'kept/git-ci');
  const ran = join(folder(), 'ran');
  mkdirSync(join(copy, 'objects/info'), { recursive: true });
  cpSync(repository(), copy, { recursive: true });
  writeFileSync(join(copy, 'config'), `[core]\n\talternateRefsCommand = "touch '${ran}'; true"\n`, { flag: 'a' });
  writeFileSync(join(copy, 'objects/info/alternates'), `${join(repository(), 'objects')}\n`);
  commit({ 'ci/new': 'x\n' });
  expect(await acting(folder(), deed()).step('act')).toMatchObject({ tag: 'ok' });
  expect(existsSync(ran)).toBe(false);
});

it('makes the copy anew when it has grown too large', async () => {
  expect(await acting(folder(), deed()).step('prepare')).toMatchObject({ tag: 'ok' });
  const copy = join(folder(), 'kept/git-ci');
  expect(await isGitCopyUsable(copy)).toBe(true);
  const large = join(copy, 'objects/pack/large.pack');
  writeFileSync(large, '');
  truncateSync(large, limits.gitFileBytes);
  expect(await acting(folder(), deed()).step('act')).toMatchObject({ tag: 'ok' });
  expect(readdirSync(join(copy, 'objects/pack'))).not.toContain('large.pack');
});
