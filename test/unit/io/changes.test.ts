import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { makeChanges, undoChange } from '../../../src/io/changes.ts';
import { keptChanges } from '../../../src/io/kept-changes.ts';
import { tempDir } from '../../support/paths.ts';

let home: string;
let place: { roots: readonly string[]; kept: string };
const at = '2026-11-21T02:10:00.000Z';

beforeEach(() => {
  home = tempDir('changes');
  place = { roots: [home], kept: join(home, 'state/changes') };
});

async function made(...changes: Parameters<typeof makeChanges>[0]) {
  const result = await makeChanges(changes, place, at);
  if (result.tag === 'error') throw new Error(`${result.error.file}: ${result.error.because}`);
  return result.value;
}

async function refusal(...changes: Parameters<typeof makeChanges>[0]): Promise<string> {
  const result = await makeChanges(changes, place, at);
  return result.tag === 'error' ? result.error.because : 'made';
}

test('a file keeps its mode, and comes back to the byte', async () => {
  const file = join(home, 'npmrc');
  writeFileSync(file, '\ufeffa=1\r\nb=2');
  chmodSync(file, 0o640);
  const change = await made({ file, before: 'a=1\r\nb=2', after: 'b=2\n' });
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o7777]).toEqual(['\ufeffb=2\n', 0o640]);
  expect(statSync(place.kept).mode & 0o777).toBe(0o700);
  expect(statSync(join(place.kept, '1.json')).mode & 0o777).toBe(0o600);
  expect(await undoChange(change, place)).toEqual({ tag: 'ok', value: null });
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o7777]).toEqual(['\ufeffa=1\r\nb=2', 0o640]);
  expect(await keptChanges(place)).toEqual([]);
  expect(readdirSync(home).toSorted()).toEqual(['npmrc', 'state']);
});

test('a link stays a link: the file itself is changed and put back', async () => {
  mkdirSync(join(home, 'dotfiles'));
  writeFileSync(join(home, 'dotfiles/npmrc'), 'a=1\n');
  symlinkSync('dotfiles/npmrc', join(home, '.npmrc'));
  const change = await made({ file: join(home, '.npmrc'), before: 'a=1\n', after: 'a=2\n' });
  expect(lstatSync(join(home, '.npmrc')).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(home, 'dotfiles/npmrc'), 'utf8')).toBe('a=2\n');
  expect((await undoChange(change, place)).tag).toBe('ok');
  expect(readFileSync(join(home, 'dotfiles/npmrc'), 'utf8')).toBe('a=1\n');
});

test('a new file is private, its folders are made, and go again', async () => {
  const file = join(home, '.config/pip/pip.conf');
  const change = await made({ file, before: null, after: '[global]\n' });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await undoChange(change, place);
  expect(existsSync(join(home, '.config'))).toBe(false);
});

test('a folder that holds something else by now stays', async () => {
  const file = join(home, '.config/pip/pip.conf');
  const change = await made({ file, before: null, after: '[global]\n' });
  writeFileSync(join(home, '.config/other'), '');
  expect((await undoChange(change, place)).tag).toBe('ok');
  expect(readdirSync(join(home, '.config'))).toEqual(['other']);
});

describe('refused, and nothing is changed', () => {
  test.each([
    ['a file outside', (out: string) => ({ file: join(out, 'x'), before: 'x', after: 'y' }), 'outside'],
    ['a new file outside', (out: string) => ({ file: join(out, 'new'), before: null, after: 'y' }), 'outside'],
    ['a link to the outside', () => ({ file: join(home, 'link'), before: 'x', after: 'y' }), 'outside'],
    [
      'a new file behind a link to the outside',
      () => ({ file: join(home, 'folder/new'), before: null, after: 'y' }),
      'outside',
    ],
    ['a link to nothing', () => ({ file: join(home, 'nowhere'), before: null, after: 'y' }), 'a link to nothing'],
    ['a file with two names', () => ({ file: join(home, 'twice'), before: 'x', after: 'y' }), 'several names'],
    ['a folder', () => ({ file: join(home, 'a-folder'), before: '', after: 'y' }), 'no regular file'],
    [
      'what changed while it was looked at',
      () => ({ file: join(home, 'good'), before: 'other', after: 'y' }),
      'while it was looked at',
    ],
    [
      'what came while it was looked at',
      () => ({ file: join(home, 'good'), before: null, after: 'y' }),
      'came or went',
    ],
    ['what went while it was looked at', () => ({ file: join(home, 'gone'), before: 'x', after: 'y' }), 'came or went'],
    ['no UTF-8', () => ({ file: join(home, 'latin'), before: '\ufffd', after: 'y' }), 'no UTF-8'],
  ] as const)('%s', async (_, change, because) => {
    const out = tempDir('outside');
    writeFileSync(join(out, 'x'), 'x');
    writeFileSync(join(home, 'good'), 'x');
    writeFileSync(join(home, 'twice'), 'x');
    linkSync(join(home, 'twice'), join(home, 'again'));
    writeFileSync(join(home, 'latin'), Buffer.from([0xe9]));
    mkdirSync(join(home, 'a-folder'));
    symlinkSync(join(out, 'x'), join(home, 'link'));
    symlinkSync(out, join(home, 'folder'));
    symlinkSync(join(home, 'missing'), join(home, 'nowhere'));
    const good = { file: join(home, 'good'), before: 'x', after: 'changed' };
    expect(await refusal(good, change(out))).toContain(because);
    expect(readFileSync(join(home, 'good'), 'utf8')).toBe('x');
    expect(readFileSync(join(out, 'x'), 'utf8')).toBe('x');
    expect(readdirSync(out)).toEqual(['x']);
    expect(await keptChanges(place)).toEqual([]);
  });

  test('where what was before cannot be kept', async () => {
    writeFileSync(join(home, 'state'), 'a file where the folder should be');
    writeFileSync(join(home, 'a'), '1');
    expect(await refusal({ file: join(home, 'a'), before: '1', after: '2' })).toContain("can't be kept there");
    expect(readFileSync(join(home, 'a'), 'utf8')).toBe('1');
  });
});

test('sets that are made at once each keep what was before', async () => {
  const files = ['a', 'b', 'c', 'd'].map((name) => join(home, name));
  for (const file of files) writeFileSync(file, '1');
  await Promise.all(files.map((file) => made({ file, before: '1', after: '2' })));
  const kept = await keptChanges(place);
  expect(kept.flatMap((change) => change.files.map(({ file }) => file)).toSorted()).toEqual(files);
  for (const change of kept) expect((await undoChange(change, place)).tag).toBe('ok');
  expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(['1', '1', '1', '1']);
});

test('a record of another user is passed over: it would be written with our rights', async () => {
  const file = join(home, 'a');
  writeFileSync(file, '1');
  const change = await made({ file, before: '1', after: '2' });
  expect(await keptChanges(place, (process.geteuid?.() ?? 0) + 1)).toEqual([]);
  expect(await keptChanges(place)).toEqual([change]);
});

describe('undo', () => {
  test('leaves all of a set where one file was changed since, and says which', async () => {
    const [a, b] = [join(home, 'a'), join(home, 'b')];
    writeFileSync(a, '1');
    writeFileSync(b, '1');
    const change = await made({ file: a, before: '1', after: '2' }, { file: b, before: '1', after: '2' });
    writeFileSync(b, 'mine');
    expect(await undoChange(change, place)).toEqual({
      tag: 'error',
      error: { file: b, because: 'it was changed since' },
    });
    expect([readFileSync(a, 'utf8'), readFileSync(b, 'utf8')]).toEqual(['2', 'mine']);
    expect(await keptChanges(place)).toEqual([change]);
  });

  test.each([
    ['gone', 'it is gone since it was changed'],
    ['a link by now', 'another file stands in its place'],
  ])('refuses what is %s', async (what, because) => {
    const file = join(home, 'a');
    writeFileSync(file, '1');
    const change = await made({ file, before: '1', after: '2' });
    rmSync(file);
    if (what !== 'gone') {
      writeFileSync(join(home, 'b'), '2');
      symlinkSync('b', file);
    }
    expect(await undoChange(change, place)).toEqual({ tag: 'error', error: { file, because } });
  });

  test('takes a set that a kill left half made: what is as before stays so', async () => {
    const [a, b] = [join(home, 'a'), join(home, 'b')];
    writeFileSync(a, '1');
    writeFileSync(b, '1');
    const change = await made({ file: a, before: '1', after: '2' }, { file: b, before: '1', after: '2' });
    writeFileSync(b, '1');
    expect((await undoChange(change, place)).tag).toBe('ok');
    expect([readFileSync(a, 'utf8'), readFileSync(b, 'utf8')]).toEqual(['1', '1']);
  });

  test('the newest set first; a record that is none is passed over', async () => {
    const file = join(home, 'a');
    writeFileSync(file, '1');
    await made({ file, before: '1', after: '2' });
    await made({ file, before: '2', after: '3' });
    writeFileSync(join(place.kept, '9.json'), '{"id":');
    expect((await keptChanges(place)).map(({ id }) => id)).toEqual(['2', '1']);
    await made({ file, before: '3', after: '4' });
    expect((await keptChanges(place)).map(({ id }) => id)).toEqual(['10', '2', '1']);
    for (const change of await keptChanges(place)) expect((await undoChange(change, place)).tag).toBe('ok');
    expect(readFileSync(file, 'utf8')).toBe('1');
  });
});
