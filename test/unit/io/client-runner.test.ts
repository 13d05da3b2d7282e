import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { clearFolder, clearLeft, makeRunsFolder } from '../../../src/io/client-folder.ts';
import { createClientRunner } from '../../../src/io/client-runner.ts';
import { findForeignFolder } from '../../../src/io/foreign-folder.ts';
import { findCommand } from '../../../src/io/machine.ts';
import { fakeClients, orderOf, pathWith, runnerOf } from '../../support/fake-client.ts';
import { tempDir } from '../../support/paths.ts';
import { until, withMoreTime } from '../../support/patience.ts';
import { plainAccess } from '../../support/plain-access.ts';

const isRoot = process.geteuid?.() === 0;
const nobody = isRoot ? { uid: 65534, gid: 65534 } : null;

/** The fields of a line `name: value` of what a program said. */
const saidOf = (words: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    words.split('\n').flatMap((line) => {
      const [, name, value] = /^(\w+): (.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value ?? '']];
    }),
  );

/** True where no process of that number runs; one that nobody reaps is dead all the same. */
function isDead(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return true;
  try {
    return /^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

describe('a run', () => {
  test('reports how it ended, what it fetched and its output', async () => {
    const runner = runnerOf({
      fake: 'echo one; echo two >&2; mkdir got/below; printf 12345 > got/below/file; printf 678 > got/x; exit 3',
    });
    const report = await runner.run(orderOf({ plan: { fetched: 'work/got' } }));
    expect(report).toMatchObject({ end: { tag: 'exited', code: 3 }, files: 2, bytes: 8 });
    expect(report.words.split('\n').toSorted()).toEqual(['one', 'two']);
    expect(report.tookMs).toBeGreaterThan(0);
  });

  test('is given nothing of our environment but where programs are', async () => {
    process.env['MIRRORWATCH_TEST_TOKEN'] = 'hands off';
    process.env['HTTPS_PROXY'] = 'http://127.0.0.1:9';
    try {
      const runner = runnerOf({ fake: 'env | sed "s/=.*//" | sort' });
      const { words } = await runner.run(orderOf({ plan: { env: { OWN: '1' } } }));
      // The shell adds PWD, and some of them two more.
      const names = words.split('\n').filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name));
      expect(names).toEqual(['HOME', 'LANG', 'NO_COLOR', 'OWN', 'PATH', 'TMPDIR']);
    } finally {
      delete process.env['MIRRORWATCH_TEST_TOKEN'];
      delete process.env['HTTPS_PROXY'];
    }
  });

  test('gets no git and no ssh, and settings of projects above its folder end there', async () => {
    const fake =
      'cd $HOME; git --version; echo "git: $?"; ssh -V; echo "ssh: $?"; echo "stops: $(cat package.json pnpm-workspace.yaml | tr -d "\\n")"';
    const { words } = await runnerOf({ fake, git: 'echo ran', ssh: 'echo ran' }).run(orderOf());
    expect(words).not.toContain('ran');
    expect(saidOf(words)).toMatchObject({ git: '1', ssh: '1', stops: '{}packages: ["."]' });
  });

  test('removes what a killed daemon left of runs of long ago, and nothing else', async () => {
    const folder = tempDir('left');
    const hoursAgo = Date.now() / 1_000 - 7_200;
    const make = (name: string, isOld: boolean): void => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'user.npmrc'), 'secret');
      if (isOld) utimesSync(join(folder, name), hoursAgo, hoursAgo);
    };
    make('mirrorwatch-client-old', true);
    make('mirrorwatch-client-new', false);
    make('somebody-elses', true);
    symlinkSync(join(folder, 'somebody-elses'), join(folder, 'mirrorwatch-client-link'));
    mkdirSync(join(folder, 'mirrorwatch-client-now'));
    await clearLeft(join(folder, 'mirrorwatch-client-now'), [process.geteuid?.()]);
    const left = ['mirrorwatch-client-link', 'mirrorwatch-client-new', 'mirrorwatch-client-now', 'somebody-elses'];
    expect(
      readdirSync(folder)
        .filter((name) => !name.startsWith('mirrorwatch-fake'))
        .toSorted(),
    ).toEqual(left);
    expect(readdirSync(join(folder, 'somebody-elses'))).toEqual(['user.npmrc']);
  });

  test('has a folder of its own, closed to others, and gone afterwards', async () => {
    const script =
      'echo "home: $HOME"; echo "modes: $(stat -c %a $HOME) $(stat -c %a $HOME/in/secret)"; echo "here: $(pwd)"; echo "who: $(id -u) $(stat -c %u $HOME/in/secret)"; mkdir $HOME/shut && touch $HOME/shut/x && chmod 500 $HOME/shut';
    const runner = runnerOf({ fake: script });
    const { words } = await runner.run(orderOf({ user: nobody, plan: { files: { 'in/secret': 'x' } } }));
    const said = saidOf(words);
    const uid = `${nobody?.uid ?? process.geteuid?.()}`;
    expect(said).toMatchObject({ modes: '700 600', here: `${said['home']}/work`, who: `${uid} ${uid}` });
    expect(said['home']).toMatch(/mirrorwatch-client-/);
    expect(existsSync(said['home'] ?? '')).toBe(false);
  });

  test('gets its folder in an order in which no other process of the client user can redirect root', async () => {
    const victim = tempDir('victim');
    const given: string[] = [];
    const { chown } = promises;
    promises.chown = async (path) => {
      given.push(realpathSync(String(path)));
      // Another process of the user, which acts as soon as it may enter the folder.
      if (!basename(String(path)).startsWith('mirrorwatch-client-')) return;
      renameSync(join(String(path), 'work'), join(String(path), 'aside'));
      symlinkSync(victim, join(String(path), 'work'));
    };
    syncBuiltinESMExports();
    try {
      const user = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
      await runnerOf({ fake: 'true' }).run(orderOf({ user, plan: { files: { 'in/secret': 'x' } } }));
      expect(given.length).toBeGreaterThan(4);
      expect(given).not.toContain(realpathSync(victim));
    } finally {
      promises.chown = chown;
      syncBuiltinESMExports();
    }
  });

  test('runs after everything else', async () => {
    const { words } = await runnerOf({
      fake: 'until [ "$(nice)" = 19 ]; do sleep 0.05; done; echo "nice: $(nice)"',
    }).run(orderOf());
    expect(saidOf(words)).toEqual({ nice: '19' });
  });

  test('keeps the last of many words, printable, without credentials', async () => {
    const access = plainAccess({ auth: { scheme: 'basic', username: 'robot', secret: 'hunter-22', hosts: [] } });
    const fake =
      'i=0; while [ $i -lt 100 ]; do echo "line $i"; i=$((i+1)); done; printf "\\033[31mred hunter-22 http://u:p@h/x?sig=abc&n=1 %s\\n" cm9ib3Q6aHVudGVyLTIy';
    const { words } = await runnerOf({ fake }).run(orderOf({ access }));
    const lines = words.split('\n');
    expect(lines.length).toBe(30);
    expect(lines.at(-2)).toBe('line 99');
    expect(lines.at(-1)).toBe('?[31mred *** http://***@h/x?sig=***&n=*** ***');
  });
});

describe('a run that goes too far', () => {
  test('in time is killed with all that it started', () =>
    withMoreTime(1_000, async (timeoutMs) => {
      const runner = runnerOf({ fake: 'sleep 100000 & echo "child: $!"; echo "self: $$"; wait' });
      const report = await runner.run(orderOf({ timeoutMs }));
      expect(report.end).toEqual({ tag: 'stopped', because: 'time' });
      const { child, self } = saidOf(report.words);
      expect(Number(child)).toBeGreaterThan(1);
      await until('both are gone', () => [child, self].every((pid) => isDead(Number(pid))), Boolean);
    }));

  test('leaves no process behind when it ends by itself', async () => {
    const runner = runnerOf({ fake: 'sleep 100000 & echo "child: $!"' });
    const report = await runner.run(orderOf());
    expect(report.end).toEqual({ tag: 'exited', code: 0 });
    await until('its child is gone', () => isDead(Number(saidOf(report.words)['child'])), Boolean);
  });

  test('in words is stopped', async () => {
    const report = await runnerOf({ fake: 'yes "a flood of words"' }).run(orderOf({ outputBytes: 100_000 }));
    expect(report.end).toEqual({ tag: 'stopped', because: 'output' });
    expect(report.words.split('\n').at(0)).toBe('a flood of words');
  });

  test('in disk is stopped, however many files it is', async () => {
    const fake = 'i=0; while true; do head -c 1000000 /dev/zero > f$i; i=$((i+1)); sleep 0.02; done';
    const report = await runnerOf({ fake }).run(orderOf({ diskBytes: 5_000_000 }));
    expect(report.end).toEqual({ tag: 'stopped', because: 'disk' });
  });

  test('is killed when we end, and none is run afterwards', async () => {
    const folder = fakeClients({
      fake: 'echo $$ > "$(dirname "$0")/pid.new"; mv "$(dirname "$0")/pid.new" "$(dirname "$0")/pid"; sleep 100000',
    });
    const runner = createClientRunner({ path: pathWith(folder) });
    const run = runner.run(orderOf());
    await until('it runs', () => existsSync(`${folder}/pid`), Boolean);
    await runner.close();
    const none = { tag: 'not_run', because: 'shutdown', code: 'ECANCELED' };
    expect((await run).end).toEqual(none);
    expect((await runner.run(orderOf())).end).toEqual(none);
    const pid = Number(readFileSync(`${folder}/pid`, 'utf8'));
    await until('it is gone', () => isDead(pid), Boolean);
  });
});

test.each(['prlimit', 'setpriv'])('where %s is not let, the client runs without it', async (wrapper) => {
  const refuses = `echo "${wrapper}: failed to set limits: Operation not permitted" >&2; exit 1`;
  const report = await runnerOf({ fake: 'echo here; exit 7', [wrapper]: refuses }).run(orderOf());
  expect(report).toMatchObject({ end: { tag: 'exited', code: 7 }, words: 'here' });
});

describe('what cannot be run', () => {
  test('is reported with the code of the system', async () => {
    const folder = fakeClients({});
    writeFileSync(`${folder}/broken`, '#!/nonexistent/interpreter\n', { mode: 0o755 });
    const other = createClientRunner({ path: pathWith(folder) });
    expect((await other.run(orderOf({ command: 'broken' }))).end).toEqual({
      tag: 'not_run',
      because: 'trouble',
      code: 'ENOENT',
    });
  });

  test('is not installed', async () => {
    const runner = runnerOf({ other: '' });
    expect((await runner.run(orderOf({ command: 'no-such-client' }))).end).toEqual({
      tag: 'not_run',
      because: 'not_installed',
      code: 'ENOENT',
    });
    expect(runner.find('no-such-client')).toBeNull();
  });

  test('is found by absolute folders of the PATH alone', () => {
    const folder = fakeClients({ fake: '' });
    expect(findCommand('fake', pathWith(folder))).toBe(`${folder}/fake`);
    for (const [name, path] of [
      ['fake', 'relative'],
      ['../fake', folder],
      ['', folder],
      ['fake', ''],
    ] as const)
      expect(findCommand(name, path)).toBeNull();
  });
});

/** Exchanges a folder and a link all the time, as fast as it can. */
const exchanging = `
  const { renameSync } = require('node:fs');
  const [, at] = process.argv;
  console.log('begun');
  const names = [['x', 'aside'], ['link', 'x'], ['x', 'link'], ['aside', 'x']];
  for (;;) for (const [from, to] of names) try { renameSync(at + '/' + from, at + '/' + to); } catch {}
`;

test('a folder is removed without a file behind a link that its user puts there meanwhile', async () => {
  const [root, victim] = [tempDir('clear'), tempDir('victim')];
  const names = Array.from({ length: 20 }, (_, at) => `file-${at}`);
  for (const name of names) writeFileSync(join(victim, name), '');
  const attacker = spawn(process.execPath, ['-e', exchanging, join(root, 'current/inner')]);
  try {
    await once(attacker.stdout, 'data');
    for (let round = 0; round < 400; round += 1) {
      const home = join(root, `home-${round}`);
      mkdirSync(join(home, 'inner/x'), { recursive: true });
      for (const name of names) writeFileSync(join(home, 'inner/x', name), '');
      symlinkSync(victim, join(home, 'inner/link'));
      symlinkSync(home, join(root, 'next'));
      renameSync(join(root, 'next'), join(root, 'current'));
      await clearFolder(home);
      expect(readdirSync(victim).length).toBe(names.length);
    }
  } finally {
    attacker.kill('SIGKILL');
  }
});

test('the folder of runs is below no folder that others may write to, sticky or not', async () => {
  const uid = process.geteuid?.() ?? 0;
  const shared = tempDir('shared');
  chmodSync(shared, 0o1777);
  const folder = await makeRunsFolder(join(shared, 'clients'));
  expect(folder.startsWith(shared)).toBe(false);
  expect(existsSync(join(shared, 'clients'))).toBe(false);
  expect(await findForeignFolder(join(folder, 'x'), uid, true)).toBe(null);
  mkdirSync(join(shared, 'own'));
  expect(await findForeignFolder(join(shared, 'own/x'), uid, true)).not.toBe(null);
});

test('read-only folders are removed too', async () => {
  const home = join(tempDir('clear'), 'home');
  mkdirSync(join(home, 'a/b'), { recursive: true });
  writeFileSync(join(home, 'a/b/c'), '');
  for (const name of ['a/b', 'a']) chmodSync(join(home, name), 0o500);
  await clearFolder(home);
  expect(existsSync(home)).toBe(false);
});

test('a folder of more levels than it has descriptors for is left, without what is beside', async () => {
  const home = join(tempDir('clear'), 'home');
  mkdirSync(join(home, ...Array.from({ length: 150 }, () => 'd')), { recursive: true });
  writeFileSync(join(home, 'secret'), '');
  await clearFolder(home);
  expect(readdirSync(home)).toEqual(['d']);
});
