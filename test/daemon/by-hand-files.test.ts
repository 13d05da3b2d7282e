import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { program } from '../../src/cli/program.ts';
import { tempDir } from '../support/paths.ts';
import { fakeTerminal } from '../unit/cli/fake-terminal.ts';

let url = '';

const server = createServer((request, response) => {
  const known = request.url === '/files/pub/hello.txt';
  response.statusCode = known ? 200 : 404;
  response.end(known ? 'hello\n' : 'not found');
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/files`;
afterAll(() => new Promise((resolve) => server.close(resolve)));

const folder = tempDir('by-hand-files');

async function call(...argv: string[]) {
  const terminal = fakeTerminal();
  const code = await program({
    argv,
    env: {},
    cwd: folder,
    terminal,
    facts: { version: '1.2.3', node: 'v24.0.0', log: { level: 'silent', pretty: false } },
    onSignal: () => undefined,
  });
  return { code, text: terminal.text(), errs: terminal.errs };
}

test('a file of a mirror that no file names is probed by --ecosystem, without an upstream', async () => {
  const { code, text, errs } = await call('probe', url, 'pub/hello.txt', '--ecosystem', 'http');
  expect([code, errs]).toEqual([0, []]);
  expect(text).toMatch(/get {2}pub\/hello\.txt {2}ok/);
  expect(text).toContain(`GET ${url}/pub/hello.txt`);
});

test('a file that is not there: 1', async () => {
  const { code, text } = await call('probe', url, 'pub/other.txt', '--ecosystem', 'http', '--step', 'whole');
  expect(code).toBe(1);
  expect(text).toContain('absent');
});

test('the mirrors of one upstream are ranked, and the line is that of its package manager', async () => {
  const dead = 'http://127.0.0.1:1/files';
  const mirror = (name: string, upstream: string, profile: string, at: string): string =>
    `  - { name: ${name}, ecosystem: http, upstream: ${upstream}, profile: ${profile}, url: "${at}" }`;
  const config = `
vantage: here
mirrors:
${mirror('third', 'alpine', 'alpine', url)}
${mirror('dead', 'debian', 'debian', dead)}
${mirror('well', 'debian', 'debian', url)}
modules: { http: [ pub/hello.txt ] }
state: { path: ./state.db }
`;
  writeFileSync(join(folder, 'mirrorwatch.yaml'), config);
  const { code, text, errs } = await call('rank', '--ecosystem', 'http', '--upstream', 'debian', '--rounds', '1');
  expect([code, errs]).toEqual([0, [expect.stringContaining('from each of 2 mirrors')]]);
  expect(text).toMatch(/1 {2}well .*\n2 {2}dead .*refused/);
  expect(text).not.toContain('third');
  expect(text).toContain(`sed -Ei 's#http://127\\.0\\.0\\.1:1/files/*([[:space:]]|$)#${url}\\1#g'`);
});
