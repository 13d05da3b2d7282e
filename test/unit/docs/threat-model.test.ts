import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expectRows } from '../../support/expect-rows.ts';
import { repoDir } from '../../support/paths.ts';

const page = readFileSync(join(repoDir, 'docs/threat-model.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| who') && !line.startsWith('| ---'));

/** `file: words of a title`, as the last column has them. */
const named = rows.flatMap((row) => {
  const cells = row.split(' | ');
  const last = (cells.at(-1) ?? '').replace(/ \|$/, '');
  return last.split('; ').map((one) => {
    const [, file = '', title = ''] = /^`(test\/[^`]+)`(?:: (.+))?$/.exec(one) ?? [];
    return { row: cells.slice(0, 2).join(' | '), one, file, title };
  });
});

test('every row of the threat model names a test', () => {
  expect(rows.length).toBeGreaterThan(25);
  expect(named.filter(({ file }) => file === '')).toEqual([]);
});

test('each test exists by its title', () =>
  expectRows(
    named,
    ({ one }) => one,
    ({ file, title }) => {
      expect(existsSync(join(repoDir, file))).toBe(true);
      const table = file.replace(/^test\/(.*)\.test\.ts$/, 'test/fixtures/tables/$1.json');
      const texts = [file, table].map((path) => join(repoDir, path)).filter((path) => existsSync(path));
      const quoted = texts.flatMap((path) => [...readFileSync(path, 'utf8').matchAll(/(['"`])((?:(?!\1).)*)\1/g)]);
      expect(quoted.some(([, , text]) => text?.includes(title))).toBe(true);
    },
  ));
