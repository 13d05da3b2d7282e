import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { registry } from '../../../src/ecosystems/registry.ts';
import { repoDir } from '../../support/paths.ts';
import { table } from '../../support/table.ts';
import { type TestMachine, testMachine } from '../features/doctor/machine.ts';
import { englishLeft } from './english-left.ts';
import { run } from './run-program.ts';

const hash = `h1:${'a'.repeat(43)}=`;
const goSum = ['rsc.io/quote v1.5.2', 'git.build.corp/team/lib v1.0.0']
  .flatMap((one) => [`${one} ${hash}`, `${one}/go.mod ${hash}`])
  .join('\n');
const packageLock = JSON.stringify({
  name: 'app',
  lockfileVersion: 3,
  packages: {
    '': { dependencies: { 'left-pad': '1.3.0', '@corp/ui': '1.0.0' } },
    'node_modules/left-pad': { version: '1.3.0' },
    'node_modules/@corp/ui': { version: '1.0.0' },
  },
});
const project = {
  'go.sum': `${goSum}\n`,
  'web/package-lock.json': packageLock,
  'api/requirements.txt': 'six==1.17.0\n',
  'api/Dockerfile': 'FROM node:24-slim AS build\nFROM build\nFROM $BASE\nFROM ghcr.io/team/base:1\n',
  'docker-compose.yml': 'services:\n  db:\n    image: "postgres:17"\n',
  'node_modules/x/package-lock.json': '{}',
  '~/.config/go/env': 'GOPROXY=https://ada:hunter2@go.build.corp,direct\nGOPRIVATE=git.build.corp\n',
  '~/.npmrc': '@corp:registry=https://npm.build.corp/\n//npm.build.corp/:_authToken=hunter2\n',
};

const uvLock = (name: string): string =>
  `version = 1\n[[package]]\nname = "${name}"\nversion = "1.0"\nsource = { registry = "https://${['pypi', 'org'].join('.')}/simple" }\n`;

/** `check` says nothing against it: its warnings are on standard error. */
async function expectAccepted(machine: TestMachine): Promise<void> {
  const checked = await run(['check'], { cwd: machine.at('x').slice(0, -2) });
  expect([checked.code, checked.err]).toEqual([0, '']);
}

describe('mirrorwatch init', () => {
  test.each([
    ['with requirements', 'module example.com/a\n\nrequire rsc.io/quote v1.5.2\n', '- { from: "go.mod", top: 12 }'],
    ['without requirements', 'module example.com/a\n', '- "rsc.io/quote@v1.5.2"    # an example'],
  ])('a go.mod without go.sum makes Go an ecosystem of the project, %s', async (_, goMod, line) => {
    const machine = testMachine({
      'go.mod': goMod,
      'web/package-lock.json': packageLock,
      '~/.config/go/env': 'GOPROXY=https://go.build.corp,direct\n',
    });
    const { code, err } = await machine.run(['init', '--yes', '--public', 'cn', '--vantage', 'ci']);
    expect([code, err]).toEqual([0, expect.not.stringContaining('does not use it')]);
    expect(machine.text('mirrorwatch.yaml')).toContain(line);
    await expectAccepted(machine);
  });

  test('writes what check accepts without a warning: mirrors, modules that are used, and no private name', async () => {
    const machine = testMachine(project);
    const { code, err, out } = await machine.run(['init', '--yes', '--public', 'cn', '--vantage', 'ci']);
    expect([code, err]).toEqual([0, expect.stringContaining('wrote ')]);
    const text = machine.text('mirrorwatch.yaml');
    expect(`${out}\n`).toBe(text);
    expect(text + err).not.toContain('hunter2');
    expect(err.split('\n').slice(0, 6)).toEqual([
      `go: 1 module (go.sum); clients use https://go.build.corp,direct (${machine.at('~/.config/go/env')}:1)`,
      'npm: 1 module (web/package-lock.json); clients use their default setting (no setting, lock file or build file found here names a mirror)',
      'pypi: 1 module (api/requirements.txt); clients use their default setting (no setting, lock file or build file found here names a mirror)',
      'oci: 2 modules (docker-compose.yml, api/Dockerfile); clients use their default setting (no setting, lock file or build file found here names a mirror)',
      'private names, requested from no mirror: git.build.corp/team/lib, @corp/ui',
      'no mirror is known for: ghcr.io/team/base:1',
    ]);
    for (const line of [
      'vantage: ci',
      '- { from: "go.sum", top: 12 }',
      '"docker.io/library/postgres:17"',
      'url: "https://go.build.corp", weight: 110',
    ])
      expect(text).toContain(line);
    await expectAccepted(machine);
  });

  test('protections of clients are keys of the configuration, with the places where they are set', async () => {
    const machine = testMachine({
      'package.json': '{ "packageManager": "pnpm@11.2.0" }',
      '.npmrc': 'min-release-age=3\n',
      'package-lock.json': packageLock,
      'requirements.txt': 'six==1.17.0\n',
      '~/.config/uv/uv.toml': 'exclude-newer = "1 day"\n',
    });
    const { code, err } = await machine.run(['init', '--yes', '--public', 'global']);
    expect([code, err]).toEqual([0, expect.stringContaining('wrote ')]);
    const text = machine.text('mirrorwatch.yaml').replaceAll(`${machine.at('x').slice(0, -1)}`, '');
    expect(text).toContain(`npm:
  protections:
    - npm-release-age    # .npmrc:1
    - pnpm-release-age    # pnpm 11.2 waits a day by default (package.json:1)
pypi:
  protections:
    - uv-release-age    # ${machine.at('~/.config/uv/uv.toml')}:1
`);
    await expectAccepted(machine);
  });

  test('only what a service of a compose file pulls is an image of a registry', async () => {
    const compose = `x-base: &base
  image: redis:7
services:
  app:
    image: myapp:dev
    build: .
  worker: { image: "worker:dev", build: { context: . } }
  local: { image: "local:dev", pull_policy: build }
  cache: { <<: *base }
  db:
    image: postgres:17
    command: ["--config", "name: fake:1"]
`;
    const machine = testMachine({
      'compose.yaml': compose,
      Dockerfile: 'FROM worker:dev\n',
      'web/Dockerfile': 'FROM myapp:dev\n',
    });
    const made = await machine.run(['init', '--yes', '--public', 'cn']);
    expect([made.code, made.err]).toEqual([0, expect.stringContaining('oci: 2 modules (compose.yaml)')]);
    const text = machine.text('mirrorwatch.yaml');
    expect(text.match(/docker\.io\/library\/[^"]+/g)).toEqual([
      'docker.io/library/redis:7',
      'docker.io/library/postgres:17',
    ]);
  });

  test('files that are left out are named as such, and not counted', async () => {
    const machine = testMachine({
      ...Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [`${name}/uv.lock`, uvLock(name)])),
      'package-lock.json': '{"lockfileVersion": 3, "packages": {}}',
    });
    const { code, err } = await machine.run(['init', '--yes', '--public', 'cn']);
    expect([code, err]).toEqual([0, expect.stringContaining('pypi: 3 modules (a/uv.lock, b/uv.lock, c/uv.lock);')]);
    expect(err).toContain('left out: the lock files d/uv.lock, e/uv.lock: at most 3 of each ecosystem are read');
    expect(err).toContain('npm: 2 modules; clients use their default setting');
    expect(err).toContain('left out: package-lock.json: ');
  });

  test('requirements.txt with -i: its index is the chain of today and a mirror, and its modules may be private', async () => {
    const machine = testMachine(
      { 'requirements.txt': '# ours\n-i https://pypi.example.com/simple\nidna==3.9\n' },
      { PIP_INDEX_URL: 'https://other.example.com/simple' },
    );
    const { code, err, out } = await machine.run(['init', '--yes', '--public', 'cn']);
    expect([code, err]).toEqual([
      0,
      expect.stringContaining('pypi: 2 modules; clients use https://pypi.example.com/simple/ ('),
    ]);
    expect(out).toMatch(/url: "https:\/\/pypi\.example\.com\/simple\/", weight: 110, servesPrivate: true \}/);
    expect(out).toContain('  pypi: ["idna"]');
    expect(out).toMatch(/^ {2}pypi: "https:\/\/pypi\.example\.com\/simple\/" {4}# \S*requirements\.txt:2$/m);
    await expectAccepted(machine);
  });

  test('requirements files: included ones are read, and what pins no version is no mistake', async () => {
    const machine = testMachine({ 'requirements.txt': '-r more.txt\nidna>=3.9\n-e .\n', 'more.txt': 'six==1.17.0\n' });
    const { code, err } = await machine.run(['init', '--yes', '--public', 'cn']);
    expect([code, err]).toEqual([0, expect.stringContaining('pypi: 1 module (requirements.txt);')]);
    expect(err).not.toContain('malformed');
    await expectAccepted(machine);
  });

  test.each([
    [
      'two mirrors on one host',
      'https://nexus.corp/go-a,https://nexus.corp/go-b,direct',
      ['nexus.corp-go', 'nexus.corp-2-go'],
    ],
    ['a mirror twice', 'https://nexus.corp/go|https://nexus.corp/go/,direct', ['nexus.corp-go']],
    ['an IPv6 address', 'http://[fd00::1]:8080/go,off', ['fd00--1--8080-go']],
  ])('%s in the current chain: each mirror has a name of its own', async (_, goproxy, names) => {
    const machine = testMachine({}, { GOPROXY: goproxy });
    const made = await machine.run(['init', '--yes', '--public', 'cn']);
    expect([made.code, made.err]).toEqual([0, expect.stringContaining('go: ')]);
    const own = machine
      .text('mirrorwatch.yaml')
      .split('\n')
      .filter((line) => line.includes('weight: 110'));
    expect(own.map((line) => /name: ([^,]+)/.exec(line)?.[1])).toEqual(names);
    await expectAccepted(machine);
  });

  test.each(
    table<[string, readonly string[], string][]>(
      'unit/cli/init',
      'a current chain that the configuration cannot have (%s) is left out, and said',
    ),
  )('a current chain that the configuration cannot have (%s) is left out, and said', async (goproxy, names, said) => {
    const machine = testMachine({}, { GOPROXY: goproxy });
    const made = await machine.run(['init', '--yes', '--public', 'cn']);
    expect([made.code, made.err]).toEqual([0, expect.stringContaining(said)]);
    const text = machine.text('mirrorwatch.yaml');
    const own = text.split('\n').filter((line) => line.includes('weight: 110'));
    expect(own.map((line) => /name: ([^,]+)/.exec(line)?.[1])).toEqual(names);
    expect(text + made.err).not.toContain('hunter2');
    expect(text).not.toContain('clients:');
    await expectAccepted(machine);
  });

  test('an ecosystem of which every module is private is left out, and said', async () => {
    const machine = testMachine(
      { 'go.sum': project['go.sum'], 'requirements.txt': 'six==1.17.0\n' },
      { GOPRIVATE: '*' },
    );
    const made = await machine.run(['init', '--yes', '--public', 'cn']);
    expect([made.code, made.err]).toEqual([0, expect.stringContaining('left out: go: expected at least one module')]);
    expect(machine.text('mirrorwatch.yaml')).not.toContain('ecosystem: go');
    await expectAccepted(machine);
  });

  test("uv's index with a name is its URL", async () => {
    const machine = testMachine({}, { UV_DEFAULT_INDEX: 'corp=https://pypi.corp/simple' });
    expect((await machine.run(['init', '--yes', '--public', 'cn'])).code).toBe(0);
    expect(machine.text('mirrorwatch.yaml')).toContain('pypi: "https://pypi.corp/simple/"');
  });

  test.each(['42', '1e3', 'true', 'Null'])('a vantage that YAML reads as no text (%s) is one', async (vantage) => {
    const machine = testMachine({});
    const made = await machine.run(['init', '--yes', '--public', 'cn', '--ecosystem', 'go', '--vantage', vantage]);
    expect([made.code, made.err]).toEqual([0, expect.stringContaining('go: ')]);
    expect(machine.text('mirrorwatch.yaml')).toContain(`vantage: "${vantage}"`);
    await expectAccepted(machine);
  });

  test.each(registry.ids)('of %s alone, by name: accepted as well', async (id) => {
    const machine = testMachine({});
    const made = await machine.run(['init', '--yes', '--public', 'cn', '--ecosystem', id]);
    expect([made.code, made.err]).toEqual([0, expect.stringContaining(`${id}: `)]);
    await expectAccepted(machine);
  });

  test('in Chinese: what is said and the comments of the file, and nothing else of it', async () => {
    const [machine, other] = [testMachine(project), testMachine(project)];
    const { code, err } = await machine.run(['init', '--yes', '--public', 'cn', '--lang', 'zh']);
    expect([code, err]).toEqual([0, expect.stringContaining('已写入 ')]);
    const text = machine.text('mirrorwatch.yaml');
    // Beside a known mirror stands who runs it, a name.
    const lines = text.split('\n').filter((line) => !/^ {2}- \{ name: /.test(line) || line.includes('weight: 110'));
    const comments = lines.flatMap((line) => /#.*$/.exec(line) ?? []);
    expect(englishLeft(err.replaceAll(machine.root, ''))).toEqual([]);
    expect(englishLeft(comments.join('\n').replaceAll(machine.root, ''))).toEqual([]);
    await expectAccepted(machine);
    await other.run(['init', '--yes', '--public', 'cn']);
    const bare = (yaml: string, root: string) => yaml.replaceAll(root, '').replaceAll(/\s*#.*$/gm, '');
    expect(bare(text, machine.root)).toBe(bare(other.text('mirrorwatch.yaml'), other.root));
    const left = testMachine(project);
    expect((await left.run(['init', '--lang', 'zh', '--public', 'cn'])).err).toContain(
      '什么也没有写入：没有可供确认的终端；请使用 --yes',
    );
  });

  const images = (text: string) => [...text.matchAll(/"docker\.io\/([^"]+)"/g)].map(([, image]) => image).toSorted();

  test.each(table<[string, string, string, readonly string[]][]>('unit/cli/init', 'reads the images of %s'))(
    'reads the images of %s',
    async (_, file, content, want) => {
      const machine = testMachine({ [file]: content });
      expect(await machine.run(['init', '--yes', '--public', 'cn'])).toMatchObject({
        code: 0,
        err: expect.stringContaining(`(${file})`),
      });
      expect(images(machine.text('mirrorwatch.yaml'))).toEqual(want);
      await expectAccepted(machine);
    },
  );

  test.each(['env:\n  GOPROXY: https://$HOST/go\n', 'env:\n  GOPROXY: https://go.build.corp/$X/x,direct\n'])(
    'takes no mirror whose URL has a placeholder, and says so: %j',
    async (content) => {
      const machine = testMachine({
        '.github/workflows/ci.yml': content,
        'go.mod': 'module example.com/x\n\ngo 1.24\n',
      });
      const { err } = await machine.run(['init', '--yes', '--public', 'cn']);
      expect(err).toMatch(/^go: may name a mirror, but cannot be read \(.*\): \.github\/workflows\/ci\.yml:2$/m);
      expect(machine.text('mirrorwatch.yaml')).not.toMatch(/\$HOST|go\.build\.corp/);
    },
  );

  test.each(
    table<[string, string, number, string][]>(
      'unit/cli/init',
      'takes the mirror that %s sets for its builds, where nothing else is set',
    ),
  )('takes the mirror that %s sets for its builds, where nothing else is set', async (file, content, line, id) => {
    const machine = testMachine({ [file]: content });
    const { code, err } = await machine.run(['init', '--yes', '--public', 'cn']);
    expect([code, err]).toEqual([0, expect.stringContaining(`.build.corp`)]);
    expect(err).toContain(`(${file}:${line})`);
    const text = machine.text('mirrorwatch.yaml');
    expect(text).toMatch(new RegExp(`name: ${id}\\.build\\.corp-${id}, ecosystem: ${id}, .*weight: 110`));
    expect(text + err).not.toMatch(/hunter2|no\.build/);
    await expectAccepted(machine);
  });

  const goDefault = { '/usr/local/go/go.env': '# the defaults\nGOPROXY=https://proxy.example.org,direct\n' };

  test.each([
    ['.gitlab-ci.yml', 'variables:\n  GOPROXY: https://go.build.corp,direct\n'],
    ['Dockerfile', 'FROM scratch\nENV GOPROXY=https://go.build.corp,direct\n'],
  ])('what %s sets wins over the default that Go comes with', async (file, content) => {
    const machine = testMachine({ ...goDefault, 'go.sum': `${goSum}\n`, [file]: content });
    expect((await machine.run(['init', '--yes', '--public', 'cn'])).err).toContain(
      'clients use https://go.build.corp,direct (',
    );
    expect(machine.text('mirrorwatch.yaml')).toContain('url: "https://go.build.corp", weight: 110');
  });

  test.each([
    ['Node', { 'package-lock.json': packageLock }, 'npm'],
    ['Python', { 'requirements.txt': 'six==1.17.0\n' }, 'pypi'],
  ])('a project of %s alone gets no Go mirrors', async (_, files, id) => {
    const machine = testMachine({ ...goDefault, ...(files as Record<string, string>) });
    await machine.run(['init', '--yes', '--public', 'cn']);
    const named = machine.text('mirrorwatch.yaml').match(/ecosystem: \w+/g);
    expect([...new Set(named)]).toEqual([`ecosystem: ${id}`]);
    await expectAccepted(machine);
  });

  test('what this machine sets and the project does not use is left out, and said', async () => {
    const machine = testMachine({
      'package-lock.json': packageLock,
      '~/.config/go/env': 'GOPROXY=https://go.build.corp\n',
    });
    const { err } = await machine.run(['init', '--yes', '--public', 'cn']);
    expect(err).toMatch(/left out: go, set in .*go\/env:1: this project does not use it \(--ecosystem go adds it\)/);
    expect(machine.text('mirrorwatch.yaml')).not.toContain('ecosystem: go');
    const chinese = testMachine({
      'package-lock.json': packageLock,
      '~/.npmrc': '',
      '~/.config/go/env': 'GOPROXY=off\n',
    });
    expect((await chinese.run(['init', '--yes', '--public', 'cn', '--lang', 'zh'])).err).toContain('本项目没有用到');
  });

  test('what the user has set wins over what CI sets', async () => {
    const machine = testMachine({
      '.gitlab-ci.yml': 'variables:\n  GOPROXY: https://ci.build.corp\n',
      '~/.config/go/env': 'GOPROXY=https://go.build.corp\n',
    });
    expect((await machine.run(['init', '--yes', '--public', 'cn'])).err).toContain(
      'clients use https://go.build.corp (',
    );
  });

  test.each(
    table<[string, Readonly<Record<string, string>>, string][]>(
      'unit/cli/init',
      "mirrorwatch init: takes the mirrors of %s's settings",
    ),
  )("takes the mirrors of %s's settings", async (_, files, chain) => {
    const machine = testMachine(files as Record<string, string>);
    const { code, err } = await machine.run(['init', '--yes', '--public', 'cn']);
    expect([code, err]).toEqual([0, expect.stringContaining(`clients use ${chain} (`)]);
    expect(machine.text('mirrorwatch.yaml')).toContain('url: "https://hub.build.corp", weight: 110');
    expect(machine.text('mirrorwatch.yaml') + err).not.toContain('hunter2');
    await expectAccepted(machine);
  });

  test('a file that is there stays as it is', async () => {
    const machine = testMachine({ ...project, 'mirrorwatch.yaml': 'mine\n' });
    expect(await machine.run(['init', '--yes', '--public', 'cn'])).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('already exists'),
    });
    expect(machine.text('mirrorwatch.yaml')).toBe('mine\n');
    expect((await machine.run(['init', 'watch/mirrors.yaml', '--yes', '--public', 'cn'])).err).toContain(
      'cannot be written (ENOENT)',
    );
    expect((await machine.run(['init', 'api/mirrors.yaml', '--yes', '--public', 'cn'])).code).toBe(0);
    expect(machine.text('api/mirrors.yaml')).toContain('- { from: "../go.sum", top: 12 }');
  });

  test.each([
    ['nobody is there', undefined, ', because there is no terminal to confirm on; use --yes'],
    ['a person says no', false, 'nothing was written'],
  ])('%s: shown, and nothing is written', async (_, answer, words) => {
    const machine = testMachine(project);
    const before = machine.everything();
    const ran = await machine.run(['init'], answer === undefined ? {} : { answer });
    expect(ran).toMatchObject({
      code: 1,
      out: expect.stringContaining('mirrors:'),
      err: expect.stringContaining(words),
    });
    expect(machine.everything()).toEqual(before);
  });

  test('a lock file that cannot be read well is left out, and said', async () => {
    const machine = testMachine({
      'go.sum': 'no sum\n',
      'uv.lock': '= broken',
      'requirements.txt': 'six==1.17.0\nwhat is this\n',
    });
    const { code, err } = await machine.run(['init', '--yes', '--public', 'cn']);
    expect(code).toBe(0);
    for (const file of ['go.sum', 'uv.lock', 'requirements.txt'])
      expect(err).toMatch(new RegExp(`left out: ${file}: expected `));
    expect(machine.text('mirrorwatch.yaml')).toContain('an example: no lock file here names a module');
  });

  test('examples and fixtures are not what is built here: passed over, and said', async () => {
    const machine = testMachine({
      'package-lock.json': packageLock,
      'examples/app/go.sum': `${goSum}\n`,
      'test/fixtures/requirements.txt': 'six==1.17.0\n',
    });
    const { code, err } = await machine.run(['init', '--yes', '--public', 'cn']);
    expect(code).toBe(0);
    expect(err.split('\n').slice(0, 2)).toEqual([
      'npm: 2 modules (package-lock.json); clients use their default setting (no setting, lock file or build file found here names a mirror)',
      'left out: the files in examples/, test/fixtures/, because examples and test data are not part of the build',
    ]);
    expect(machine.text('mirrorwatch.yaml')).not.toContain('examples/');
    const chinese = testMachine({
      'package-lock.json': packageLock,
      'samples/x/go.sum': '',
      'Fixtures/go.sum': `${goSum}\n`,
    });
    const said = await chinese.run(['init', '--lang', 'zh', '--yes', '--public', 'cn']);
    expect(said.err).toContain('略去：samples/ 中的文件：示例和测试数据不属于构建内容');
    expect(said.err).toContain('go：1 个模块（Fixtures/go.sum）');
  });

  test('where nothing is, it says so', async () =>
    expect(await testMachine({}).run(['init', '--yes', '--public', 'cn'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('name an ecosystem to monitor with --ecosystem'),
    }));

  test('no ecosystem has that name', async () =>
    expect(await testMachine({}).run(['init', '--ecosystem', 'gems'])).toMatchObject({
      code: 2,
      err: expect.stringContaining("not 'gems'"),
    }));

  test('a true lock file of thousands is bounded', async () => {
    const machine = testMachine({});
    writeFileSync(machine.at('package-lock.json'), readFileSync(`${repoDir}/package-lock.json`));
    const { code, err } = await machine.run(['init', '--yes', '--public', 'cn']);
    expect([code, err]).toEqual([0, expect.stringContaining('npm: 12 modules (package-lock.json)')]);
  });

  test('the name of a file adds nothing to the configuration, and moves no cursor', async () => {
    const machine = testMachine({ 'x\ncontact: eve@example.com\n#\u001b[31m\u009b.dockerfile': 'FROM node:24-slim\n' });
    const { code, out, err } = await machine.run(['init', '--yes', '--public', 'cn']);
    expect(code).toBe(0);
    expect(machine.text('mirrorwatch.yaml')).toContain('# x?contact: eve@example.com?#?[31m?.dockerfile\n');
    expect(out + err).not.toMatch(/[^\P{C}\n]/u);
    await expectAccepted(machine);
  });
});
