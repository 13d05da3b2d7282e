import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDir } from '../../support/paths.ts';
import { run } from './run-program.ts';

const two = `
mirrors:
  - { name: g, ecosystem: go, url: "http://127.0.0.1:9" }
  - { name: n, ecosystem: npm, url: "http://127.0.0.1:9" }
modules: { go: [ "rsc.io/quote@v1.5.2" ], npm: [ "left-pad@1.3.0" ] }
go: { sumdb: off }
`;

test.each([
  [
    'says that it ranks one of several',
    [],
    'Ranking only go. To rank another configured ecosystem, name it with --ecosystem: npm.',
  ],
  ['says nothing where one was asked for', ['go'], ''],
])('rank %s', async (_, words, want) => {
  const dir = tempDir('rank-alone');
  writeFileSync(join(dir, 'mirrorwatch.yaml'), two);
  const { err } = await run(['rank', ...words, '--rounds', '1', '--no-download'], { cwd: dir });
  expect(err.includes('Ranking only go')).toBe(want !== '');
  expect(err).toContain(want);
});

test('rank of an ecosystem whose mirrors are all of another upstream than the public one', async () => {
  const dir = tempDir('rank-upstream');
  writeFileSync(join(dir, 'mirrorwatch.yaml'), two.replace('name: g,', 'name: g, upstream: corp,'));
  const { err } = await run(['rank', 'go', '--rounds', '1', '--no-download'], { cwd: dir });
  expect(err).toContain('no mirror responded');
});

test.each([
  ['rank', ['rank', '--rounds', '1', '--no-download']],
  ['advice --now', ['advice', '--now']],
])('%s without an ecosystem ranks the one that the configuration has, if it has no go mirror', async (_, words) => {
  const dir = tempDir('rank-only');
  const file =
    'mirrors: [{ name: n, ecosystem: npm, url: "http://127.0.0.1:9" }]\nmodules: { npm: [ "left-pad@1.3.0" ] }\n';
  writeFileSync(join(dir, 'mirrorwatch.yaml'), file);
  const { code, err } = await run(words, { cwd: dir });
  expect(err).toContain('no mirror responded');
  expect(err).not.toContain('Ranking only');
  expect(code).toBe(1);
});

const withPrivate = `${two}private: { go: [ "git.corp.example/*" ], npm: [ "@corp" ] }\n`;

test.each([
  ['rank', ['rank', 'go', 'git.corp.example/secret@v1.0.0']],
  ['rank among others', ['rank', 'npm', 'left-pad@1.3.0', '@corp/secret@1.0.0']],
  ['probe', ['probe', 'g', 'git.corp.example/secret@v1.0.0']],
  ['probe of a step', ['probe', 'g', 'git.corp.example/secret@v1.0.0', '--step', 'zip']],
  ['probe of npm', ['probe', 'n', '@corp/secret@1.0.0']],
])('a private name of the command line is sent to no public mirror: %s', async (_, words) => {
  const dir = tempDir('rank-private');
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(404).end();
  });
  try {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    writeFileSync(join(dir, 'mirrorwatch.yaml'), withPrivate.replaceAll('127.0.0.1:9', `127.0.0.1:${port}`));
    const { code, err } = await run(words, { cwd: dir });
    expect(asked).toEqual([]);
    expect([code, err]).toEqual([2, expect.stringContaining('this name must not be sent to mirrors of')]);
  } finally {
    server.close();
  }
});

test('a private name of the command line is sent to mirrors of its own upstream', async () => {
  const dir = tempDir('rank-own');
  writeFileSync(join(dir, 'mirrorwatch.yaml'), withPrivate.replace('name: g,', 'name: g, upstream: corp,'));
  const words = ['rank', 'go', 'git.corp.example/secret@v1.0.0', '--rounds', '1', '--no-download'];
  expect((await run(words, { cwd: dir })).err).toContain('no mirror responded');
});
