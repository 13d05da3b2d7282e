import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listEntry } from '../../../src/ecosystems/client.ts';
import { tempDir } from '../../support/paths.ts';
import { type Ran, run } from './run-program.ts';

const line = "export GOPROXY='https://b.example.com,direct'";
type Answer = { readonly status: number; readonly text?: string; readonly headers?: Record<string, string> };

let server: Server | null = null;
let asked: string[] = [];
let followed: unknown[] = [];
let url = '';
let folder = '';

/** A daemon that answers so, or with `null` none: the port is closed. */
async function daemon(answer: Answer | null, list: Answer = { status: 200, text: '{"advice":[]}' }): Promise<void> {
  server?.close();
  server?.closeAllConnections();
  server = createServer((request, response) => {
    const isList = request.url === '/api/v1/advice';
    if (!isList) asked.push(String(request.url));
    if (!isList) followed.push(request.headers['x-advice-id']);
    const { status = 500, headers = {}, text } = (isList ? list : answer) ?? {};
    response.writeHead(status, headers).end(text);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  if (answer === null) await new Promise((resolve) => server?.close(resolve));
}

const advised: Answer = {
  status: 200,
  text: `${line}\n`,
  headers: { 'x-advice-id': '0c9x', 'x-advice-expires': '2100-01-01T00:00:00.000Z' },
};
const ask = (...argv: string[]): Promise<Ran> => run(['advice', '--export', ...argv, '--url', url], { cwd: folder });
const file = (name = 'kept'): string => join(folder, name);

beforeEach(() => {
  folder = tempDir('export');
  asked = [];
  followed = [];
});
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

const bypass = listEntry('go', 'GODEBUG', 'http2client=0');
const switchLines = [bypass.set['env'], bypass.unset['env']].join('\n');

describe('what a shell may evaluate', () => {
  test.each<[string, Answer | null, number, string, string]>([
    ['advice', advised, 0, line, ''],
    ['the switch of a client', { ...advised, text: `${switchLines}\n` }, 0, switchLines, ''],
    ['nothing to change', { status: 204 }, 0, '', ''],
    ['nothing, since it does not know', { status: 204, headers: { 'x-advice-state': 'suspect' } }, 0, '', ''],
    ['no daemon', null, 1, '', 'no daemon responds'],
    ['too many requests', { status: 429, text: '{"title":"Too many requests"}' }, 1, '', 'Too many requests'],
    ['a page of something else', { status: 200, text: '<html>log in</html>' }, 1, '', 'is not safe to run in a shell'],
    ['a line with more behind', { status: 200, text: `${line}; id\n` }, 1, '', 'so it was ignored'],
    ['nothing at all', { status: 200, text: '' }, 1, '', 'so it was ignored'],
    ['a redirect', { status: 302, headers: { location: '/' } }, 1, '', 'the daemon responded with 302'],
  ])('%s', async (_, answer, code, out, err) => {
    await daemon(answer);
    const ran = await ask();
    expect([ran.code, ran.out]).toEqual([code, out]);
    if (err === '') expect(ran.err).toBe('');
    else expect(ran.err).toContain(err);
  });

  test('of another ecosystem and upstream, by name', async () => {
    await daemon(advised);
    await ask('npm', '--upstream', 'corp & co');
    await ask();
    expect(asked).toEqual([
      '/api/v1/advice/npm/remedy?as=env&upstream=corp%20%26%20co',
      '/api/v1/advice/go/remedy?as=env',
    ]);
  });

  test.each([
    ['an ecosystem that is none', ['nmp'], "'nmp' is not an ecosystem"],
    ['two', ['go', 'npm'], '--export takes at most one ecosystem'],
    ['with --json', ['--json'], '--export takes at most one ecosystem'],
  ])('%s is wrong usage', async (_, argv, said) => {
    await daemon(advised);
    const { code, out, err } = await ask(...argv);
    expect([code, out, asked]).toEqual([2, '', []]);
    expect(err).toContain(said);
  });

  test.each<[string, string[], number]>([
    ['no ecosystem is named, and the default one is not configured: wrong usage', [], 2],
    ['the named one is not configured', ['npm'], 1],
    ['the stored line is printed', ['--fallback', 'kept'], 0],
  ])('404: %s', async (_, argv, code) => {
    await daemon(advised);
    await ask('--fallback', 'kept');
    await daemon({ status: 404, text: '{"title":"Not found","detail":"name one of npm, oci"}' });
    const ran = await ask(...argv);
    expect([ran.code, ran.err]).toEqual([code, expect.stringContaining('Not found: name one of npm, oci')]);
  });

  test.each([
    [['http'], 'http/remedy?as=json'],
    [['http', '--upstream', 'my tools'], 'http/remedy?as=json&upstream=my%20tools'],
  ])('406, %j: no lines for a shell exist, and what to do instead', async (argv, path) => {
    await daemon({ status: 406, text: '{"title":"Not available in that format","detail":"as=json"}' });
    expect(await ask(...argv)).toMatchObject({
      code: 1,
      out: '',
      err: `mirrorwatch: there are no shell lines for http. \`mirrorwatch advice\` shows what to set; programs can read ${url}/api/v1/advice/${path}`,
    });
  });

  test('--fallback without --export is wrong usage', async () =>
    expect((await run(['advice', '--fallback', 'x', '--url', 'http://127.0.0.1:1'])).code).toBe(2));
});

test('switches of other ecosystems that the command leaves out are named, unless one was asked for', async () => {
  const advice = [
    { state: 'proposed', ecosystem: 'npm', newClients: 'advised' },
    { state: 'proposed', ecosystem: 'pypi', newClients: 'usual' },
    { state: 'proposed', ecosystem: 'go', newClients: 'advised' },
  ];
  await daemon({ status: 204 }, { status: 200, text: JSON.stringify({ advice }) });
  expect(await ask()).toMatchObject({ code: 0, out: '', err: expect.stringMatching(/for go is printed; .* npm too/) });
  expect(await ask('go')).toMatchObject({ code: 0, out: '', err: '' });
});

describe('with a fallback file', () => {
  test('the last answer is kept, and said again with its age while the daemon can’t be asked', async () => {
    await daemon(advised);
    expect(await ask('--fallback', 'kept')).toMatchObject({ code: 0, out: line, err: '' });
    const kept = readFileSync(file(), 'utf8');
    expect(kept).toMatch(/^# mirrorwatch \S+Z advice 0c9x until 2100-01-01T00:00:00\.000Z\nexport GOPROXY/);
    for (const broken of [null, { status: 429, text: '' }, { status: 200, text: 'log in' }] as const) {
      await daemon(broken);
      const ran = await ask('--fallback', 'kept');
      expect([ran.code, ran.out]).toEqual([0, line]);
      expect(ran.err).toContain(`using the saved advice of ${kept.split(' ')[2]}`);
      expect(readFileSync(file(), 'utf8')).toBe(kept);
    }
  });

  test('advice that has expired is not said again: 1, nothing printed', async () => {
    await daemon({ ...advised, headers: { ...advised.headers, 'x-advice-expires': '2026-01-01T00:00:00.000Z' } });
    await ask('--fallback', 'kept');
    await daemon(null);
    const ran = await ask('--fallback', 'kept');
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.err).toContain('expired at 2026-01-01T00:00:00.000Z; the current setting is not changed');
  });

  test('that nothing is to be changed is an answer too', async () => {
    await daemon(advised);
    await ask('--fallback', 'kept');
    await daemon({ status: 204 });
    expect(await ask('--fallback', 'kept')).toMatchObject({ code: 0, out: '', err: '' });
    await daemon(null);
    expect(await ask('--fallback', 'kept')).toMatchObject({ code: 0, out: '' });
  });

  test('a client that has switched names its advice, one that has not names none', async () => {
    await daemon(advised);
    await ask('--fallback', 'kept');
    await ask('--fallback', 'kept');
    await daemon({ status: 204, headers: { 'x-advice-state': 'over' } });
    expect(await ask('--fallback', 'kept')).toMatchObject({ code: 0, out: '', err: '' });
    await ask('--fallback', 'kept');
    await ask();
    expect(followed).toEqual([undefined, '0c9x', '0c9x', undefined, undefined]);
  });

  test('none yet: 1, nothing printed, no file made', async () => {
    await daemon(null);
    expect(await ask('--fallback', 'kept')).toMatchObject({ code: 1, out: '' });
    expect(existsSync(file())).toBe(false);
  });

  test.each([
    ['text that is no YAML', '{ listen: 127.0.0.1:1, mirrors: ['],
    ['a mistake in listen', 'listen: nowhere'],
  ])(
    'a configuration that does not show where the daemon is (%s): the kept answer is said; 2 if there is none',
    async (_, text) => {
      writeFileSync(file('broken.yaml'), text);
      const blind = ['advice', '--export', '--fallback', 'kept', '--config', 'broken.yaml'];
      const unknown = 'the address of the daemon is unknown';
      const none = await run(blind, { cwd: folder });
      expect([none.code, none.out, none.err]).toEqual([2, '', expect.stringContaining(unknown)]);
      await daemon(advised);
      await ask('--fallback', 'kept');
      const ran = await run(blind, { cwd: folder });
      expect([ran.code, ran.out]).toEqual([0, line]);
      expect(ran.err).toContain(unknown);
      expect(ran.err).toContain('using the saved advice of');
    },
  );

  test.each([
    ['a file of something else', 'alias ll="ls -l"\n'],
    ['one of ours with a line put in', `# mirrorwatch 2026-11-20T00:00:00.000Z x\n${line}\nrm -rf ~\n`],
  ])('%s is neither evaluated nor overwritten: 2', async (_, text) => {
    writeFileSync(file(), text);
    for (const answer of [null, advised]) {
      await daemon(answer);
      expect(await ask('--fallback', 'kept')).toMatchObject({ code: 2, out: '' });
    }
    expect(readFileSync(file(), 'utf8')).toBe(text);
  });

  test('one that can’t be written is said; the answer is printed all the same', async () => {
    await daemon(advised);
    const ran = await ask('--fallback', 'none/kept');
    expect([ran.code, ran.out]).toEqual([0, line]);
    expect(ran.err).toContain('cannot be written (ENOENT)');
    mkdirSync(file('folder'));
    expect((await ask('--fallback', 'folder')).code).toBe(2);
  });
});
