import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeTempDir, tempDir } from '../../support/paths.ts';
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
  try {
    writeFileSync(join(dir, 'mirrorwatch.yaml'), two);
    const { err } = await run(['rank', ...words, '--rounds', '1', '--no-download'], { cwd: dir });
    expect(err.includes('Ranking only go')).toBe(want !== '');
    expect(err).toContain(want);
  } finally {
    removeTempDir(dir);
  }
});

test('rank of an ecosystem whose mirrors are all of another upstream than the public one', async () => {
  const dir = tempDir('rank-upstream');
  try {
    writeFileSync(join(dir, 'mirrorwatch.yaml'), two.replace('name: g,', 'name: g, upstream: corp,'));
    const { err } = await run(['rank', 'go', '--rounds', '1', '--no-download'], { cwd: dir });
    expect(err).toContain('no mirror responded');
  } finally {
    removeTempDir(dir);
  }
});

test.each([
  ['rank', ['rank', '--rounds', '1', '--no-download']],
  ['advice --now', ['advice', '--now']],
])('%s without an ecosystem ranks the one that the configuration has, if it has no go mirror', async (_, words) => {
  const dir = tempDir('rank-only');
  try {
    const file =
      'mirrors: [{ name: n, ecosystem: npm, url: "http://127.0.0.1:9" }]\nmodules: { npm: [ "left-pad@1.3.0" ] }\n';
    writeFileSync(join(dir, 'mirrorwatch.yaml'), file);
    const { code, err } = await run(words, { cwd: dir });
    expect(err).toContain('no mirror responded');
    expect(err).not.toContain('Ranking only');
    expect(code).toBe(1);
  } finally {
    removeTempDir(dir);
  }
});
