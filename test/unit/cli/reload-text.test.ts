import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { builtInSource, findSavedText } from '../../../src/terminal/load.ts';
import { english } from '../../../src/words/words.ts';
import { tempDir } from '../../support/paths.ts';

// The file that a reload reads, while an editor saves it.

const whole = 'mirrors: []\nprivate: { go: [ git.example.com/* ] }\n';
const half = 'mirrors: []\n';
let cwd = '';
let file = '';
beforeEach(() => {
  cwd = tempDir('reload-text');
  file = join(cwd, 'mirrorwatch.yaml');
});

/** @param steps  what the editor does between two reads */
async function textAfter(steps: readonly (() => void)[], source = file): Promise<string | null> {
  const left = [...steps];
  const wait = (): Promise<void> => Promise.resolve(left.shift()?.());
  const found = await findSavedText({ env: {}, cwd, say: english }, undefined, source, wait);
  expect(left).toEqual([]);
  return found.tag === 'ok' ? found.value.text : String(found.error.issues[0]?.seen);
}

test('a text that is half written is read when it is whole', async () => {
  writeFileSync(file, '');
  expect(await textAfter([() => writeFileSync(file, half), () => writeFileSync(file, whole)])).toBe(whole);
});

test('between two renames of a save there is no file', async () => {
  writeFileSync(`${file}.new`, whole);
  expect(await textAfter([() => renameSync(`${file}.new`, file)])).toBe(whole);
});

test('the built-in default does not replace a file that is gone', async () => {
  writeFileSync(file, whole);
  rmSync(file);
  expect(await textAfter([])).toBe('ENOENT');
  expect(await textAfter([], builtInSource)).toMatch(/the built-in configuration/);
});
