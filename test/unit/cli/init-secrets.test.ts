import { statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadConfigSlowly } from '../../../src/config/load-slowly.ts';
import { systemFiles } from '../../../src/daemon/machine.ts';
import { type TestMachine, testMachine } from '../features/doctor/machine.ts';

const packageLock = JSON.stringify({
  lockfileVersion: 3,
  packages: { '': {}, 'node_modules/left-pad': { version: '1.3.0' } },
});

const [origin, mirror] = [
  ['npmjs', 'org'],
  ['npmmirror', 'com'],
].map((host) => `https://registry.${host.join('.')}`) as [string, string];

const modeOf = (machine: TestMachine): number => statSync(machine.at('mirrorwatch.yaml')).mode & 0o777;

/** The URLs of the mirrors that a daemon would request, with these variables set. */
async function urlsIn(machine: TestMachine, env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const path = machine.at('mirrorwatch.yaml');
  const loaded = await loadConfigSlowly({ text: machine.text('mirrorwatch.yaml'), path, env, files: systemFiles });
  if (loaded.tag === 'error') throw new Error(JSON.stringify(loaded.error));
  return loaded.value.config.mirrors.map(({ url }) => url);
}

describe('init copies references to secrets, and no secret', () => {
  const secret = { DEPLOY_TOKEN: 'hunter2' };

  test.each([
    ['a variable in its path', `registry=https://evil.example.com/\${DEPLOY_TOKEN}/\n`],
    ['a variable for its user', `registry=https://x:\${DEPLOY_TOKEN}@evil.example.com/\n`],
    ['a token', `registry=https://evil.example.com/npm/\n//evil.example.com/npm/:_authToken=\${DEPLOY_TOKEN}\n`],
    ['a password', 'registry=https://evil.example.com/npm/\n//evil.example.com/npm/:_password=aHVudGVyMg==\n'],
  ])("a registry that the project's .npmrc names with %s is only proposed, as a comment", async (_, npmrc) => {
    const machine = testMachine({ 'package.json': '{}', 'package-lock.json': packageLock, '.npmrc': npmrc }, secret);
    const { code, err } = await machine.run(['init', '--yes', '--public', 'global']);
    expect([code, err]).toEqual([0, expect.stringContaining('.npmrc:1: a file of the project names evil.example.com')]);
    const text = machine.text('mirrorwatch.yaml');
    expect(text + err).not.toMatch(/hunter2|aHVudGVyMg/);
    const lines = text.split('\n').filter((line) => line.includes('evil.example.com'));
    expect(lines).toEqual([
      expect.stringMatching(/^ {2}# - \{ name: evil\.example\.com-npm, .*remove the # only if you/),
    ]);
    expect(lines[0]?.includes(`\${DEPLOY_TOKEN}/`)).toBe(npmrc.startsWith('registry=https://evil.example.com/${'));
    expect(await urlsIn(machine, secret)).toEqual([origin]);
    expect(modeOf(machine)).toBe(0o600);
  });

  test('without another mirror nothing is written, and it says why', async () => {
    const npmrc = `registry=https://evil.example.com/\${DEPLOY_TOKEN}/\n`;
    const machine = testMachine({ 'package.json': '{}', 'package-lock.json': packageLock, '.npmrc': npmrc }, secret);
    const { code, err } = await machine.run(['init', '--yes']);
    expect([code, err]).toEqual([1, expect.stringContaining('evil.example.com-npm together with credentials')]);
    expect(err).toContain('use --public global or --public cn');
    expect(() => machine.text('mirrorwatch.yaml')).toThrow();
  });

  test.each([
    [`https://evil.example.com/\${DEPLOY_TOKEN}`, 'https://evil.example.com/hunter2/'],
    [`https://x:\${DEPLOY_TOKEN}@evil.example.com/`, 'https://x:hunter2@evil.example.com/'],
  ])("a registry of the project's .npmrc that npm gives as a variable is that of the file: %s", async (url, given) => {
    const files = { 'package.json': '{}', 'package-lock.json': packageLock, '.npmrc': `registry=${url}\n` };
    const machine = testMachine(files, { ...secret, npm_config_registry: given });
    const { code, err } = await machine.run(['init', '--yes']);
    expect([code, err]).toEqual([1, expect.stringContaining('.npmrc:1: a file of the project names evil.example.com')]);
    expect(err).not.toContain('hunter2');
  });

  test.each(['userconfig', 'globalconfig', `user\${NONE?}config`])(
    'settings files that an .npmrc of the project names to npm are not those of the user: %s',
    async (key) => {
      const named = '<root>/home/ada/work/own';
      const machine = testMachine(
        {
          ...{ 'package.json': '{}', 'package-lock.json': packageLock, '.npmrc': `${key}=./own\n` },
          own: `registry=https://evil.example.com/\${DEPLOY_TOKEN}/\n`,
        },
        {
          ...{ ...secret, npm_config_userconfig: named, npm_config_globalconfig: named },
          npm_config_registry: 'https://evil.example.com/hunter2/',
        },
      );
      const { code, err } = await machine.run(['init', '--yes']);
      expect(code).toBe(1);
      expect(err).not.toMatch(/evil|hunter2/);
    },
  );

  test("a variable in the user's own .npmrc stays a reference", async () => {
    const files = { 'package-lock.json': packageLock, '~/.npmrc': `registry=https://npm.example.com/\${TEAM}/\n` };
    const machine = testMachine(files, { TEAM: 'hunter2' });
    const { code, err } = await machine.run(['init', '--yes']);
    expect([code, err]).toEqual([0, expect.stringContaining('were not copied. Set auth.tokenFile')]);
    expect(machine.text('mirrorwatch.yaml')).toContain(`url: "https://npm.example.com/\${TEAM}/"`);
    expect(machine.text('mirrorwatch.yaml') + err).not.toContain('hunter2');
    expect(await urlsIn(machine, { TEAM: 'a' })).toEqual(['https://npm.example.com/a']);
  });

  test.each([
    ['npm', { '~/.npmrc': 'registry=https://npm.example.com/\n//npm.example.com/:_authToken=hunter2\n' }],
    ['npm', { '~/.npmrc': 'registry=https://ada:hunter2@npm.example.com/\n' }],
    ['go', { '~/.config/go/env': 'GOPROXY=https://ada:hunter2@go.example.com,direct\n' }],
    ['pypi', { '~/.config/pip/pip.conf': '[global]\nindex-url = https://ada:hunter2@pypi.example.com/simple\n' }],
  ])("credentials in the user's settings of %s are not copied, and said", async (id, files) => {
    const machine = testMachine(files as Record<string, string>);
    const { code, err } = await machine.run(['init', '--yes', '--ecosystem', id]);
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(/: the credentials for \S+ were not copied\. Set auth\.token/),
    ]);
    expect(machine.text('mirrorwatch.yaml')).toMatch(
      /weight: 110(?:, servesPrivate: true)? \} {4}# in use today; its credentials were not copied/,
    );
    expect(machine.text('mirrorwatch.yaml') + err).not.toContain('hunter2');
    expect(modeOf(machine)).toBe(0o600);
  });

  test("a registry that the user's own file has a token for is live, although the project names it", async () => {
    const machine = testMachine({
      'package.json': '{}',
      'package-lock.json': packageLock,
      '.npmrc': 'registry=https://npm.example.com/\n',
      '~/.npmrc': '//npm.example.com/:_authToken=hunter2\n',
    });
    const { code, err } = await machine.run(['init', '--yes']);
    expect([code, err]).toEqual([0, expect.stringContaining('were not copied')]);
    expect(await urlsIn(machine, {})).toEqual(['https://npm.example.com']);
  });

  test('a text that its client does not expand is not expanded by mirrorwatch either', async () => {
    const folder = `\${DEPLOY_TOKEN}`;
    const files = { '~/.config/go/env': `GOPROXY=https://evil.example.com/\${DEPLOY_TOKEN},direct\n` };
    const machine = testMachine({
      ...files,
      [`${folder}/go.mod`]: 'module x.example\n\nrequire rsc.io/quote v1.5.2\n',
    });
    const { code, err } = await machine.run(['init', '--yes']);
    expect([code, err]).toEqual([0, expect.stringContaining('go: 1 module')]);
    const [url] = await urlsIn(machine, secret);
    expect(decodeURIComponent(String(url))).toBe(`https://evil.example.com/\${DEPLOY_TOKEN}`);
  });

  test('a file without private names and credentials has the usual mode', async () => {
    const machine = testMachine({ 'package-lock.json': packageLock });
    expect((await machine.run(['init', '--yes', '--public', 'global'])).code).toBe(0);
    expect(modeOf(machine) & 0o400).toBe(0o400);
    expect(modeOf(machine)).not.toBe(0o600);
  });
});

describe('init --public', () => {
  const files = { 'package-lock.json': packageLock };
  const corp = { ...files, '~/.npmrc': 'registry=https://npm.example.com/\n' };
  const outside = /npmjs|npmmirror|tencent|huawei|223\.5|119\.29|114\.114|1\.1\.1\.1|8\.8\.8\.8/;

  test('by default no public mirror and no DNS server is added without a terminal', async () => {
    const machine = testMachine({ ...corp, '/etc/resolv.conf': '# x\nnameserver 127.0.0.53\nnameserver 192.0.2.53\n' });
    const { code, err } = await machine.run(['init', '--yes']);
    expect([code, err]).toEqual([0, expect.not.stringContaining('warning')]);
    const text = machine.text('mirrorwatch.yaml');
    expect(text).not.toMatch(outside);
    expect(text).toContain('- { name: resolver-1, url: "tcp://192.0.2.53:53" }');
    expect(await urlsIn(machine, {})).toEqual(['https://npm.example.com']);
  });

  test('without a DNS server there is no control, and it says so', async () => {
    const machine = testMachine(corp);
    const { code, err } = await machine.run(['init', '--yes', '--public', 'none']);
    expect([code, err]).toEqual([0, expect.stringContaining('warning: expected a control')]);
    expect(machine.text('mirrorwatch.yaml')).toContain('# controls: [');
  });

  test('a known mirror that the settings name is no silent addition', async () => {
    const machine = testMachine({ ...files, '~/.npmrc': `registry=${mirror}\n` });
    expect((await machine.run(['init', '--yes'])).code).toBe(0);
    expect(await urlsIn(machine, {})).toEqual([mirror]);
  });

  test.each([
    ['global', /1\.1\.1\.1/, ['https://npm.example.com', origin]],
    ['cn', /223\.5\.5\.5/, ['https://npm.example.com', origin, mirror]],
  ])('%s adds what it names', async (set, control, urls) => {
    const machine = testMachine(corp);
    expect((await machine.run(['init', '--yes', '--public', set])).code).toBe(0);
    expect((await urlsIn(machine, {})).slice(0, 3)).toEqual(urls);
    expect(machine.text('mirrorwatch.yaml')).toMatch(control);
  });

  test('no mirror at all: nothing is written, and it says what to do', async () => {
    const machine = testMachine(files);
    expect(await machine.run(['init', '--yes'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('name no mirror. To add public mirrors, use --public global or --public cn'),
    });
    expect(() => machine.text('mirrorwatch.yaml')).toThrow();
  });

  test('on a terminal it asks, and lists the hosts', async () => {
    const machine = testMachine(files);
    const ran = await machine.run(['init'], { answer: true });
    expect([ran.code, ran.terminal.questions]).toEqual([
      0,
      [
        expect.stringMatching(/^Also monitor public mirrors for all regions, .*\(registry\.\w+\.org\)\?/),
        expect.stringMatching(/^Also monitor public mirrors in China, .*registry\.\w+\.com/),
        expect.stringContaining('Write '),
      ],
    ]);
    expect(await urlsIn(machine, {})).toHaveLength(4);
    const other = testMachine(corp);
    expect((await other.run(['init'], { answer: false })).out).not.toMatch(outside);
  });

  test('another word is refused', async () =>
    expect(await testMachine(files).run(['init', '--public', 'all'])).toMatchObject({
      code: 2,
      err: expect.stringContaining("not 'all'"),
    }));
});
