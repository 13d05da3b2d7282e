import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadTrapKinds } from '../../../../src/features/doctor/examine.ts';
import { placesOf, said, type TrapRow, testMachine } from './machine.ts';
import { aptRows } from './rows-apt.ts';
import { cargoRows } from './rows-cargo.ts';
import { doorRows } from './rows-doors.ts';
import { goRows } from './rows-go.ts';
import { npmRows } from './rows-npm.ts';
import { ociRows } from './rows-oci.ts';
import { proxyRows } from './rows-proxies.ts';
import { pypiRows } from './rows-pypi.ts';

const rows: readonly TrapRow[] = [
  ...proxyRows,
  ...doorRows,
  ...goRows,
  ...npmRows,
  ...pypiRows,
  ...ociRows,
  ...cargoRows,
  ...aptRows,
];
const kinds = await loadTrapKinds();
/** What rows put where a secret stands. */
const secrets = /hunter2|aHVudGVyMg|pass@/;

test.each(rows)('$id: $name: found where it stands', async ({ files = {}, env = {}, id, where, what, set, mended }) => {
  const machine = testMachine(files, env);
  const ran = await machine.run(['doctor', '--json']);
  const { ok, traps } = said(ran);
  const found = traps.find((trap) => trap.id === id);
  expect(found, ran.out + ran.err).toMatchObject({ severity: kinds[id]?.severity, fixable: mended !== undefined });
  expect(found === undefined ? [] : placesOf(found, machine)).toEqual(where);
  expect(found?.what).toContain(what);
  expect(found?.set.length).toBeGreaterThan(0);
  if (set !== undefined) expect(found?.set.map((line) => line.replaceAll(machine.root, '<root>'))).toEqual(set);
  expect(ran.out + ran.err + (await machine.run(['doctor'])).out).not.toMatch(secrets);
  const isTrouble = traps.some(({ severity }) => severity !== 'note');
  expect([ran.code, ok]).toEqual(isTrouble ? [1, false] : [0, true]);
});

test.each(rows.filter(({ mended }) => mended !== undefined))(
  '$id: $name: mended by --fix, and undone',
  async ({ files = {}, env = {}, id, mended = {} }) => {
    const machine = testMachine(files, env);
    const before = machine.everything();
    const fixed = await machine.run(['doctor', '--fix', '--yes', '--json']);
    expect(Object.fromEntries(Object.keys(mended).map((name) => [name, machine.text(name)])), fixed.err).toEqual(
      mended,
    );
    expect(fixed.err).not.toMatch(secrets);
    const left = said(fixed).traps.find((trap) => trap.id === id);
    // What stands in files of shells and in the environment is still there.
    expect(left?.fixable ?? false).toBe(false);
    expect(left === undefined ? [] : placesOf(left, machine)).not.toContain(Object.keys(mended)[0]);
    const others = (all: Readonly<Record<string, string>>) =>
      Object.fromEntries(
        Object.entries(all).filter(([path]) => !Object.keys(mended).some((name) => machine.at(name) === path)),
      );
    expect(others(machine.everything())).toEqual(others(before));
    expect(await machine.run(['undo'])).toMatchObject({ code: 0, err: '' });
    expect(machine.everything()).toEqual(before);
    expect(await machine.run(['undo'])).toMatchObject({ code: 1, err: 'mirrorwatch undo: nothing to undo' });
  },
);

test.each(rows.filter(({ mended }) => mended === undefined))(
  '$id: $name: for a person to mend, so --fix leaves it',
  async ({ files = {}, env = {}, id }) => {
    const machine = testMachine(files, env);
    const before = machine.everything();
    const fixed = await machine.run(['doctor', '--fix', '--yes', '--json']);
    expect(said(fixed).traps.map((trap) => trap.id)).toContain(id);
    for (const [path, bytes] of Object.entries(before))
      if (fixed.err.includes(`changed ${path}`)) expect(machine.everything()[path]).not.toBe(bytes);
      else expect(machine.everything()[path]).toBe(bytes);
  },
);

test('whether files go through the front door is not known: nothing is said', async () => {
  const machine = testMachine({
    'mirrorwatch.yaml':
      'vantage: here\nmirrors: [ { name: a, ecosystem: http, profile: debian, upstream: debian, url: "https://a.example.com/debian" } ]\nmodules: { http: [ dists/stable/InRelease ] }\ndoor: {}\n',
  });
  expect(said(await machine.run(['doctor', '--json'])).traps).toEqual([]);
});

test('the registry of npm and yarn may be a variable', async () => {
  const machine = testMachine(
    {
      'package.json': '{}',
      '.npmrc': `registry=$${'{NPM_REGISTRY}'}\n`,
      '~/.npmrc': 'registry=https://npm.corp/\n',
      '.yarnrc.yml': `npmRegistryServer: "$${'{OTHER:-https://npm.corp}'}"\n`,
    },
    { NPM_REGISTRY: 'https://npm.corp' },
  );
  expect(said(await machine.run(['doctor', '--json'])).traps).toEqual([]);
  const other = testMachine(
    { '~/.npmrc': `registry=$${'{NPM_REGISTRY}'}\n` },
    { NPM_REGISTRY: 'http://npm.example.com' },
  );
  expect(said(await other.run(['doctor', '--json'])).traps).toMatchObject([
    { id: 'npm-registry-plain', what: expect.stringContaining('NPM_REGISTRY}') },
  ]);
});

test('a registry on loopback or of the inner network may have a port', async () => {
  const machine = testMachine({
    '~/.npmrc': 'registry=http://127.0.0.1:4873/\n',
    'package.json': '{\n  "dependencies": {\n    "@corp/ui": "1.0.0"\n  }\n}\n',
    'mirrorwatch.yaml':
      'vantage: here\nmirrors: [ { name: a, ecosystem: npm, url: "https://a.example.com" } ]\nmodules: { npm: [ left-pad@1.3.0 ] }\nprivate: { npm: [ "@corp/*" ] }\n',
  });
  const ids = async () => said(await machine.run(['doctor', '--json'])).traps.map(({ id }) => id);
  expect(await ids()).toEqual([]);
  writeFileSync(machine.at('~/.npmrc'), 'registry=https://npm.corp:8443/\n');
  expect(await ids()).toEqual([]);
  writeFileSync(machine.at('~/.npmrc'), 'registry=https://npm.example.com:8443/\n');
  expect(await ids()).toEqual(['npm-scope-leaks']);
});

const withDoor =
  'mirrors: [ { name: near, ecosystem: go, url: "https://near.example.com", weight: 100 } ]\nmodules: { go: [ rsc.io/quote@v1.5.2 ] }\nprivate: { go: [ git.corp.example/* ] }\ndoor: {}\n';
const line = (chain: string): string => `GOPROXY=${chain}\nGOPRIVATE=git.corp.example/*\n`;
test.each<[string, Readonly<Record<string, string>>]>([
  [
    'an authority in .npmrc itself, which is no file to name elsewhere',
    { '~/.npmrc': 'ca="PEM"\n', '~/.config/pip/pip.conf': '[global]\nindex-url = https://pip.corp/simple\n' },
  ],
  [
    'a token of the default registry beside the registry of a scope',
    { '~/.npmrc': '@corp:registry=https://npm.corp/\n//registry.example.com/:_authToken=hunter2\n' },
  ],
  [
    'a token of the default registry beside the registry of yarn',
    {
      '~/.yarnrc.yml': 'npmRegistryServer: https://npm.corp/\n',
      '~/.npmrc': '@corp:registry=https://npm.corp/\n//registry.example.com/:_authToken=hunter2\n',
    },
  ],
  [
    'the table of mirrors that containerd prints empty',
    {
      '/etc/containerd/config.toml':
        'version = 2\n[plugins."io.containerd.grpc.v1.cri".registry]\n  config_path = "/etc/containerd/certs.d"\n[plugins."io.containerd.grpc.v1.cri".registry.mirrors]\n\n# none\n[debug]\n  level = "info"\n',
    },
  ],
  [
    'insecure registries without a name',
    {
      '/etc/docker/daemon.json': '{ "insecure-registries": [""] }\n',
      '/etc/containers/registries.conf': '[[registry]]\ninsecure = true\n',
    },
  ],
  ['a section of .npmrc, which npm ignores', { '~/.npmrc': '[x]\nstrict-ssl=false\n' }],
  [
    'names that the client keeps from each proxy by a shorter glob',
    {
      '~/.config/go/env':
        'GOPROXY=http://127.0.0.1:10121/go|https://near.example.com,direct\nGOPRIVATE=git.corp.example\n',
      'mirrorwatch.yaml': withDoor,
    },
  ],
  [
    'names that the client itself keeps from each proxy',
    {
      '~/.config/go/env': line('http://127.0.0.1:10121/go|https://near.example.com,direct'),
      'mirrorwatch.yaml': withDoor,
    },
  ],
])('no trap: %s', async (_name, files) => {
  const { traps } = said(await testMachine(files).run(['doctor', '--json']));
  expect(traps.map(({ id }) => id)).toEqual([]);
});

test('NO_PROXY excepts networks and addresses', async () => {
  const ids = async (host: string, except: string) => {
    const files = {
      'mirrorwatch.yaml': `mirrors: [ { name: a, ecosystem: go, url: "http://${host}" } ]\nmodules: { go: [ rsc.io/quote@v1.5.2 ] }\n`,
    };
    const env = { HTTP_PROXY: 'http://egress.example.com:3128', NO_PROXY: `localhost,127.0.0.0/8,${except}` };
    return said(await testMachine(files, env).run(['doctor', '--json'])).traps.map(({ id }) => id);
  };
  expect(await ids('10.1.2.3:8080', '10.0.0.0/8')).toEqual([]);
  expect(await ids('10.1.2.3:8080', '10.1.2.3:8080')).toEqual([]);
  expect(await ids('10.1.2.3:8080', '10.2.0.0/16')).toEqual(['proxy-catches-mirror']);
  expect(await ids('[fd00::1]', 'fd00::/8')).toEqual([]);
  expect(await ids('[fd00::1]', '[fd00::1]:80')).toEqual([]);
});

test('sources of apt that are turned off have no traps: by another name, or by any word for no', async () => {
  const stanza = 'Types: deb\nURIs: http://apt.corp/debian\nSuites: stable\nTrusted: yes\n';
  const machine = testMachine({
    '/etc/apt/sources.list.d/own.list.disabled': 'deb [trusted=yes] http://apt.corp/debian stable main\n',
    '/etc/apt/sources.list.d/own.sources.save': stanza,
    '/etc/apt/sources.list.d/own.sources': ['no', 'False', '0', 'off']
      .map((no) => `${stanza}Enabled: ${no}\n`)
      .join('\n'),
    '/etc/apt/apt.conf.d/50proxy.bak': 'Acquire::http::Proxy "http://egress.example.com:3128";\n',
  });
  expect(said(await machine.run(['doctor', '--json']))).toMatchObject({ ok: true, traps: [] });
});

test('every kind of trap that needs no network has a row, and those that can be mended one that mends', () => {
  const offline = Object.entries(kinds).filter(([id]) => !/^online-|-protection-unserved$/.test(id));
  expect([...new Set(rows.map(({ id }) => id))].toSorted()).toEqual(offline.map(([id]) => id).toSorted());
  const mending = new Set(rows.filter(({ mended }) => mended !== undefined).map(({ id }) => id));
  expect([...mending].toSorted()).toEqual(
    offline
      .filter(([, { isFixable }]) => isFixable)
      .map(([id]) => id)
      .toSorted(),
  );
});
