import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { registry } from '../../../../src/ecosystems/registry.ts';
import { testMachine } from './machine.ts';

let server: Server | null = null;
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

/** A daemon whose remedy for programs is this; `null`: nothing to set, for the reason in `state`. */
async function daemon(remedy: unknown, state?: string): Promise<string> {
  server = createServer((_, response) => {
    if (remedy === null) response.writeHead(204, state === undefined ? {} : { 'x-advice-state': state }).end();
    else response.writeHead(200, { 'x-advice-id': '0c9x' }).end(JSON.stringify(remedy));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The form for programs of the remedy that an ecosystem's clients give, as advice joins them. */
function remedyOf(id: string, before: string, after: string, own: readonly string[] = [], upstream?: string): unknown {
  const clients = registry.of(id)?.clients ?? [];
  const texts = clients.map((client) => {
    const [from, to] = [client.parse(before), client.parse(after)];
    if (from.tag === 'error' || to.tag === 'error') throw new Error('no chain');
    return client.remedy(from.value, to.value, own, upstream === undefined ? {} : { upstream }).remedy['json'] ?? '{}';
  });
  return Object.assign({}, ...texts.map((text) => JSON.parse(text) as object));
}

const a = 'https://a.example.com';
const go = remedyOf('go', `${a},direct`, 'https://b.example.com,direct', ['git.example.com/*']);
const npm = remedyOf('npm', a, 'https://b.example.com/npm');
const pypi = remedyOf('pypi', `${a}/simple`, 'https://b.example.com/simple');
const oci = remedyOf('oci', `${a} direct`, 'https://b.example.com direct', [], 'docker.io');
const hosts = '/etc/containerd/certs.d/docker.io/hosts.toml';
const index = 'https://b.example.com/simple/';

interface Row {
  readonly name: string;
  readonly id: string;
  readonly remedy: unknown;
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly after: Readonly<Record<string, string>>;
  readonly note?: string;
}

const rows: readonly Row[] = [
  {
    name: 'Go: the line is changed, and what must stay private is added',
    id: 'go',
    remedy: go,
    files: { '~/.config/go/env': `GOPROXY=${a},direct\nGOFLAGS=-mod=mod` },
    after: {
      '~/.config/go/env': 'GOPROXY=https://b.example.com,direct\nGOFLAGS=-mod=mod\nGOPRIVATE=git.example.com/*\n',
    },
  },
  {
    name: 'Go: what a person keeps private stays so',
    id: 'go',
    remedy: go,
    files: { '~/.config/go/env': `GOPRIVATE=git.corp.example/*\nGOPROXY=${a},direct\n` },
    after: {
      '~/.config/go/env': 'GOPRIVATE=git.corp.example/*,git.example.com/*\nGOPROXY=https://b.example.com,direct\n',
    },
  },
  {
    name: 'Go: no file yet, and a variable that wins',
    id: 'go',
    remedy: go,
    env: { GOPROXY: `${a},direct` },
    after: { '~/.config/go/env': 'GOPROXY=https://b.example.com,direct\nGOPRIVATE=git.example.com/*\n' },
    note: 'The environment variable GOPROXY overrides the go settings file',
  },
  {
    name: 'npm: the line of the registry alone',
    id: 'npm',
    remedy: npm,
    files: { '~/.npmrc': '//a.example.com/:_authToken=hunter2\nregistry = https://a.example.com/\n' },
    after: { '~/.npmrc': '//a.example.com/:_authToken=hunter2\nregistry = https://b.example.com/npm/\n' },
  },
  {
    name: 'npm and yarn; the project still wins',
    id: 'npm',
    remedy: npm,
    files: { 'package.json': '{}', '.npmrc': `registry=${a}/\n`, '~/.yarnrc.yml': 'nodeLinker: pnp\n' },
    after: {
      '~/.npmrc': 'registry=https://b.example.com/npm/\n',
      '~/.yarnrc.yml': 'nodeLinker: pnp\nnpmRegistryServer: "https://b.example.com/npm/"\n',
    },
    note: 'overrides the user file',
  },
  {
    name: "npm and pnpm's own file, which pnpm reads before .npmrc",
    id: 'npm',
    remedy: npm,
    files: {
      '~/.npmrc': `registry=${a}/\n`,
      '~/.config/pnpm/config.yaml': `# ours\nregistry: ${a}/\nregistries:\n  '@corp': https://corp.example/\n  default: ${a}\n`,
    },
    after: {
      '~/.npmrc': 'registry=https://b.example.com/npm/\n',
      '~/.config/pnpm/config.yaml': `# ours\nregistry: "https://b.example.com/npm/"\nregistries:\n  '@corp': https://corp.example/\n  default: "https://b.example.com/npm/"\n`,
    },
  },
  {
    name: "pnpm's own file without a registry stays; the file of the workspace wins",
    id: 'npm',
    remedy: npm,
    files: {
      'package.json': '{}',
      'pnpm-workspace.yaml': `registries:\n  default: ${a}\n`,
      '~/.config/pnpm/config.yaml': 'minimumReleaseAge: 1440\n',
    },
    after: { '~/.npmrc': 'registry=https://b.example.com/npm/\n' },
    note: 'pnpm-workspace.yaml:2',
  },
  {
    name: 'pip: a new file; uv is not here',
    id: 'pypi',
    remedy: pypi,
    after: { '~/.config/pip/pip.conf': `[global]\nindex-url = ${index}\n` },
  },
  {
    name: 'pip: the file that PIP_CONFIG_FILE names; pip does not read that of the user',
    id: 'pypi',
    remedy: pypi,
    files: { '~/.config/pip/pip.conf': '[global]\ntimeout = 60\n', '~/ci.conf': `[global]\nindex-url = ${a}\n` },
    env: { PIP_CONFIG_FILE: '<root>/home/ada/ci.conf' },
    after: { '~/ci.conf': `[global]\nindex-url = ${index}\n` },
  },
  {
    name: 'pip in its old place, into the section that is there; uv changed',
    id: 'pypi',
    remedy: pypi,
    files: {
      '~/.pip/pip.conf': '[install]\nno-deps = no\n[global]\ntimeout = 60\n',
      '~/.config/uv/uv.toml': `offline = false\n[[index]]\nurl = "https://own.example.com"\n\n[[index]]\nurl = "${a}"\ndefault = true\n`,
    },
    after: {
      '~/.pip/pip.conf': `[install]\nno-deps = no\n[global]\nindex-url = ${index}\ntimeout = 60\n`,
      '~/.config/uv/uv.toml': `offline = false\n[[index]]\nurl = "https://own.example.com"\n\n[[index]]\nurl = "${index}"\ndefault = true\n`,
    },
  },
  {
    name: 'Go with CRLF: each line keeps its end, and so does what is added',
    id: 'go',
    remedy: go,
    files: { '~/.config/go/env': `GOPROXY=${a},direct\r\nGOFLAGS=-mod=mod` },
    after: {
      '~/.config/go/env': 'GOPROXY=https://b.example.com,direct\r\nGOFLAGS=-mod=mod\r\nGOPRIVATE=git.example.com/*\r\n',
    },
  },
  {
    name: 'npm and yarn with CRLF',
    id: 'npm',
    remedy: npm,
    files: { '~/.npmrc': `fund=false\r\nregistry=${a}/\r\n`, '~/.yarnrc.yml': 'nodeLinker: pnp\r\n' },
    after: {
      '~/.npmrc': 'fund=false\r\nregistry=https://b.example.com/npm/\r\n',
      '~/.yarnrc.yml': 'nodeLinker: pnp\r\nnpmRegistryServer: "https://b.example.com/npm/"\r\n',
    },
  },
  {
    name: 'pip and uv with CRLF',
    id: 'pypi',
    remedy: pypi,
    files: {
      '~/.config/pip/pip.conf': '[install]\r\nno-deps = no\r\n[global]\r\ntimeout = 60\r\n',
      '~/.config/uv/uv.toml': `offline = false\r\n\r\n[[index]]\r\nurl = "${a}"\r\ndefault = true\r\n`,
    },
    after: {
      '~/.config/pip/pip.conf': `[install]\r\nno-deps = no\r\n[global]\r\nindex-url = ${index}\r\ntimeout = 60\r\n`,
      '~/.config/uv/uv.toml': `offline = false\r\n\r\n[[index]]\r\nurl = "${index}"\r\ndefault = true\r\n`,
    },
  },
  {
    name: 'pip and uv with CRLF, where none is set yet',
    id: 'pypi',
    remedy: pypi,
    files: { '~/.config/pip/pip.conf': '[install]\r\nno-deps = no', '~/.config/uv/uv.toml': 'offline = false\r\n' },
    after: {
      '~/.config/pip/pip.conf': `[install]\r\nno-deps = no\r\n[global]\r\nindex-url = ${index}\r\n`,
      '~/.config/uv/uv.toml': `offline = false\r\n[[index]]\r\nname = "mirror"\r\nurl = "${index}"\r\ndefault = true\r\n`,
    },
  },
  {
    name: 'containerd',
    id: 'oci',
    remedy: oci,
    files: { [hosts]: '[host."https://a.example.com"]\n' },
    after: {
      [hosts]: `# ${hosts}\n[host."https://b.example.com"]\n  capabilities = ["pull", "resolve"]\n  dial_timeout = "3s"\n`,
    },
    note: 'daemon.json',
  },
];

describe('advice --apply', () => {
  test.each(rows)('$name', async ({ id, remedy, files = {}, env = {}, after, note }) => {
    const machine = testMachine(files, env);
    const before = machine.everything();
    const url = await daemon(remedy);
    const upstream = id === 'oci' ? ['--upstream', 'docker.io'] : [];
    const call = ['advice', '--apply', id, ...upstream, '--url', url];
    const ran = await machine.run([...call, '--yes']);
    expect([ran.code, ran.out], ran.err).toEqual([0, '']);
    expect(ran.err).toContain('after the change, confirm it to the daemon: mirrorwatch advice accept 0c9x');
    expect(ran.err).not.toContain('hunter2');
    if (note !== undefined) expect(ran.err).toContain(note);
    expect(Object.fromEntries(Object.keys(after).map((name) => [name, machine.text(name)]))).toEqual(after);
    expect(Object.values(machine.everything())).not.toContain('');
    expect(await machine.run([...call, '--yes'])).toMatchObject({
      code: 0,
      out: 'the files of the clients already contain the advised settings',
    });
    expect((await machine.run(['undo'])).code).toBe(0);
    expect(machine.everything()).toEqual(before);
  });

  test('shown, and nothing is changed without confirmation', async () => {
    const machine = testMachine({ '~/.npmrc': `registry=${a}/\n` });
    const call = ['advice', '--apply', 'npm', '--url', await daemon(npm)];
    expect(await machine.run(call)).toMatchObject({
      code: 1,
      err: expect.stringContaining('+registry=https://b.example.com/npm/'),
    });
    expect(await machine.run(call, { answer: false })).toMatchObject({
      code: 1,
      err: expect.stringContaining('nothing was changed'),
    });
    expect(machine.text('~/.npmrc')).toBe(`registry=${a}/\n`);
    expect((await machine.run(call, { answer: true })).code).toBe(0);
  });

  test.each([
    [undefined, 'no advice to apply; your files were not checked'],
    ['refused', 'no switch is advised, although the mirror in use has trouble; see mirrorwatch advice'],
    ['suspect', 'no advice now: the problem may be the network of this host'],
    ['of a later release', 'no advice to apply; your files were not checked'],
  ])('without a remedy, the state %s is said', async (state, out) => {
    const machine = testMachine({});
    const ran = await machine.run(['advice', '--apply', '--url', await daemon(null, state)]);
    expect(ran).toMatchObject({ code: 0, out });
    expect(machine.everything()).toEqual({});
  });

  test('what the environment alone can hold changes no file, and the call that sets it is named', async () => {
    const machine = testMachine({});
    const call = ['advice', '--apply', 'go', '--yes', '--url', await daemon({ GODEBUG: 'http2client=0' })];
    const { code, err } = await machine.run(call);
    expect(code).toBe(1);
    expect(err).toContain('GODEBUG=http2client=0 can only be set in the environment');
    expect(err).toContain(
      'nothing was changed; set the variables in your shell with eval "$(mirrorwatch advice --export go)"',
    );
    expect(machine.everything()).toEqual({});
  });

  test('--home counts in a script of npm, whose variable names the usual file of HOME', async () => {
    const machine = testMachine({}, { HOME: '/nowhere/else', npm_config_userconfig: '/nowhere/else/.npmrc' });
    const call = ['advice', '--apply', 'npm', '--yes', '--home', machine.home, '--url', await daemon(npm)];
    expect((await machine.run(call)).code).toBe(0);
    expect(machine.text('~/.npmrc')).toBe('registry=https://b.example.com/npm/\n');
  });

  test('pip reads no file: the advice is for the environment', async () => {
    const machine = testMachine({}, { PIP_CONFIG_FILE: '/dev/null' });
    const ran = await machine.run(['advice', '--apply', 'pypi', '--yes', '--url', await daemon(pypi)]);
    expect(ran).toMatchObject({ code: 1, err: expect.stringContaining('$PIP_CONFIG_FILE overrides the user file') });
    expect(ran.err).toContain('mirrorwatch advice --export pypi');
    expect(machine.everything()).toEqual({});
  });

  test.each([
    ['go', { GOPROXY: 'https://b.example.com\nGOSUMDB=off' }],
    ['go', { GOPROXY: 7 }],
    ['go', { GOPROXY: 'https://b.example.com,direct', GOPRIVATE: '*' }],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: npm and yarn put the variable's value in
    ['npm', { npm_config_registry: 'https://b.example.com/${NPM_TOKEN}/' }],
    ['npm', { npm_config_registry: 'https://b.example.com/"x' }],
    ['oci', { 'hosts.toml': { path: hosts, text: 'server = "https://b.example.com\\"\n' } }],
    ['go', { GODEBUG: 'a=1\u001b[2J' }],
    ['go', { GODEBUG: 7, GOPROXY: 'https://b.example.com,direct' }],
    ['go', []],
    ['npm', { npm_config_registry: 'https://b.example.com/\nstrict-ssl=false' }],
    ['pypi', { PIP_INDEX_URL: 'https://b.example.com/', UV_DEFAULT_INDEX: 'no url' }],
    ['oci', { 'hosts.toml': { path: '/etc/containerd/certs.d/../../passwd', text: '' } }],
    ['oci', { 'hosts.toml': { path: hosts, text: '[host."https://b.example.com"]\n  skip_verify = true\n' } }],
    [
      'oci',
      { 'hosts.toml': { path: hosts, text: '[host."https://b.example.com"]\n  capabilities = ["pull", "push"]\n' } },
    ],
    ['oci', { 'hosts.toml': { path: '/etc/cron.d/x', text: '# x' } }],
    ['oci', { 'hosts.toml': { path: hosts, text: 'server = "https://user:password@b.example.com"\n' } }],
    ['oci', { 'hosts.toml': { path: hosts, text: '[host."ftp://b.example.com"]\n' } }],
    ['http', { any: 'thing' }],
  ])('an answer for %s that is no remedy changes nothing: %j', async (id, remedy) => {
    const machine = testMachine({});
    const ran = await machine.run(['advice', '--apply', id, '--yes', '--url', await daemon(remedy)]);
    expect(ran).toMatchObject({
      code: 1,
      err: expect.stringContaining('cannot be written to any file here; nothing was changed'),
    });
    expect(machine.everything()).toEqual({});
  });

  test.each([
    [['advice', '--apply', 'gems'], "'gems' is not an ecosystem"],
    [['advice', '--apply', '--json'], '--apply takes at most one ecosystem'],
    [['advice', '--apply', '--export'], '--export or --apply, not both'],
  ])('%j is wrong usage', async (argv, words) =>
    expect(await testMachine({}).run(argv)).toMatchObject({ code: 2, err: expect.stringContaining(words) }),
  );
});
