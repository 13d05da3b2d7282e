import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeChanges } from '../../../../src/io/changes.ts';
import { type TestMachine, testMachine } from './machine.ts';

const goenv = '~/.config/go/env';
const ci = '/etc/ci.env';
const yaml = (root: string): string => `
vantage: here
mirrors: [{ name: a, ecosystem: go, url: "https://a.example.com" }]
modules: { go: [example.com/hello@v1.0.0] }
door: { listen: 127.0.0.1:10121 }
state: { path: ${join(root, 'state/mirrorwatch.db')} }
onAdvice:
  - { name: ci, upstream: go, mode: auto, file: { path: ${join(root, ci)}, as: env } }
  - { name: own, upstream: go, mode: auto, file: { path: ${join(root, 'home/ada/.config/go/env')}, as: env } }
`;

/** A machine on which `doctor --fix` changed one file, and then an action the same and another one. */
async function changed(): Promise<{ readonly machine: TestMachine; readonly before: object }> {
  const machine = testMachine({ [goenv]: 'GOPROXY=https://a.example.com,direct\nGOSUMDB=off\n', [ci]: 'CI=1\n' });
  writeFileSync(machine.at('mirrorwatch.yaml'), yaml(machine.root));
  const before = machine.everything();
  await machine.run(['doctor', '--fix', '--yes']);
  const kept = machine.at('/state/actions/files');
  mkdirSync(dirname(kept), { recursive: true });
  for (const [at, name] of [goenv, ci].entries()) {
    const file = machine.at(name);
    const changes = [{ file, before: machine.text(name), after: `${machine.text(name)}GOFLAGS=-mod=mod\n` }];
    const place = { roots: [dirname(file)], kept, owner: `row-${at}` };
    const made = await makeChanges(changes, place, new Date(Date.now() + 1_000 + at).toISOString());
    expect(made.tag).toBe('ok');
  }
  return { machine, before };
}

/** Without the records of actions. */
const filesOf = (machine: TestMachine): object =>
  Object.fromEntries(Object.entries(machine.everything()).filter(([path]) => !path.includes('/state/actions/')));

describe('undo --all', () => {
  test('reverts actions and doctor in reverse order: bytes and modes are as before', async () => {
    const { machine, before } = await changed();
    expect(filesOf(machine)).not.toEqual(before);
    expect(await machine.run(['undo', '--all', '--config', machine.at('mirrorwatch.yaml')])).toMatchObject({
      code: 0,
      out: [ci, goenv, goenv].map((name) => `restored ${machine.at(name)}`).join('\n'),
      err: '',
    });
    expect(filesOf(machine)).toEqual(before);
    expect(await machine.run(['undo', '--all', '--config', machine.at('mirrorwatch.yaml')])).toMatchObject({
      code: 0,
      out: 'nothing to undo',
    });
  });

  test('stops at a file that a person changed, and lists it and what is left', async () => {
    const { machine } = await changed();
    writeFileSync(machine.at(goenv), 'GOPROXY=off\n');
    const { code, out, err } = await machine.run(['undo', '--all', '--config', machine.at('mirrorwatch.yaml')]);
    expect([code, out]).toEqual([1, `restored ${machine.at(ci)}`]);
    expect(err).toContain(`nothing was restored: ${machine.at(goenv)}: the file was changed again`);
    expect(err.match(/^not restored: \S+go\/env /gm)).toHaveLength(2);
    expect(machine.text(goenv)).toBe('GOPROXY=off\n');
  });

  test('restores no file that no action of the configuration writes: a checkout may contain the record', async () => {
    const machine = testMachine({ '~/.bashrc': 'alias ll=ls\n' });
    writeFileSync(machine.at('mirrorwatch.yaml'), yaml(machine.root));
    const [kept, file] = [machine.at('/state/actions/files'), machine.at('~/.bashrc')];
    mkdirSync(dirname(kept), { recursive: true });
    await makeChanges(
      [{ file, before: 'alias ll=ls\n', after: 'x\n' }],
      { roots: [machine.home], kept, owner: 'x' },
      '',
    );
    const { code, out, err } = await machine.run(['undo', '--all', '--config', machine.at('mirrorwatch.yaml')]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(`not restored: ${file} `);
    expect(machine.text('~/.bashrc')).toBe('x\n');
  });

  test('restores no file by records that Git tracks: whoever wrote the repository chose the contents', async () => {
    const { machine } = await changed();
    const before = filesOf(machine);
    const git = (...argv: string[]) => execFileSync('git', argv, { cwd: machine.at('/state'), stdio: 'ignore' });
    git('init');
    git('add', 'actions/files/2.json');
    const ran = await machine.run(['undo', '--all', '--config', machine.at('mirrorwatch.yaml')]);
    expect([ran.code, ran.out]).toEqual([1, '']);
    for (const name of [goenv, ci]) expect(ran.err).toContain(machine.at(name));
    for (const name of [goenv, ci]) expect(machine.text(name)).toContain('GOFLAGS=-mod=mod');
    expect(Object.keys(filesOf(machine))).toEqual(expect.arrayContaining(Object.keys(before)));
  });

  test('lists a setting that names the front door and a backup that cannot be read', async () => {
    const machine = testMachine({ [goenv]: 'GOPROXY=http://127.0.0.1:10121/go,direct\n' });
    writeFileSync(machine.at('mirrorwatch.yaml'), yaml(machine.root));
    const kept = machine.at('/state/actions/files');
    mkdirSync(kept, { recursive: true });
    writeFileSync(join(kept, '3.json'), '{"id":"3","fi');
    const { code, err } = await machine.run(['undo', '--all', '--config', machine.at('mirrorwatch.yaml')]);
    expect(code).toBe(1);
    expect(err).toContain(`${machine.at(goenv)}:1 still names the front door http://127.0.0.1:10121`);
    expect(err).toContain(`not restored: the backup ${join(kept, '3.json')}`);
  });

  test('takes neither an ID nor --list', async () => {
    const machine = testMachine({});
    for (const more of ['1', '--list'])
      expect(await machine.run(['undo', '--all', '--config', machine.at('mirrorwatch.yaml'), more])).toMatchObject({
        code: 2,
        err: expect.stringContaining('--all takes neither an ID nor --list'),
      });
  });
});
