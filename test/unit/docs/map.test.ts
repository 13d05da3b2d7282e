import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repoDir } from '../../support/paths.ts';

const text = readFileSync(join(repoDir, 'CONTRIBUTING.md'), 'utf8');
const rows = sectionOf('The map')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

function sectionOf(heading: string): string {
  return text.split(/^## /m).find((section) => section.startsWith(`${heading}\n`)) ?? '';
}

function codeIn(words: string): readonly string[] {
  return [...words.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

function foldersOf(folder: string): readonly string[] {
  const entries = readdirSync(join(repoDir, folder), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

test('the map has a row for each folder of src/, and for no other', () => {
  const named = rows.flatMap(([, folders = '']) => codeIn(folders)).filter((path) => path.startsWith('src/'));
  expect(named.toSorted()).toEqual(
    foldersOf('src')
      .map((name) => `src/${name}/`)
      .toSorted(),
  );
});

test('the map names each feature, and no other', () => {
  const [, , what = ''] = rows.find(([, folders]) => folders === '`src/features/`') ?? [];
  expect(codeIn(what).toSorted()).toEqual(foldersOf('src/features').toSorted());
});

test.each(['The map', 'The most likely changes', 'Rules'])('%s: each file and folder exists', (heading) => {
  const named = codeIn(sectionOf(heading)).filter((code) => /^[\w.-]+\/[\w./-]*$/.test(code));
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((path) => !existsSync(join(repoDir, path)))).toEqual([]);
});
