import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FileFormat, valuesOf } from '../../src/formats/format.ts';
import { ini } from '../../src/formats/ini.ts';
import { npmrc } from '../../src/formats/npmrc.ts';
import { commandDirs, commandPath, tempDir } from '../support/paths.ts';
import { mustRun, run } from '../support/process.ts';
import { real } from '../support/requires.ts';
import { type TestMachine, testMachine } from '../unit/features/doctor/machine.ts';
import { iniTexts, leavesOf, npmrcTexts } from '../unit/formats/documents.ts';

const index = 'https://b.example.com/simple/';
const registry = 'https://b.example.com/';

/** `advice --apply` on a machine with these files and all clients. */
async function applied(id: string, files: Readonly<Record<string, string>>, path = commandDirs.join(':')) {
  const remedy = id === 'npm' ? { npm_config_registry: registry } : { PIP_INDEX_URL: index, UV_DEFAULT_INDEX: index };
  const server = createServer((_, response) => void response.end(JSON.stringify(remedy)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const machine = testMachine(files, { PATH: path });
  const ran = await machine.run(['advice', '--apply', id, '--yes', '--url', url]);
  server.close();
  return { machine, code: ran.code, err: ran.err };
}

/** Runs a client with nothing but the settings of the machine. */
async function asked(machine: TestMachine, command: string, args: readonly string[]): Promise<string> {
  const names = Object.keys(process.env).filter((name) => name !== 'PATH');
  const env = { ...Object.fromEntries(names.map((name) => [name, undefined])), HOME: machine.home, UV_NO_CACHE: '1' };
  const { stdout, stderr } = await run(commandPath(command), args, { env, cwd: machine.home });
  return stdout + stderr;
}

real('advice --apply, by pip itself', ['pip'], () => {
  test.each<[string, string, string]>([
    ['a value on its own line', '[global]\nindex-url =\n  https://a.example.com/simple\n\n  # c\n', 'global'],
    ['another key with indentation', '[global]\n    timeout = 60\n', 'global'],
    ['[install]', '[install]\n  index_url: https://a.example.com/simple\n', 'install'],
    ['CRLF', '[global]\r\n  index-url = https://a.example.com/simple\r\n  timeout = 60\r\n', 'global'],
    ['[DEFAULT]', '[DEFAULT]\nindex-url = https://a.example.com/simple\n[global]\ntimeout = 60\n', 'global'],
  ])('%s', async (_, text, section) => {
    const files = { '~/.config/pip/pip.conf': text };
    const list = (on: TestMachine) => asked(on, 'pip', ['config', 'list']);
    const { machine, code, err } = await applied('pypi', files);
    expect([code, err]).toEqual([0, expect.stringContaining('changed')]);
    const [before, after] = [await list(testMachine(files)), await list(machine)];
    const others = (shown: string) => shown.split('\n').filter((line) => !line.includes('.index-url='));
    expect(others(after)).toEqual(others(before));
    expect(after).toContain(`${section}.index-url='${index}'`);
  });
});

real('advice --apply, by uv itself', ['uv'], () => {
  test.each([
    ['an inline list', 'index = [{ name = "corp", url = "https://a.example.com/simple", default = true }]\n'],
    ['an inline list without a default', 'index = [{ name = "corp", url = "https://a.example.com/simple" }]\n'],
    ['tables', '[[index]]\nname = "mirror"\nurl = "https://a.example.com/simple"\n'],
    ['the old key', 'index-url = "https://a.example.com/simple"\n[pip]\nindex-url = "https://c.example.com/simple"\n'],
    ['no index', '[pip]\nno-deps = true\n'],
  ])('%s', async (_, text) => {
    const args = ['pip', 'compile', '--offline', '--emit-index-url', '-'];
    const { machine, code, err } = await applied('pypi', { '~/.config/uv/uv.toml': text });
    expect([code, err]).toEqual([0, expect.stringContaining('changed')]);
    expect(err).not.toContain('note: uv');
    expect((await asked(machine, 'uv', args)).split('\n')).toContain(`--index-url ${index}`);
  });
});

real('advice --apply, by npm and pnpm themselves', ['npm', 'pnpm'], () => {
  test.each([
    ['no registry yet, and a section', 'fund=false\n[other]\nx=1\n'],
    [
      'a comment, quotes and a token',
      '  registry = "https://a.example.com/" \n//a.example.com/:_authToken=hunter2 ; mine\n',
    ],
    ['two registries', 'registry=https://a.example.com/\r\nregistry=https://c.example.com/\r\n'],
  ])('%s', async (_, text) => {
    const { machine, code, err } = await applied('npm', { '~/.npmrc': text });
    expect([code, err]).toEqual([0, expect.stringContaining('changed')]);
    expect(err).not.toContain('note: ');
    for (const client of ['npm', 'pnpm'])
      expect((await asked(machine, client, ['config', 'get', 'registry'])).split('\n')).toContain(registry);
  });
});

real('advice --apply, by pnpm with a file of its own', ['npm', 'pnpm'], () => {
  test.each(['registry: https://c.example.com/\n', 'registries:\n  default: https://c.example.com/\n'])(
    '%j',
    async (text) => {
      const { machine, code } = await applied('npm', { '~/.npmrc': '', '~/.config/pnpm/config.yaml': text });
      expect(code).toBe(0);
      for (const client of ['npm', 'pnpm'])
        expect((await asked(machine, client, ['config', 'get', 'registry'])).split('\n')).toContain(registry);
    },
  );
});

real('advice --apply, by pnpm 12, which takes keys of a section for its own', ['npm', 'pnpm'], () => {
  test('is refused, because npm and pnpm would read different registries', async () => {
    const text = 'fund=false\n[other]\nregistry=https://c.example.com/\n';
    const { machine, code, err } = await applied('npm', { '~/.npmrc': text });
    expect([code, machine.text('~/.npmrc')]).toEqual([1, text]);
    expect(err).toContain('pnpm does not read the wanted value from the new text of the file');
  });
});

real('clients that read a new text', ['npm', 'pnpm', 'pnpm10', 'pip', 'uv'], () => {
  const evil = (folder: string) => {
    const program = join(folder, 'evil');
    writeFileSync(program, `#!/bin/sh\ntouch ${folder}/ran\n`, { mode: 0o755 });
    return program;
  };
  test.each<[string, string, string, (folder: string) => string]>([
    [
      'pnpm 10 a file that it names, such as itself',
      'npm',
      '~/.npmrc',
      (folder) =>
        `pnpmfile="../settings/.npmrc"\n;require('node:fs').writeFileSync('${folder}/ran', '')\nregistry="https://a.example.com/"\n`,
    ],
    ['npm a log', 'npm', '~/.npmrc', (folder) => `registry=https://a.example.com/\nlogs-dir=${folder}/ran\n`],
    ['pip a program', 'pypi', '~/.config/pip/pip.conf', (folder) => `[global]\npython = ${evil(folder)}\n`],
    ['pip a log', 'pypi', '~/.config/pip/pip.conf', (folder) => `[global]\nlog = ${folder}/ran\n`],
    ['uv a program', 'pypi', '~/.config/uv/uv.toml', (folder) => `[pip]\npython = "${evil(folder)}"\n`],
  ])('run and write nothing that the text names: %s', async (_, id, file, textIn) => {
    const folder = tempDir('named');
    const pnpm10 = tempDir('pnpm10');
    symlinkSync(commandPath('pnpm10'), join(pnpm10, 'pnpm'));
    const path = [pnpm10, ...commandDirs].join(':');
    const { machine, code } = await applied(id, { [file]: textIn(folder) }, path);
    expect([code, existsSync(join(folder, 'ran'))]).toEqual([0, false]);
    expect(machine.text(file)).toContain('https://b.example.com/');
  });
});

const seed = 20_261_130;

/** The values as JSON has them; `null`: the file is rejected. */
function listed(format: FileFormat, text: string): unknown {
  const parsed = format.parse(text);
  return parsed.tag === 'ok' ? [...valuesOf(parsed.value)].toSorted() : null;
}

const sorted = (values: unknown) => (values === null ? null : [...leavesOf(values)].toSorted());

real('the format of pip.conf, by configparser itself', ['pip'], () => {
  test('a thousand random files are read or rejected alike', async () => {
    const texts = fc.sample(iniTexts, { seed, numRuns: 1_000 });
    const folder = tempDir('configparser');
    const script = `import configparser, json, sys
def read(text):
    parser = configparser.RawConfigParser()
    try: parser.read_string(text)
    except configparser.Error: return None
    own = {name: dict(parser._sections[name]) for name in parser.sections()}
    return {**own, **({'DEFAULT': dict(parser._defaults)} if parser._defaults else {})}
texts = json.load(open(sys.argv[1]))
print(json.dumps([read(text.replace('\\r\\n', '\\n')) for text in texts]))`;
    writeFileSync(join(folder, 'texts.json'), JSON.stringify(texts));
    writeFileSync(join(folder, 'read.py'), script);
    const said = JSON.parse(
      await mustRun(commandPath('python3'), [join(folder, 'read.py'), join(folder, 'texts.json')]),
    ) as unknown[];
    for (const [at, text] of texts.entries()) expect([text, listed(ini, text)]).toEqual([text, sorted(said[at])]);
    expect(said.filter((one) => one !== null).length).toBeGreaterThan(200);
  });
});

real('the format of .npmrc, by the package of npm itself', ['npm'], () => {
  test('a thousand random files are read alike', async () => {
    const root = (await mustRun(commandPath('npm'), ['root', '--global'])).trim();
    const { parse } = createRequire(import.meta.url)(join(root, 'npm/node_modules/ini')) as {
      parse(text: string): unknown;
    };
    for (const text of fc.sample(npmrcTexts, { seed, numRuns: 1_000 })) {
      const read = JSON.parse(JSON.stringify(parse(text))) as unknown;
      expect([text, listed(npmrc, text)]).toEqual([text, sorted(read)]);
    }
  });
});
