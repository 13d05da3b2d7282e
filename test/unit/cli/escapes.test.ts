import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDir } from '../../support/paths.ts';
import { run } from './run-program.ts';

const folder = tempDir('escapes');

const evil = 'a\u001b[31m\u202e\u0085b\nc';
const wrong = join(folder, `wrong${evil}.yaml`);
const right = join(folder, `right${evil}.yaml`);
writeFileSync(wrong, 'vantge: x\n');
writeFileSync(
  right,
  'vantage: v\nmirrors: [ { name: a, ecosystem: go, url: "https://a.example.com" } ]\nmodules: { go: [ "example.com/x@v1.0.0" ] }\ngo: { sumdb: off }\n',
);
const lock = join(folder, 'lock.yaml');
const lockMirror = 'mirrors: [ { name: a, ecosystem: go, url: "https://a.example.com" } ]';
writeFileSync(lock, `${lockMirror}\nmodules: { go: [ "example.com/x@v1.0.0", { from: go.sum } ] }\n`);
writeFileSync(
  join(folder, 'go.sum'),
  `a\u001b[31m\u202e\u0080b?c v1.0.0 h1:none\nexample.com/y v1.0.0 h1:${Buffer.alloc(32).toString('base64')}\n`,
);

test.each([
  ['an unknown command', [evil]],
  ['an unknown option', ['check', `--${evil}`]],
  ['a word too many', ['check', evil]],
  ['a file that is not there', ['check', '--config', join(folder, evil)]],
  ['a file with mistakes', ['check', '--config', wrong]],
  ['a file without', ['check', '--config', right]],
  ['a lock file with a wrong line', ['check', '--config', lock]],
])('what is told of %s neither moves the cursor nor adds a line', async (_, argv) => {
  for (const lang of ['en', 'zh']) {
    const { out, err } = await run([...argv, '--lang', lang]);
    const told = `${out}\n${err}`;
    expect(told).not.toMatch(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/u);
    expect(told).toContain('a?[31m??b?c');
  }
});
