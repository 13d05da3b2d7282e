import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { fakeClients, pathWith } from '../../../support/fake-client.ts';
import { table } from '../../../support/table.ts';
import { said, testMachine } from './machine.ts';

/** Settings files in forms that their clients read, and that a reader of lines takes for something else. */

const index = 'https://b.example.com/simple/';
const pypi = { PIP_INDEX_URL: index, UV_DEFAULT_INDEX: index };
const npm = { npm_config_registry: 'https://b.example.com/' };

let server: Server | null = null;
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

async function daemon(remedy: unknown): Promise<string> {
  server = createServer((_, response) => void response.end(JSON.stringify(remedy)));
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function apply(machine: ReturnType<typeof testMachine>, id: string, remedy: unknown) {
  const argv = ['advice', '--apply', id, '--yes', '--url', await daemon(remedy)];
  return machine.run(argv);
}

const pip = '~/.config/pip/pip.conf';
const uv = '~/.config/uv/uv.toml';

describe('advice --apply', () => {
  test.each(table<[string, string, string, string][]>('unit/features/doctor/settings-forms', 'advice --apply: %s'))(
    '%s',
    async (_, file, before, after) => {
      const machine = testMachine({ [file]: before });
      expect((await apply(machine, 'pypi', pypi)).code).toBe(0);
      expect(machine.text(file)).toBe(after);
      expect((await machine.run(['undo'])).code).toBe(0);
      expect(machine.text(file)).toBe(before);
    },
  );

  const index = 'sparse+https://b.example.com/';
  test.each(table<[string, object, string, string, string][]>('unit/features/doctor/settings-forms', 'cargo: %s'))(
    'cargo: %s',
    async (_, remedy, file, before, after) => {
      const machine = testMachine(before === '' ? {} : { [file]: before });
      expect((await apply(machine, 'cargo', remedy)).code).toBe(0);
      expect(machine.text(file)).toBe(after);
    },
  );
  test.each<[string, object]>([
    ['another URL', { registry: 'https://b.example.com/ x', upstream: 'crates' }],
    ['an upstream that is no name', { registry: index, upstream: 'a.b' }],
    ['HTTP/2 on', { 'http.multiplexing': true }],
  ])('cargo: %s is refused', async (_, remedy) => {
    const machine = testMachine({});
    expect((await apply(machine, 'cargo', remedy)).code).not.toBe(0);
    expect(Object.keys(machine.everything())).toEqual([]);
  });
  test('cargo: a file of the project overrides that of the user', async () => {
    const machine = testMachine({ '.cargo/config.toml': '[source.crates-io]\nreplace-with = "m"\n' });
    const { code, out, err } = await apply(machine, 'cargo', { registry: index, upstream: 'crates' });
    expect([code, out + err]).toEqual([0, expect.stringContaining('source.crates-io.replace-with')]);
  });

  test.each(
    table<[string, string, string, unknown, string, string][]>(
      'unit/features/doctor/settings-forms',
      'advice --apply: %s is refused, and no file is changed',
    ),
  )('%s is refused, and no file is changed', async (_, id, file, remedy, before, because) => {
    const machine = testMachine({ [file]: before });
    const all = machine.everything();
    const ran = await apply(machine, id, remedy);
    expect(ran).toMatchObject({ code: 1, err: expect.stringContaining('nothing was changed') });
    expect(ran.err).toContain(because);
    expect(machine.everything()).toEqual(all);
  });

  const npmrc = 'registry=https://a.example.com/\n//a.example.com/:_authToken=hunter2\n';
  const reads = (npmProgram: string, pnpm = 'exit 0') => ({ PATH: pathWith(fakeClients({ npm: npmProgram, pnpm })) });
  const registry = 'cat "$npm_config_userconfig" | sed -n s/registry=//p';

  test('a client reads another value: the old file stays', async () => {
    const machine = testMachine({ '~/.npmrc': npmrc }, reads('echo https://a.example.com/'));
    const all = machine.everything();
    const ran = await apply(machine, 'npm', npm);
    expect(ran.code).toBe(1);
    expect(ran.err).toContain(
      `nothing was changed: ${machine.at('~/.npmrc')}: npm does not read the wanted value from the new text of the file`,
    );
    expect(ran.err).not.toContain('hunter2');
    expect(machine.everything()).toEqual(all);
  });

  test.each([
    [
      'fails with the new text only',
      `grep -q b.example "$npm_config_userconfig" && exit 1; ${registry}`,
      1,
      'npm does not read',
    ],
    ['fails with both texts', 'exit 1', 0, 'note: npm fails even with the old text'],
    ['reads the value', registry, 0, 'changed'],
  ])('a client %s', async (_, program, code, words) => {
    const machine = testMachine({ '~/.npmrc': npmrc }, reads(program, registry));
    const ran = await apply(machine, 'npm', npm);
    expect([ran.code, ran.err]).toEqual([code, expect.stringContaining(words)]);
    expect(machine.text('~/.npmrc')).toBe(code === 0 ? npmrc.replace('//a', '//b') : npmrc);
  });

  test('a byte order mark is part of the text that the client reads', async () => {
    const marked = `case "$(head -c 3 "$npm_config_userconfig" | od -An -tx1)" in *"ef bb bf"*) exit 1;; esac; ${registry}`;
    const machine = testMachine({ '~/.npmrc': `\ufeff${npmrc}` }, reads(marked, marked));
    const ran = await apply(machine, 'npm', npm);
    expect([ran.code, ran.err]).toEqual([0, expect.stringContaining('note: npm fails even with the old text')]);
    expect(machine.text('~/.npmrc')).toBe(`\ufeff${npmrc.replace('//a', '//b')}`);
  });

  test('each client is asked: the second one reads nothing', async () => {
    const machine = testMachine({ '~/.npmrc': npmrc }, reads(registry));
    const ran = await apply(machine, 'npm', npm);
    expect(ran).toMatchObject({ code: 1, err: expect.stringContaining('pnpm does not read the wanted value') });
    expect(machine.text('~/.npmrc')).toBe(npmrc);
  });
});

describe('doctor --fix', () => {
  const shell = 'script-shell=/evil/sh\n';
  test.each([
    ['reads the new text', 'echo x', 0],
    ['is given no setting that can name code', 'grep -q script-shell "$npm_config_userconfig" && exit 1; exit 0', 0],
    ['fails with both texts', 'exit 1', 1],
  ])('a client %s', async (_, program, notes) => {
    const machine = testMachine(
      { '~/.npmrc': `${shell}strict-ssl=false\n` },
      { PATH: pathWith(fakeClients({ npm: program, pnpm: 'echo x' })) },
    );
    const { err } = await machine.run(['doctor', '--fix', '--yes']);
    expect(err.split('note: npm fails even with the old text').length - 1).toBe(notes);
    expect(machine.text('~/.npmrc')).toBe(shell);
  });
});

describe('doctor', () => {
  const plain = 'index-url = http://pypi.corp.example/simple\ntrusted-host = pypi.corp.example\n';
  test.each([
    ['without indentation', `[global]\n${plain}`],
    ['with indentation', `[global]\n${plain.replaceAll(/^/gm, '    ').trimEnd()}\n`],
    [
      'in capitals and underscores',
      `[GLOBAL]\n${plain.replace('index-url', 'Index_URL').replace('trusted-host', 'TRUSTED_HOST')}`,
    ],
    ['in [DEFAULT]', `[DEFAULT]\n${plain}[global]\n`],
  ])('finds the settings of a pip.conf %s', async (_, text) => {
    const { traps } = said(await testMachine({ [pip]: text }).run(['doctor', '--json']));
    expect(traps.map(({ id }) => id)).toEqual(['pip-trusted-host', 'pip-index-plain']);
  });

  test.each([
    ['an inline list', 'index = [{ name = "corp", url = "http://pypi.corp.example/simple", default = true }]\n'],
    ['a table with a dotted key', 'pip.index-url = "http://pypi.corp.example/simple"\n'],
    ['a literal text', "[[index]]\n'url' = 'http://pypi.corp.example/simple'\ndefault = true\n"],
  ])('finds a plain index of uv in %s', async (_, text) => {
    const { traps } = said(await testMachine({ [uv]: text }).run(['doctor', '--json']));
    expect(traps.map(({ id }) => id)).toEqual(['pip-index-plain']);
  });

  test('finds nothing in texts that only look like settings', async () => {
    const files = {
      [pip]: '[global]\nextra = x\n  index-url = http://a.corp/\n# trusted-host = a.corp\n',
      [uv]: 'note = """\nindex-url = "http://a.corp/"\nallow-insecure-host = ["a.corp"]\n"""\n',
      '~/.npmrc': '[other]\nregistry=http://a.corp/\nstrict-ssl=false\n',
      '~/.yarnrc.yml': 'note: |\n  enableStrictSsl: false\n',
      '/etc/containers/registries.conf': 'note = """\n[[registry]]\nlocation = "a.corp"\ninsecure = true\n"""\n',
    };
    expect(said(await testMachine(files).run(['doctor', '--json']))).toMatchObject({ ok: true, traps: [], untold: [] });
  });

  test.each([
    [pip, '[global]\nindex-url\n', 2],
    [uv, 'a = 1\na = 2\n', 2],
    ['~/.yarnrc.yml', 'a: 1\na: 2\n', 2],
    ['/etc/containers/registries.conf', '[[registry]\n', 1],
    ['/etc/containerd/certs.d/docker.io/hosts.toml', 'server = a\n', 1],
  ])('says that clients reject %s, and at which line', async (file, text, line) => {
    const machine = testMachine({ [file]: text });
    const ran = await machine.run(['doctor', '--json']);
    expect([ran.code, said(ran).untold]).toEqual([
      1,
      [
        {
          id: 'settings',
          because: `line ${line} is not valid, so clients reject the whole file`,
          where: [{ file: machine.at(file), line, variable: null, mirror: null }],
        },
      ],
    ]);
  });

  test.each(
    table<[string, string, string, number][]>(
      'unit/features/doctor/settings-forms',
      'finds a trap in an unusual form of %s',
    ),
  )('finds a trap in an unusual form of %s', async (file, text, id, line) => {
    const machine = testMachine({ [file]: text });
    const { traps } = said(await machine.run(['doctor', '--json']));
    expect(traps.map((trap) => [trap.id, trap.where[0]?.line])).toEqual([[id, line]]);
  });

  test.each([
    [
      'a setting beside another one on its line',
      '/etc/containerd/certs.d/docker.io/hosts.toml',
      'host."https://a" = { skip_verify = true, ca = "x" }\n',
    ],
    ['an element of a list', '~/.npmrc', 'strict-ssl[]=false\n'],
  ])('--fix does not remove %s', async (_, file, text) => {
    const machine = testMachine({ [file]: text });
    await machine.run(['doctor', '--fix', '--yes']);
    expect(machine.text(file)).toBe(text);
  });
});

describe("init reads podman's registries.conf", () => {
  test.each(
    table<[string, string, string][]>('unit/features/doctor/settings-forms', "init reads podman's registries.conf: %s"),
  )('%s', async (_, text, chain) => {
    const machine = testMachine({
      '/etc/containers/registries.conf': text,
      Dockerfile: 'FROM docker.io/library/demo:v1\n',
    });
    const ran = await machine.run(['init', '--yes']);
    expect(ran.out + ran.err).toContain(chain);
  });
});
