import { readFileSync, writeFileSync } from 'node:fs';
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeChanges, undoChange } from '../../../src/io/changes.ts';
import { listKeptChanges } from '../../../src/io/kept-changes.ts';
import { phrase, saySentence } from '../../../src/words/tell.ts';
import { english } from '../../../src/words/words.ts';
import { tempDir } from '../../support/paths.ts';

/** How many files may still be replaced until the disk is full, and what happens meanwhile. */
const disk = { left: Number.POSITIVE_INFINITY, meanwhile: (): void => undefined };
const { rename } = files;

/** All who import it from Node from now on, and those who did, have it so. */
function renameBy(act: typeof rename): void {
  files.rename = act;
  syncBuiltinESMExports();
}
beforeAll(() => {
  renameBy(async (from, to) => {
    if (disk.left < 1) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    disk.left -= 1;
    await rename(from, to);
    disk.meanwhile();
  });
});
afterAll(() => renameBy(rename));

test('a disk that fills up half way costs nothing: what was before is kept until it is put back', async () => {
  const home = tempDir('full');
  const place = { roots: [home], kept: join(home, 'state') };
  const [a, b] = [join(home, 'a'), join(home, 'b')];
  const now = (): readonly string[] => [a, b].map((file) => readFileSync(file, 'utf8'));
  for (const file of [a, b]) writeFileSync(file, '1');
  disk.left = 1;
  const changes = [a, b].map((file) => ({ file, before: '1', after: '2' }));
  const made = await makeChanges(changes, place, '2026-11-21T02:10:00.000Z');
  expect(made).toMatchObject({ tag: 'error', error: { file: b, halfDone: '1' } });
  expect(now()).toEqual(['2', '1']);
  disk.left = Number.POSITIVE_INFINITY;
  const [kept] = await listKeptChanges(place);
  expect(kept === undefined ? kept : await undoChange(kept, place)).toEqual({ tag: 'ok', value: null });
  expect(now()).toEqual(['1', '1']);
});

test('an undo that stops half way says so, and another puts back the rest', async () => {
  const home = tempDir('half-undone');
  const place = { roots: [home], kept: join(home, 'state') };
  const [a, b] = [join(home, 'a'), join(home, 'b')];
  const now = (): readonly string[] => [a, b].map((file) => readFileSync(file, 'utf8'));
  for (const file of [a, b]) writeFileSync(file, '1');
  const changes = [a, b].map((file) => ({ file, before: '1', after: '2' }));
  const made = await makeChanges(changes, place, '2026-11-21T02:10:00.000Z');
  if (made.tag === 'error') throw new Error(saySentence(made.error.because, english));
  const because = phrase('change.written', { code: 'ENOSPC' });
  disk.left = 0;
  expect(await undoChange(made.value, place)).toEqual({ tag: 'error', error: { file: a, because } });
  disk.left = 1;
  expect(await undoChange(made.value, place)).toEqual({ tag: 'error', error: { file: b, because, halfDone: '1' } });
  expect(now()).toEqual(['1', '2']);
  disk.left = Number.POSITIVE_INFINITY;
  expect(await undoChange(made.value, place)).toEqual({ tag: 'ok', value: null });
  expect(now()).toEqual(['1', '1']);
});

test.each([
  ['a file that was there', '1'],
  ['a new one', null],
])('what somebody writes while a set is made stays, and the set is taken back: %s', async (_, before) => {
  const home = tempDir('meanwhile');
  const [a, b] = [join(home, 'a'), join(home, 'b')];
  writeFileSync(a, '1');
  if (before !== null) writeFileSync(b, before);
  disk.meanwhile = () => writeFileSync(b, 'theirs');
  const place = { roots: [home], kept: join(home, 'state') };
  const changes = [
    { file: a, before: '1', after: '2' },
    { file: b, before, after: '2' },
  ];
  const made = await makeChanges(changes, place, '2026-11-21T02:10:00.000Z');
  expect(made).toEqual({
    tag: 'error',
    error: { file: b, because: phrase('change.written', { code: 'changed meanwhile' }) },
  });
  expect([a, b].map((file) => readFileSync(file, 'utf8'))).toEqual(['1', 'theirs']);
  expect(await listKeptChanges(place)).toEqual([]);
});
