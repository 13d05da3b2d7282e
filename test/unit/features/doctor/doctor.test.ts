import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatDiff } from '../../../../src/core/format-diff.ts';
import { assignmentsIn } from '../../../../src/features/doctor/assignments.ts';
import { editsFor } from '../../../../src/features/doctor/edits.ts';
import { table } from '../../../support/table.ts';
import { run } from '../../cli/run-program.ts';
import { said, testMachine } from './machine.ts';

const goenv = '~/.config/go/env';

describe('mirrorwatch doctor', () => {
  test('a machine without traps is fine, and says how much was read', async () => {
    const machine = testMachine({
      '~/.bashrc': 'export EDITOR=vi\n',
      [goenv]: 'GOPROXY=https://a.example.com,direct\n',
    });
    expect(await machine.run(['doctor'])).toMatchObject({
      code: 0,
      out: 'no wrong settings found, 2 files read',
      err: '',
    });
  });

  test('notes alone are no trouble', async () => {
    const machine = testMachine({
      '.envrc': 'export GOPROXY=https://a.example.com,direct\n',
      '~/.zshrc': 'export GOPROXY=https://b.example.com,direct\n',
    });
    const ran = await machine.run(['doctor']);
    expect(ran.code).toBe(0);
    expect(ran.out).toContain('1 note, 2 files read');
  });

  test('what cannot be read is neither a trap nor fine', async () => {
    const machine = testMachine({ '/etc/environment': 'X=1\n' });
    mkdirSync(machine.at('~/.zshrc'), { recursive: true });
    const ran = await machine.run(['doctor', '--json']);
    expect(ran.code).toBe(1);
    expect(said(ran)).toMatchObject({
      ok: false,
      traps: [],
      untold: [{ id: 'settings', because: 'the file cannot be read (EISDIR)' }],
    });
    expect((await machine.run(['doctor'])).out).toBe(
      `could not be checked\n  ${machine.at('~/.zshrc')}: the file cannot be read (EISDIR)\n\n1 could not be checked, 1 file read`,
    );
  });

  test('a registries.conf that podman rejects: a mirror of no registry', async () => {
    const file = '/etc/containers/registries.conf';
    const mirror = '[[registry.mirror]]\nlocation = "192.0.2.7:5000"\n';
    const refused = await testMachine({ [file]: `# ours\n${mirror}` }).run(['doctor', '--json']);
    expect([refused.code, said(refused)]).toMatchObject([1, { untold: [{ where: [{ line: 2 }] }] }]);
    const taken = await testMachine({ [file]: `[[registry]]\nlocation = "a.example"\n${mirror}` }).run(['doctor']);
    expect(taken.code).toBe(0);
  });

  test('looking changes nothing', async () => {
    const machine = testMachine({ [goenv]: 'GOSUMDB=off\n' });
    const before = machine.everything();
    await machine.run(['doctor']);
    await machine.run(['doctor', '--json']);
    expect(machine.everything()).toEqual(before);
  });

  test('the worst first, each with where it stands, what it causes, and what to set', async () => {
    const machine = testMachine({ [goenv]: 'GOPROXY=https://ada:pass@a.example.com\nGOSUMDB=off\n' });
    const { out, code } = await machine.run(['doctor']);
    expect(code).toBe(1);
    expect(out.replaceAll(machine.root, '')).toBe(`error  The checksum database is off  go-sumdb-off
  GOSUMDB is off.
  where   /home/ada/.config/go/env:2
  causes  Modules that go.sum does not list yet are accepted without verification.
  set     go env -u GOSUMDB
          --fix repairs this

warning  GOPROXY ends with a proxy  go-direct-missing
  GOPROXY https://***@a.example.com/ ends with a proxy.
  where   /home/ada/.config/go/env:1
  causes  If the proxies lack a module, the build fails, even if the module's own server has it. If no other source may be used, end the list with \`off\`.
  set     go env -w GOPROXY="$(go env GOPROXY),direct"    # or ,off instead of ,direct if nothing else may be used
          --fix repairs this

1 error, 1 warning, 1 file read
2 of these problems can be fixed automatically: mirrorwatch doctor --fix`);
  });

  test('text of files moves no cursor', async () => {
    const machine = testMachine({ [goenv]: 'GOINSECURE=\u001b[2Jx\n' });
    const { out } = await machine.run(['doctor']);
    expect(out).toContain('GOINSECURE is ?[2Jx');
    expect(out).not.toContain('\u001b');
  });

  test.each([
    [['doctor', '--yes'], '--yes can only be used with --fix'],
    [['doctor', '--fixx'], "Unknown option '--fixx'"],
    [['undo', '1', '--list'], '--list cannot be combined with an ID'],
  ])('%j is wrong usage', async (argv, said) =>
    expect(await run(argv, { env: { HOME: '/nowhere' } })).toMatchObject({
      code: 2,
      err: expect.stringContaining(said),
    }),
  );

  test('with a registries.conf of the user, podman reads none of the system', async () => {
    const system = { '/etc/containers/registries.conf': '[[registry]]\nlocation = "hub.corp"\ninsecure = true\n' };
    const users = { '~/.config/containers/registries.conf': '[[registry]]\nlocation = "docker.io"\n' };
    const trapsOf = async (files: Readonly<Record<string, string>>) =>
      said(await testMachine(files).run(['doctor', '--json'])).traps.map(({ id }) => id);
    expect(await trapsOf(system)).toEqual(['oci-insecure-registries']);
    expect(await trapsOf({ ...system, ...users })).toEqual([]);
  });

  test('without HOME it asks whose settings', async () =>
    expect(await run(['doctor'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('it is unknown whose settings to read'),
    }));
});

describe('--fix', () => {
  const files = { [goenv]: 'GOPROXY=https://ada:pass@a.example.com,direct\nGOSUMDB=off\n' };

  test('shows the change as a diff first, secrets masked', async () => {
    const machine = testMachine(files);
    const { err } = await machine.run(['doctor', '--fix', '--yes']);
    const path = machine.at(goenv);
    expect(err).toBe(`--- ${path}
+++ ${path}
@@ -1,2 +1,1 @@
 GOPROXY=https://***@a.example.com,direct
-GOSUMDB=off
changed ${path}
the old files are saved; to restore them: mirrorwatch undo 1`);
  });

  test('neither what is said nor the diff shows user-info without a scheme, or turns the direction of writing', async () => {
    const machine = testMachine({ [goenv]: 'GOFLAGS=\u202e-mod\r\nGOINSECURE=ada:hunter2@x\r\n' });
    for (const json of [[], ['--json']]) {
      const { out, err } = await machine.run(['doctor', '--fix', ...json]);
      expect(err).toContain(' GOFLAGS=?-mod\n-GOINSECURE=***@x\n');
      expect(out).toContain('GOINSECURE is ***@x.');
      expect(out + err).not.toMatch(/hunter2|\u202e/);
    }
  });

  test.each([
    ['a person says no', false, 'nothing was changed'],
    ['nobody is there to say yes', undefined, 'no terminal to confirm on; use --yes'],
  ])('%s: nothing is changed, and the traps are still told', async (_, answer, words) => {
    const machine = testMachine(files);
    const before = machine.everything();
    const ran = await machine.run(['doctor', '--fix'], answer === undefined ? {} : { answer });
    expect(ran).toMatchObject({
      code: 1,
      err: expect.stringContaining(words),
      out: expect.stringContaining('go-sumdb-off'),
    });
    expect(machine.everything()).toEqual(before);
  });

  test('after confirmation: the remaining traps are shown, and there are none', async () => {
    const machine = testMachine(files);
    expect(await machine.run(['doctor', '--fix'], { answer: true })).toMatchObject({
      code: 0,
      out: 'no wrong settings found, 1 file read',
    });
  });

  test('nothing to mend', async () => {
    const machine = testMachine({}, { GOSUMDB: 'off' });
    expect(await machine.run(['doctor', '--fix', '--yes'])).toMatchObject({
      code: 1,
      err: 'mirrorwatch doctor: --fix has nothing to repair here',
    });
  });

  test('a file that leads outside home and root is refused', async () => {
    const [machine, other] = [testMachine({}), testMachine({ '~/env': 'GOSUMDB=off\n' })];
    mkdirSync(dirname(machine.at(goenv)), { recursive: true });
    symlinkSync(other.at('~/env'), machine.at(goenv));
    const ran = await machine.run(['doctor', '--fix', '--yes']);
    expect(ran).toMatchObject({ code: 1, err: expect.stringContaining('nothing was changed') });
    expect(other.text('~/env')).toBe('GOSUMDB=off\n');
  });

  test("the system's files are left alone where --root does not name them", async () => {
    const machine = testMachine({ '/usr/local/go/go.env': 'GOPROXY=direct\n', '/opt/env': 'GOSUMDB=off\n' });
    const ran = await run(['doctor', '--fix', '--yes'], {
      env: { HOME: machine.home, GOENV: machine.at('/opt/env') },
      cwd: machine.at('x'),
    });
    expect(ran.err).toContain('outside');
    expect(machine.text('/opt/env')).toBe('GOSUMDB=off\n');
  });

  test('undo refuses what was changed since, and lists what it could put back', async () => {
    const machine = testMachine(files);
    await machine.run(['doctor', '--fix', '--yes']);
    expect((await machine.run(['undo', '--list'])).out).toMatch(/^1 {2}\d{4}-\S+Z {2}\S+\/go\/env$/);
    writeFileSync(machine.at(goenv), 'GOPROXY=off\n');
    chmodSync(machine.at(goenv), 0o600);
    expect(await machine.run(['undo', '1'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('the file was changed again'),
    });
    expect(machine.text(goenv)).toBe('GOPROXY=off\n');
    expect(await machine.run(['undo', '7'])).toMatchObject({ code: 1, err: 'mirrorwatch undo: no change with id 7' });
  });
});

describe('what a shell would set', () => {
  test.each(
    table<[string, readonly (readonly (string | null)[])[]][]>('unit/features/doctor/doctor', 'what a shell would set'),
  )('%s', (line, wanted) =>
    expect(assignmentsIn('/x/.bashrc', line).map(({ name, value }) => [name, value])).toEqual(wanted),
  );

  test('unset takes back what stood before it', () =>
    expect(assignmentsIn('/x', 'export A=1 B=2\nunset A\nexport C=3').map(({ name, line }) => [name, line])).toEqual([
      ['B', 1],
      ['C', 3],
    ]));

  test('fish', () =>
    expect(assignmentsIn('/x/config.fish', 'set -gx A 1\nset -x B "2"\nset C 3').map(({ name }) => name)).toEqual([
      'A',
      'B',
    ]));
});

describe('edits', () => {
  const edit = (line: number | null, was: string | null, ...becomes: string[]) => ({
    edits: [{ file: '/f', line, was, becomes }],
  });
  test.each([
    ['a line goes', 'a\nb\n', [edit(1, 'a')], 'b\n'],
    ['the last one goes', 'a\n', [edit(1, 'a')], ''],
    ['a line becomes two', 'a\nb', [edit(2, 'b', 'c', 'd')], 'a\nc\nd'],
    ['ends of lines stay', 'a\r\nb\r\n', [edit(2, 'b', 'c')], 'a\r\nc\r\n'],
    ['a line is added behind one without an end', 'a', [edit(null, null, 'b')], 'a\nb\n'],
    ['twice the same is added once', '', [edit(null, null, 'b'), edit(null, null, 'b')], 'b\n'],
    ['what is no longer that line stays', 'a\n', [edit(1, 'x')], null],
    ['each line keeps its own end', 'a\nb\r\nc\nd', [edit(1, 'a', 'x'), edit(2, 'b', 'y')], 'x\ny\r\nc\nd'],
    ['the first of two edits of a line counts', 'a\n', [edit(1, 'a', 'b'), edit(1, 'a', 'c')], 'b\n'],
  ] as const)('%s', (_, before, traps, after) => {
    const changes = editsFor(traps, () => before);
    expect(changes.map((change) => change.after)).toEqual(after === null ? [] : [after]);
  });

  test('a diff of a new file', () =>
    expect(formatDiff({ file: '/f', before: null, after: 'a\nb\n' })).toEqual([
      '--- /dev/null',
      '+++ /f',
      '@@ -0,0 +1,2 @@',
      '+a',
      '+b',
    ]));

  test('a diff has three lines around, and what is the same in between', () => {
    const before = '1\n2\n3\n4\n5\n6\n7\n8\n9\n';
    expect(formatDiff({ file: '/f', before, after: before.replace('5\n', 'x\n').replace('6', '6\ny') })).toEqual([
      '--- /f',
      '+++ /f',
      '@@ -2,8 +2,9 @@',
      ' 2',
      ' 3',
      ' 4',
      '-5',
      '+x',
      ' 6',
      '+y',
      ' 7',
      ' 8',
      ' 9',
    ]);
  });

  test.each([
    ['//npm.example.com/:_authToken=abc', '//npm.example.com/:_authToken=***'],
    ['_auth = "abc"', '_auth = ***'],
    ['index-url = https://ada:pass@pypi.example.com/simple', 'index-url = https://***@pypi.example.com/simple'],
    ['a = https://ada:p@ss/word@a.example.com/x', 'a = https://***@a.example.com/x'],
    [
      'https://a.example.com,https://ada:pass@b.example.com|direct',
      'https://a.example.com,https://***@b.example.com|direct',
    ],
    ['Authorization = ["Basic abc"]', 'Authorization = ***'],
    ['_authToken=abc\r', '_authToken=***'],
    ['_authToken=abc\u2028def', '_authToken=***'],
    ['auth = "abc"', 'auth = ***'],
    ['key="-----BEGIN"', 'key=***'],
    ["GOPROXY=https://ada:p'a,s|s@a.example.com", 'GOPROXY=https://***@a.example.com'],
    ['index-url = //ada:pass@a.example.com/simple', 'index-url = //***@a.example.com/simple'],
    ['GOPROXY=ada:p@ss@b,direct', 'GOPROXY=***@b,direct'],
    [`registry=https://a.example.com/${'x'.repeat(2_000)}`, '(2031 characters)'],
  ])('a diff masks %s', (line, masked) =>
    expect(formatDiff({ file: '/f', before: null, after: line })[3]).toBe(`+${masked}`),
  );

  test.each(
    table<[string, string][]>(
      'unit/features/doctor/doctor',
      'a diff masks a secret over lines, and what stands behind it is seen: %s',
    ),
  )('a diff masks a secret over lines, and what stands behind it is seen: %s', (_, text) => {
    const lines = formatDiff({ file: '/f', before: `${text}\ny=1\n`, after: `${text}\ny=2\n` });
    const whole = formatDiff({ file: '/f', before: null, after: text });
    expect([...lines, ...whole].join('\n')).not.toContain('hunter2');
    expect(lines.slice(-3)).toEqual([expect.stringMatching(/^ (x|timeout|nodeLinker)/), '-y=1', '+y=2']);
    const end = text.split('\n').at(-1);
    expect(whole.at(-1)).toBe(`+${end}`);
  });
});
