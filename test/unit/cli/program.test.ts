import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listUsage } from '../../../src/cli/completion.ts';
import { loadCommands, program } from '../../../src/cli/program.ts';
import { receiveSignals } from '../../../src/terminal/signals.ts';
import { referenceFiles } from '../../../tools/generate-reference.ts';
import { exits } from '../../../tools/reference/exits.ts';
import { repoDir, tempDir } from '../../support/paths.ts';
import { table } from '../../support/table.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { expectGolden } from './golden.ts';
import { run } from './run-program.ts';

const commands = await loadCommands();

const names = (await run(['--help'])).out
  .split('\n')
  .flatMap((line) => /^ {2}([a-z][a-z-]*) {2}/.exec(line)?.[1] ?? []);

test('help of the program and of each command (UPDATE_GOLDEN=1 rewrites it)', async () => {
  const texts = [];
  for (const argv of [['--help'], ...names.map((name) => [name, '--help'])]) {
    const { code, out, err } = await run(argv);
    expect([argv, code, err]).toEqual([argv, 0, '']);
    texts.push(`$ mirrorwatch ${argv.join(' ')}\n${out}\n`);
  }
  expectGolden('cli-help.golden.txt', texts.join('\n'));
});

test.each([['-h'], ['help']])('%s is help too, of a command where one is named', async (word) => {
  expect((await run([word])).out).toBe((await run(['--help'])).out);
  expect((await run(['help', 'rank'])).out).toBe((await run(['rank', '--help'])).out);
});

test.each(commands.map((command) => [command.name, command] as const))(
  'the usage of %s names every option that it takes, and no other',
  (_, { usage, options }) => {
    const named = [...usage.matchAll(/--([a-z][a-z0-9-]*)/g)].map(([, name]) => name ?? '');
    expect([...new Set(named)].toSorted()).toEqual(Object.keys(options).toSorted());
  },
);

test.each([['--version'], ['-v']])('%s', async (word) =>
  expect(await run([word])).toMatchObject({ code: 0, out: 'mirrorwatch 1.2.3 (node v24.0.0)', err: '' }),
);

test.each(['run', 'door'])(
  '%s takes signals before it reads its configuration: a reload must not end a start',
  async (name) => {
    let taken = 0;
    const code = await program({
      argv: [name, '--config', '/nowhere/mirrorwatch.yaml'],
      env: {},
      cwd: '/nowhere',
      terminal: fakeTerminal(),
      facts: { version: '1.2.3', node: 'v24.0.0', log: { level: 'silent', pretty: false } },
      onSignal: () => {
        taken += 1;
      },
    });
    expect([code, taken]).toEqual([2, 1]);
  },
);

test('a reload that comes before the command is up follows it', async () => {
  let react: (signal: 'stop' | 'reload') => void = () => undefined;
  const { stopped, onReload } = receiveSignals({
    onSignal: (given) => {
      react = given;
    },
  });
  let reloads = 0;
  react('reload');
  onReload(() => {
    reloads += 1;
  });
  expect(reloads).toBe(1);
  react('reload');
  react('stop');
  await stopped;
  expect(reloads).toBe(2);
});

test('an empty MIRRORWATCH_CONFIG names no file', async () => {
  const { code, out } = await run(['check', '--json'], { env: { MIRRORWATCH_CONFIG: '' }, cwd: tempDir('no-file') });
  expect([code, JSON.parse(out)]).toMatchObject([0, { source: 'built-in default' }]);
});

describe('wrong usage is 2, said on standard error with the usage line', () => {
  const rows: readonly (readonly [string, readonly string[], string])[] = table('unit/cli/program', 'rows');
  test.each(rows)('%s', async (_, argv, said) => {
    const { code, out, err } = await run(argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(said);
    expect(err).toContain('usage: mirrorwatch');
  });

  test.each([
    ['a token where its file should be', ['advice', '--url', 'http://127.0.0.1:1', '--token-file', 'hunter2']],
    ['a daemon with a password and no scheme', ['advice', '--url', 'robot:hunter2@127.0.0.1:1']],
    ['a mirror with a password and no host', ['probe', 'http://robot:hunter2@']],
  ])('a secret is not said back: %s', async (_, argv) => {
    const { code, err } = await run(argv);
    expect(code).toBe(2);
    expect(err).not.toContain('hunter2');
    expect(err).toContain('***');
  });

  test('no command at all: the overview, 2', async () => {
    const { code, out } = await run([]);
    expect([code, out]).toEqual([2, (await run(['--help'])).out]);
  });
});

describe('where the configuration is looked for', () => {
  const folder = tempDir('cli');
  const file = (name: string, vantage: string): string => {
    const path = join(folder, name);
    writeFileSync(
      path,
      `vantage: ${vantage}\nmirrors: [ { name: a, ecosystem: go, url: "https://a.example.com" } ]\nmodules: { go: [ "example.com/x@v1.0.0" ] }\ngo: { sumdb: off }\n`,
    );
    return path;
  };
  const here = join(folder, 'here');
  mkdirSync(here);
  const [named, byEnv] = [file('named.yaml', 'by-flag'), file('env.yaml', 'by-env')];
  file('here/mirrorwatch.yaml', 'by-folder');

  test.each([
    ['--config first', ['--config', named], { MIRRORWATCH_CONFIG: byEnv }, here, `${named}: 1 mirror, `, 'by-flag'],
    ['relative to the working folder', ['--config', '../named.yaml'], {}, here, `${named}: `, 'by-flag'],
    ['then MIRRORWATCH_CONFIG', [], { MIRRORWATCH_CONFIG: byEnv }, here, `${byEnv}: `, 'by-env'],
    ['then ./mirrorwatch.yaml', [], {}, here, `${join(here, 'mirrorwatch.yaml')}: `, 'by-folder'],
    ['then the built-in default', [], {}, folder, 'built-in default: ', 'vantage'],
  ])('%s', async (_, argv, env, cwd, source, vantage) => {
    const { code, out } = await run(['check', ...argv], { env, cwd });
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toContain(source);
    expect(out.split('\n')[0]).toContain(vantage);
  });

  test.each([
    ['--config', ['--config', '/nowhere/x.yaml'], {}, 'ENOENT'],
    ['MIRRORWATCH_CONFIG', [], { MIRRORWATCH_CONFIG: '/nowhere/x.yaml' }, 'ENOENT'],
    ['a folder', ['--config', folder], {}, 'EISDIR'],
  ])('a named file that cannot be read is a mistake, never the default: %s', async (_, argv, env, code) => {
    const ran = await run(['check', ...argv], { env, cwd: here });
    expect([ran.code, ran.out]).toEqual([2, '']);
    expect(ran.err).toContain(code);
  });
});

describe('check', () => {
  const folder = tempDir('check');
  const yaml = (more: string): string => {
    const path = join(folder, 'mirrorwatch.yaml');
    writeFileSync(path, more);
    return path;
  };

  test('--json of a right file', async () => {
    const path = yaml(`
vantage: here
schedule: { every: 30s, timeout: 5s, perHost: 2 }
steps: { list: 5m, info: 5m, latest: 5m, zip: 1h }
mirrors:
  - { name: a, ecosystem: go, url: "https://a.example.com" }
  - { name: b, ecosystem: go, url: "https://b.example.net" }
modules: { go: [ "example.com/hello@v1.0.0" ] }
go: { sumdb: off }
`);
    const { code, out, err } = await run(['check', '--json', '--config', path]);
    const said = JSON.parse(out);
    expect([code, err]).toEqual([0, '']);
    expect(said).toMatchObject({ ok: true, source: path, mirrors: 2, targets: 10, skippedLockEntries: [] });
    // One canary each 30 s, three light steps each 5 min, one zip an hour.
    expect(said.budget).toHaveLength(2);
    expect(said.budget[0]).toMatchObject({ host: 'https://a.example.com:443', requestsPerHour: 120 + 36 + 1 });
    expect(said.warnings).toMatchObject([
      { severity: 'warning', path: 'controls' },
      { severity: 'warning', path: 'mirrors' },
    ]);
  });

  test('a pipe in place of a secret file is reported at once', async () => {
    const pipe = join(tempDir('pipe'), 'pipe');
    execFileSync('mkfifo', [pipe]);
    const path = yaml(`
listen: { address: ":1", tokenFile: "${pipe}" }
mirrors: [ { name: a, ecosystem: go, url: "https://a.example.com" } ]
controls: [ tcp://192.0.2.1:53 ]
modules: { go: [ "example.com/hello@v1.0.0" ] }
`);
    const { code, err } = await run(['check', '--config', path]);
    expect(code).toBe(2);
    expect(err).toContain('expected a file that can be read (not a regular file)');
    expect((await run(['check', '--config', pipe])).err).toContain('saw not a regular file');
  });

  test('--json of a wrong file: every mistake with its place', async () => {
    const path = yaml('vantge: here\nmirrors:\n  - { name: a, ecosystem: go, url: "ftp://a.example.com" }\n');
    const { code, out } = await run(['check', '--json', '--config', path]);
    const said = JSON.parse(out);
    expect([code, said.ok, said.source]).toEqual([2, false, path]);
    expect(said.issues).toContainEqual(expect.objectContaining({ path: 'vantge', line: 1, nearest: 'vantage' }));
    expect(said.issues).toContainEqual(expect.objectContaining({ path: 'mirrors[0].url', line: 3 }));
  });

  test('of a wrong file, for people: on standard error, with line and the nearest key', async () => {
    const path = yaml('vantge: here\nmirrors: []\n');
    const { code, out, err } = await run(['check', '--config', path]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(`${path}:1`);
    expect(err).toContain('vantage');
  });
});

const files = await referenceFiles();

test.each([...files.keys()])('%s is what the code says (npm run generate writes it)', (path) =>
  expect(readFileSync(join(repoDir, path), 'utf8')).toBe(files.get(path)),
);

test('the package ships what is generated for shells and man', () => {
  const manifest = JSON.parse(readFileSync(join(repoDir, 'package.json'), 'utf8'));
  expect(manifest.files).toEqual(expect.arrayContaining(['completions', 'man']));
  expect(manifest.scripts.prepack).toContain('npm run completions');
  expect(files.has(manifest.man)).toBe(true);
});

test('only the exit codes of each command are documented', () =>
  expect(Object.keys(exits).toSorted()).toEqual(commands.map(({ name }) => name).toSorted()));

test.each(['bash', 'zsh', 'fish'])('completion %s prints every command', async (shell) => {
  const { code, out, err } = await run(['completion', shell]);
  expect([code, err]).toEqual([0, '']);
  for (const { name } of commands) expect(out).toContain(name);
});

test.each([[[]], [['tcsh']], [['bash', 'zsh']], [['constructor']]])('completion %j: usage, 2', async (words) => {
  const { code, out, err } = await run(['completion', ...words]);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain('usage: mirrorwatch completion bash|zsh|fish');
});

test('the usage is read: what options take, and what a first word may be', () => {
  const rows = new Map(listUsage(commands).map((row) => [row.name, row]));
  const takes = (command: string, option: string) =>
    rows.get(command)?.options.find(({ name }) => name === option)?.takes;
  expect([...rows].flatMap(([name, { first }]) => (first.length > 0 ? [[name, first]] : []))).toEqual([
    ['rank', ['go', 'npm', 'pypi', 'oci', 'cargo', 'http']],
    ['advice', ['go', 'npm', 'pypi', 'oci', 'cargo', 'http', 'accept', 'dismiss']],
    ['actions', ['stop', 'resume', 'undo']],
    ['webhook', ['test']],
    ['completion', ['bash', 'zsh', 'fish']],
  ]);
  expect(takes('run', 'log-level')).toEqual(['debug', 'info', 'warn', 'error']);
  expect(takes('demo', 'ecosystem')).toEqual(['go', 'npm', 'pypi', 'oci', 'cargo', 'http', 'all']);
  expect(takes('check', 'config')).toBe('file');
  for (const name of rows.keys()) expect(takes(name, 'lang')).toEqual(['en', 'zh']);
  expect(takes('init', 'home')).toBe('folder');
  expect(takes('rank', 'rounds')).toBe('anything');
});

const text =
  'not verified: the entry of this signed list has no expect.signedBy, so mirrorwatch has no key to verify the list or its packages';
const example = readFileSync(join(repoDir, 'examples', 'debian.yaml'), 'utf8');

function fileWith(content: string): string {
  const dir = tempDir('unchecked');
  copyFileSync(join(repoDir, 'examples', 'archive-keyring.gpg'), join(dir, 'archive-keyring.gpg'));
  writeFileSync(join(dir, 'mirrorwatch.yaml'), content);
  return join(dir, 'mirrorwatch.yaml');
}

test('check names a signed list without a key, once for all its mirrors', async () => {
  const config = fileWith(example.replace(/, signedBy: [\w.-]+/, ''));
  const { code, out, err } = await run(['check', '--config', config]);
  expect([code, err, out.split('\n').filter((line) => line.includes('not verified'))]).toEqual([
    0,
    '',
    [`dists/stable/InRelease of debian: ${text}`],
  ]);
  const json = await run(['check', '--json', '--config', config]);
  expect(JSON.parse(json.out).unchecked).toEqual([
    { ecosystem: 'http', upstream: 'debian', module: 'dists/stable/InRelease', text },
  ]);
});

test('the former profile crates counts as the ecosystem cargo, and check says so', async () => {
  const old = (paths: string) => `vantage: v
mirrors:
  - { name: a, ecosystem: http, upstream: crates, profile: crates, url: "https://a.example.com/index" }
  - { name: b, ecosystem: http, upstream: debian, profile: debian, url: "https://b.example.com/debian" }
controls: [tcp://192.0.2.53:53]
modules: { http: [${paths}, { upstream: debian, path: dists/stable/Release }] }
`;
  const named = async (paths: string) => run(['check', '--config', fileWith(old(paths))]);
  const both = await named('{ upstream: crates, path: config.json }, { upstream: crates, path: se/rd/serde }');
  expect([both.code, both.err]).toEqual([
    0,
    expect.stringContaining('mirrors[0].profile: saw "crates", expected `ecosystem: cargo`'),
  ]);
  expect(both.out).toMatch(/a\.example\.com:443 +cargo \(crates\) +1 +serde/);
  expect((await named('{ upstream: crates, path: config.json }')).out).toMatch(/cargo \(crates\) +1 +cfg-if/);
});

test('check says nothing of one with a key', async () => {
  const config = fileWith(example);
  expect((await run(['check', '--config', config])).out).not.toContain('not verified');
  expect(JSON.parse((await run(['check', '--json', '--config', config])).out).unchecked).toEqual([]);
});
