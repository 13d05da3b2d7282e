import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { cacheDir, commandPath } from '../support/paths.ts';
import { mustRun, run } from '../support/process.ts';
import { real } from '../support/requires.ts';
import { table } from '../support/table.ts';
import { run as program } from '../unit/cli/run-program.ts';
import { type ShownTrap, said, type TestMachine, type TrapRow, testMachine } from '../unit/features/doctor/machine.ts';
import { goRows } from '../unit/features/doctor/rows-go.ts';
import { npmRows } from '../unit/features/doctor/rows-npm.ts';
import { proxyRows } from '../unit/features/doctor/rows-proxies.ts';
import { pypiRows } from '../unit/features/doctor/rows-pypi.ts';

/** Nothing of this process's own settings reaches the client. */
function sealed(machine: TestMachine, own: Readonly<Record<string, string>> = {}) {
  const steering = Object.keys(process.env).filter((name) => /^(PIP|UV|NPM_CONFIG|GO)|^XDG_|^VIRTUAL_ENV$/i.test(name));
  return {
    ...Object.fromEntries(steering.map((name) => [name, undefined])),
    HOME: machine.home,
    GOTOOLCHAIN: 'local',
    GOFLAGS: '',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_RETRIES: '0',
    ...own,
  };
}

/** The sentence of the one trap of this id: which place counts by our own reading. */
const told = async (machine: TestMachine, id: string): Promise<string> =>
  said(await machine.run(['doctor', '--json'])).traps.find((trap) => trap.id === id)?.what ?? '';

real('what counts, by the go command itself', ['go'], () => {
  const asked = async (machine: TestMachine, name: string, own = {}): Promise<string> =>
    (await mustRun(commandPath('go'), ['env', name], { env: sealed(machine, own), cwd: machine.home })).trim();

  test('the environment shadows the file; --fix mends GOSUMDB=off for it, undo brings it back', async () => {
    const env = { GOPROXY: 'https://a.example.com,direct' };
    const machine = testMachine({ '~/.config/go/env': 'GOPROXY=https://b.example.com,direct\nGOSUMDB=off\n' }, env);
    expect(await told(machine, 'go-env-shadowed')).toContain(
      `${await asked(machine, 'GOPROXY', env)} in the environment`,
    );
    expect(await asked(machine, 'GOSUMDB')).toBe('off');
    await machine.run(['doctor', '--fix', '--yes']);
    expect(await asked(machine, 'GOSUMDB')).not.toBe('off');
    await machine.run(['undo']);
    expect(await asked(machine, 'GOSUMDB')).toBe('off');
  });
});

real('what counts, by npm itself', ['npm'], () => {
  test.each([
    ['project over user', {}, 'https://a.example.com/'],
    ['environment over both', { NPM_CONFIG_REGISTRY: 'https://c.example.com/' }, 'https://c.example.com/'],
  ])('%s', async (_, env, wanted) => {
    const machine = testMachine(
      {
        'package.json': '{"name":"app"}',
        '.npmrc': 'registry=https://a.example.com/\n',
        '~/.npmrc': 'registry=https://b.example.com/\n',
      },
      env,
    );
    const options = { env: sealed(machine, env), cwd: machine.at('x').slice(0, -2) };
    const counts = (await mustRun(commandPath('npm'), ['config', 'get', 'registry'], options)).trim();
    expect(counts).toBe(wanted);
    expect(await told(machine, 'npm-registry-shadowed')).toContain(`${wanted} takes effect`);
  });
});

real('what counts in a workspace, by npm itself', ['npm'], () => {
  test("the root's file counts, not the package's", async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(String(request.url));
      response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const machine = testMachine({
      '/home/package.json': '{ "name": "root", "workspaces": ["ada/*"] }',
      '/home/.npmrc': `registry=${url}/root/\n`,
      'package.json': '{ "name": "web", "version": "1.0.0" }',
      '.npmrc': `registry=${url}/package/\n`,
      '~/.npmrc': `registry=${url}/user/\n`,
    });
    const options = { env: sealed(machine), cwd: machine.at('x').slice(0, -2) };
    await run(commandPath('npm'), ['view', 'six', '--fetch-retries=0', '--no-update-notifier'], options);
    server.close();
    expect([...new Set(asked)]).toEqual(['/root/six']);
    expect(await told(machine, 'npm-registry-shadowed')).toContain(`${url}/root/ takes effect`);
  });
});

real('what counts, by pip itself', ['pip'], () => {
  let machine: TestMachine;
  beforeAll(() => {
    machine = testMachine({});
  });
  test.each(
    table<[string, Record<string, string>, Record<string, string>, string, isAlone?: boolean][]>(
      'real/doctor-clients',
      'what counts, by pip itself: %s',
    ),
  )('%s', async (_, files, env, wanted, isAlone = false) => {
    machine = testMachine(files, env);
    const own = Object.fromEntries(
      Object.entries(env).map(([name, value]) => [name, value.replace('<root>', machine.root)]),
    );
    const args = ['install', '--dry-run', '--no-cache-dir', '--no-input', 'six'];
    // Without the variable, the pip of Debian installs nothing outside a virtual environment, not even in a dry run.
    const pipEnv = { ...sealed(machine, own), PIP_BREAK_SYSTEM_PACKAGES: '1' };
    const { stdout, stderr } = await run(commandPath('pip'), args, { env: pipEnv, cwd: machine.home });
    expect(stdout + stderr).toContain(`Looking in indexes: http://127.0.0.1:1/${wanted}`);
    const shadowed = await told(machine, 'pip-index-shadowed');
    if (isAlone) expect(shadowed).toBe('');
    else expect(shadowed).toContain(`http://127.0.0.1:1/${wanted} takes effect`);
  });
});

real('what counts, by uv itself', ['uv'], () => {
  const project = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["six"]\n';
  const index = (table: string, name: string) => `[[${table}]]\nurl = "<server>/${name}"\ndefault = true\n`;
  test.each<[string, Record<string, string>, Record<string, string>, string]>([
    [
      'a default index of the project over UV_INDEX_URL',
      { 'pyproject.toml': project + index('tool.uv.index', 'project') },
      { UV_INDEX_URL: '<server>/old' },
      'project',
    ],
    [
      'a default index of the user over UV_INDEX_URL',
      { 'pyproject.toml': project, '~/.config/uv/uv.toml': index('index', 'user') },
      { UV_INDEX_URL: '<server>/old' },
      'user',
    ],
    [
      'UV_DEFAULT_INDEX over a default index of the project',
      { 'pyproject.toml': project + index('tool.uv.index', 'project') },
      { UV_DEFAULT_INDEX: '<server>/new' },
      'new',
    ],
    [
      "UV_INDEX_URL over the project's index-url",
      { 'pyproject.toml': `${project}[tool.uv]\nindex-url = "<server>/project"\n` },
      { UV_INDEX_URL: '<server>/old' },
      'old',
    ],
    [
      "a default index of the user over the project's index-url",
      {
        'pyproject.toml': `${project}[tool.uv]\nindex-url = "<server>/project"\n`,
        '~/.config/uv/uv.toml': index('index', 'user'),
      },
      {},
      'user',
    ],
  ])('%s', async (_, files, env, wanted) => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(String(request.url));
      response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const filled = (texts: Record<string, string>) =>
      Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, text.replaceAll('<server>', url)]));
    const machine = testMachine(filled(files), filled(env));
    const own = { ...filled(env), UV_NO_CACHE: '1', UV_PYTHON_DOWNLOADS: 'never' };
    await run(commandPath('uv'), ['lock'], { env: sealed(machine, own), cwd: machine.at('x').slice(0, -2) });
    server.close();
    expect([...new Set(asked)]).toEqual([`/${wanted}/six/`]);
    expect(await told(machine, 'uv-index-shadowed')).toContain(`${url}/${wanted} takes effect`);
  });
});

const rows: readonly TrapRow[] = [...proxyRows, ...goRows, ...npmRows, ...pypiRows];
/** Lines to paste that change a setting. What follows four blanks is said to a person. */
const commands = /^(export|unset|go env|npm config|pip config) /;
const steering = /^(npm_config_|pip_|uv_|go|.*_proxy$|xdg_|node_|virtual_env$)/i;

/** The environment of the row, and nothing of this process that steers a client. */
function environment({ env = {} }: TrapRow, machine: TestMachine): Readonly<Record<string, string | undefined>> {
  const ours = Object.keys(process.env).filter((name) => steering.test(name));
  return {
    ...Object.fromEntries(ours.map((name) => [name, undefined])),
    GOTOOLCHAIN: 'local',
    YARN_ENABLE_TELEMETRY: '0',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replaceAll('<root>', machine.root)])),
    HOME: machine.home,
    PATH: `${join(cacheDir, 'bin')}:${process.env['PATH']}`,
  };
}

/** Pastes a line into a shell of the machine. @returns the environment behind it */
async function pasted(line: string, row: TrapRow, machine: TestMachine): Promise<Readonly<Record<string, string>>> {
  const env = environment(row, machine);
  const after = join(machine.root, 'environment');
  const ran = await run(
    commandPath('bash'),
    ['--norc', '-c', `${line}\nstatus=$?; env -0 > '${after}'; exit $status`],
    { env, cwd: machine.at('x').slice(0, -2) },
  );
  expect([line, ran.code, ran.stderr]).toEqual([line, 0, expect.not.stringContaining('does not override')]);
  const all = readFileSync(after, 'utf8').split('\0').filter(Boolean);
  const set = all.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)] as const);
  return Object.fromEntries(set.filter(([name]) => steering.test(name) && name !== 'GOTOOLCHAIN'));
}

/** What the line says of the shell's files, done by hand: they set what it sets, or nothing. */
function writeShells(line: string, { where }: ShownTrap): void {
  const becomes = line.startsWith('export ') ? line : '';
  for (const { file, line: at } of where) {
    if (file === null || at === null || !/^(export|unset) /.test(line)) continue;
    const lines = readFileSync(file, 'utf8').split('\n');
    if (/\b(export\b|GOSUMDB=)|^[A-Z_]+=/.test(lines[at - 1] ?? '') && !file.endsWith('/go/env'))
      writeFileSync(file, lines.with(at - 1, becomes).join('\n'));
  }
}

const applied = new Set<string>();

real('what doctor prints to paste', ['bash', 'go', 'npm', 'pip'], () => {
  test.each(rows)('$id: $name: what is pasted takes the trap away', async (row) => {
    const machine = testMachine(row.files ?? {}, row.env ?? {});
    const before = said(await machine.run(['doctor', '--json'])).traps.find(({ id }) => id === row.id);
    // Each variable of a leak has a line of its own; everywhere else a further line is another way, or an addition.
    const lines = (row.id === 'go-private-leaks' ? before?.set : before?.set.slice(0, 1)) ?? [];
    if (before === undefined || !lines.every((line) => commands.test(line))) return;
    let env = row.env ?? {};
    for (const line of lines.map((one) => one.replace(/ {4}#.*$/, ''))) {
      writeShells(line, before);
      env = await pasted(line, { ...row, env }, machine);
    }
    applied.add(row.id);
    const argv = ['doctor', '--json', '--root', machine.root];
    const again = await program(argv, { env: { ...env, HOME: machine.home }, cwd: machine.at('x').slice(0, -2) });
    const alike = said(again).traps.filter(({ id, set }) => id === row.id && `${set}` === `${before.set}`);
    expect(
      alike.map(({ what }) => what),
      lines.join('\n'),
    ).not.toContain(before.what);
  });

  test('these traps have one, the others are for a person to judge', () =>
    expect([...applied].toSorted()).toEqual([
      'ca-missing',
      'go-direct-missing',
      'go-env-shadowed',
      'go-insecure',
      'go-private-leaks',
      'go-proxy-direct',
      'go-proxy-malformed',
      'go-proxy-off',
      'go-proxy-unreached',
      'go-sumdb-off',
      'go-sumdb-skipped',
      'pip-trusted-host',
      'proxy-case-differs',
      'proxy-catches-localhost',
      'proxy-catches-mirror',
      'proxy-except-url',
      'proxy-not-a-url',
    ]));
});
