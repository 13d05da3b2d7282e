import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cacheDir, commandPath } from '../support/paths.ts';
import { run } from '../support/process.ts';
import { real } from '../support/requires.ts';
import { run as program } from '../unit/cli/run-program.ts';
import { type ShownTrap, said, type TestMachine, type TrapRow, testMachine } from '../unit/features/doctor/machine.ts';
import { goRows } from '../unit/features/doctor/rows-go.ts';
import { npmRows } from '../unit/features/doctor/rows-npm.ts';
import { proxyRows } from '../unit/features/doctor/rows-proxies.ts';
import { pypiRows } from '../unit/features/doctor/rows-pypi.ts';

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
