import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { tempDir } from '../../support/paths.ts';
import { run } from './run-program.ts';

// A checkout of a stranger: its mirrorwatch.yaml names a server of the stranger, and secrets of whoever is in the folder.

const seen: string[] = [];
const server = createServer((request, response) => {
  seen.push(`${request.url} ${JSON.stringify(request.headers)}`);
  response.end("export GOPROXY='https://evil.example.com'\n");
});
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const env = { GITHUB_TOKEN: 'ghp_1234567890' };
let home = '';
let folder = '';
beforeEach(() => {
  seen.length = 0;
  home = tempDir('home');
  folder = join(home, 'checkout');
  mkdirSync(folder);
  writeFileSync(join(home, 'token'), 'secret-of-home\n');
  writeFileSync(join(home, 'go.sum'), 'corp.example.com/secret-name v1.0.0 h1:x\n');
});

const hostile = (mirror: string, more = ''): void => {
  const { host } = new URL(url);
  const modules = more === '' ? 'modules: { go: [example.com/hello@v1.0.0] }' : more;
  writeFileSync(
    join(folder, 'mirrorwatch.yaml'),
    `vantage: x\nlisten: "${host}"\nmirrors: [{ name: a, ecosystem: go, url: "${url}"${mirror} }]\n${modules}\n`,
  );
};
const here = (...argv: string[]) => run(argv, { cwd: folder, env: { ...env, HOME: home } });

describe('a configuration that is only found in the folder', () => {
  test.each(['tokenFile: ../token', `token: "\${GITHUB_TOKEN}"`])('names no daemon: { %s }', async (secret) => {
    writeFileSync(
      join(folder, 'mirrorwatch.yaml'),
      `vantage: x\nlisten: { address: "${new URL(url).host}", ${secret} }\nmirrors: []\n`,
    );
    for (const argv of [
      ['advice', '--export'],
      ['advice', '--apply', '--yes'],
      ['actions', 'stop'],
      ['health', '--ready'],
    ]) {
      const ran = await here(...argv);
      expect(ran.out).not.toContain('evil');
      expect(ran.err).toContain('mirrorwatch.yaml in this folder is not used');
    }
    expect(seen).toEqual([]);
  });

  test.each<[string, string, string]>([
    ['a variable of the environment', `, auth: { token: "\${GITHUB_TOKEN}" }`, ''],
    ['a file outside', ', auth: { tokenFile: ../token }', ''],
    ['a link that leads outside', ', auth: { tokenFile: link }', ''],
    ['a secret of the user in the folder', ', auth: { tokenFile: .env }', ''],
    ['a netrc of the user in the folder', ', auth: { netrc: .netrc }', ''],
    ['names of modules of another project', '', 'modules: { go: [{ from: ../go.sum }] }'],
  ])('sends no mirror %s', async (_, mirror, more) => {
    symlinkSync(join(home, 'token'), join(folder, 'link'));
    writeFileSync(join(folder, '.env'), 'KEY=secret-of-user\n');
    writeFileSync(join(folder, '.netrc'), 'machine 127.0.0.1 login ada password secret-of-user\n');
    hostile(mirror, more);
    for (const argv of [['rank'], ['probe', 'a'], ['doctor', '--online'], ['advice', '--now'], ['replay']]) {
      const ran = await here(...argv);
      expect([ran.code, ran.out]).toEqual([2, '']);
      expect(ran.err).toContain('so it may use neither variables of the environment nor files, except lock files');
    }
    expect(seen.join('\n')).not.toMatch(/ghp_|secret/);
  });

  test('may name what it brings along, and is used whole by `check`', async () => {
    writeFileSync(join(folder, 'go.sum'), 'example.com/hello v1.0.0 h1:x\n');
    hostile('', 'modules: { go: [example.com/hello@v1.0.0] }');
    expect((await here('probe', 'a', 'example.com/hello@v1.0.0')).err).not.toContain('may use neither');
    expect(seen.length).toBeGreaterThan(0);
    hostile(`, auth: { token: "\${GITHUB_TOKEN}" }`);
    seen.length = 0;
    expect((await here('check')).code).toBe(0);
    expect(seen).toEqual([]);
  });

  test('reverts no file: records of changes may be part of the checkout', async () => {
    hostile('');
    const victim = join(home, '.bashrc');
    writeFileSync(victim, 'after\n');
    mkdirSync(join(folder, 'data/actions/files'), { recursive: true });
    const change = {
      id: '1',
      madeAt: '2026-01-01T00:00:00.000Z',
      files: [{ file: victim, before: 'evil\n', after: 'after\n' }],
    };
    writeFileSync(join(folder, 'data/actions/files/1.json'), JSON.stringify(change));
    const ran = await here('undo', '--all');
    expect(ran.out).toBe('nothing to undo');
    expect(ran.err).toContain('the actions of mirrorwatch.yaml in this folder are not undone');
  });

  test('has `doctor` print neither its front door nor its private names', async () => {
    const more =
      'private: { go: ["k8s.io/*"] }\ndoor: { listen: { address: "evil.example.com:80", token: 0123456789abcdef } }';
    hostile('', `modules: { go: [example.com/hello@v1.0.0] }\n${more}`);
    writeFileSync(join(folder, 'go.mod'), 'module x\nrequire k8s.io/api v0.30.0\n');
    const ran = await here('doctor', '--fix', '--yes', '--root', home);
    expect(ran.out).not.toMatch(/evil|GOPRIVATE/);
    expect(ran.err).toContain('name it with --config if it is yours');
    expect(existsSync(join(home, '.config/go/env'))).toBe(false);
    const named = await here('doctor', '--root', home, '--config', 'mirrorwatch.yaml');
    expect(named.out).toMatch(/evil[\s\S]*GOPRIVATE=.*'k8s.io/);
  });

  test('has `doctor` show no value of a variable, and set no registry of the project in the home folder', async () => {
    const reference = `$${'{GITHUB_TOKEN}'}`;
    const npmrc = [
      `registry=http://evil.example.com/${reference}/`,
      `@a:registry=https://${reference}.example.com/`,
      `//${reference}.example.com/:_authToken=x`,
      '//other.example.com/:_authToken=x',
      '_authToken=x',
    ];
    writeFileSync(join(folder, '.npmrc'), npmrc.join('\n'));
    writeFileSync(join(folder, 'package.json'), '{\n"dependencies": {\n"@b/c": "1" } }');
    writeFileSync(join(home, '.npmrc'), `@b:registry=https://b.example.com/${reference}/\n`);
    writeFileSync(join(home, '.yarnrc.yml'), 'npmRegistryServer: "https://own.example.com/"\n');
    const { out } = await here('doctor', '--root', home);
    expect(
      out.match(/npm-(?:clients-differ|registry-plain|auth-unscoped|auth-elsewhere|scope-of-user)$/gm),
    ).toHaveLength(5);
    expect(out).toContain(`yarn config set npmRegistryServer 'http://evil.example.com/${reference}/'\n`);
    expect(out).not.toMatch(/ghp_|--home/i);
    await here('doctor', '--fix', '--yes', '--root', home);
    expect(readFileSync(join(folder, '.npmrc'), 'utf8')).toContain(`//evil.example.com/${reference}/:_authToken=x`);
  });

  test.each(['orderFile: ../.bashrc', 'orderFile: out/.bashrc', 'orderFile: out/new/order.json'])(
    'has the front door write no file outside: %s',
    async (orderFile) => {
      writeFileSync(join(home, '.bashrc'), 'alias ll=ls\n');
      symlinkSync(home, join(folder, 'out'));
      hostile('', `modules: { go: [example.com/hello@v1.0.0] }\ndoor: { listen: 127.0.0.1:0, ${orderFile} }`);
      const ran = await here('door');
      expect(ran.code).toBe(2);
      expect(ran.err).toContain('If it is yours, name it with --config');
      expect(readFileSync(join(home, '.bashrc'), 'utf8')).toBe('alias ll=ls\n');
    },
  );
});

test('a state file that the repository brings is refused by run', async () => {
  const git = (...argv: string[]) => execFileSync('git', argv, { cwd: folder, stdio: 'ignore' });
  hostile('');
  git('init');
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data/mirrorwatch.db'), '');
  git('add', '-f', 'data/mirrorwatch.db');
  const ran = await here('run');
  expect(ran.code).toBe(2);
  expect(ran.err).toContain('Git tracks this file, its log, a link above it or files in the folder actions');
  expect(seen).toEqual([]);
});
