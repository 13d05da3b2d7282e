import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { makeChanges, undoChange } from '../../../src/io/changes.ts';
import { findForeignFolder } from '../../../src/io/foreign-folder.ts';
import { listKeptChanges } from '../../../src/io/kept-changes.ts';
import { phrase, saySentence } from '../../../src/words/tell.ts';
import { english } from '../../../src/words/words.ts';
import { tempDir } from '../../support/paths.ts';
import { watchSyncs } from './syncs.ts';

let home: string;
let place: { roots: readonly string[]; kept: string };
const at = '2026-11-21T02:10:00.000Z';

beforeEach(() => {
  home = tempDir('changes');
  place = { roots: [home], kept: join(home, 'state/changes') };
});

async function made(...changes: Parameters<typeof makeChanges>[0]) {
  const result = await makeChanges(changes, place, at);
  if (result.tag === 'error') throw new Error(`${result.error.file}: ${saySentence(result.error.because, english)}`);
  return result.value;
}

async function refusal(...changes: Parameters<typeof makeChanges>[0]): Promise<string> {
  const result = await makeChanges(changes, place, at);
  return result.tag === 'error' ? saySentence(result.error.because, english) : 'made';
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
  expect(await listKeptChanges(place)).toEqual([]);
  expect(readdirSync(home).toSorted()).toEqual(['npmrc', 'state']);
});

test('a pipe in place of a changed file is not restored, and stops nothing', async () => {
  const file = join(home, 'npmrc');
  writeFileSync(file, 'a=1\n');
  const change = await made({ file, before: 'a=1\n', after: 'b=2\n' });
  rmSync(file);
  execFileSync('mkfifo', [file]);
  expect(await undoChange(change, place)).toMatchObject({ tag: 'error', error: { file } });
  expect(lstatSync(file).isFIFO()).toBe(true);
});

test('a changed file outlives a power cut: it is synced before it has the name, the folder after', async () => {
  const file = join(home, 'npmrc');
  writeFileSync(file, 'a=1\n');
  const synced = await watchSyncs(file);
  await made({ file, before: 'a=1\n', after: 'a=22\n' });
  expect(synced.slice(-2)).toEqual(['a file of 5 bytes, a=1\n', 'the folder, a=22\n']);
});

describe('a folder that becomes a link meanwhile', () => {
  const text = (file: string) => readFileSync(join(home, file), 'utf8');
  /** Puts a link to `other` in the place of `conf`. */
  function swap() {
    renameSync(join(home, 'conf'), join(home, 'conf-was'));
    symlinkSync('other', join(home, 'conf'));
  }
  beforeEach(() => {
    for (const folder of ['conf', 'other']) {
      mkdirSync(join(home, folder));
      writeFileSync(join(home, folder, 'npmrc'), 'a=1\n');
    }
  });

  test('between the check and the write leads to no other file', async () => {
    // The owner is read between the two.
    const swapping = Object.defineProperty({ ...place }, 'owner', { get: () => void swap() });
    const file = join(home, 'conf/npmrc');
    expect(await makeChanges([{ file, before: 'a=1\n', after: 'a=2\n' }], swapping, at)).toMatchObject({
      tag: 'error',
      error: { because: { key: 'change.written', values: { code: 'changed meanwhile' } } },
    });
    expect([text('other/npmrc'), text('conf-was/npmrc')]).toEqual(['a=1\n', 'a=1\n']);
    expect(readdirSync(join(home, 'other'))).toEqual(['npmrc']);
  });

  test.each([true, false])(
    'between the check and an undo leads to no other file, there before: %s',
    async (isThere) => {
      const file = join(home, isThere ? 'conf/npmrc' : 'conf/new');
      const change = await made({ file, before: isThere ? 'a=1\n' : null, after: 'a=2\n' });
      writeFileSync(join(home, isThere ? 'other/npmrc' : 'other/new'), 'a=2\n');
      const [kept] = change.files;
      const before = kept?.before ?? null;
      const swapping = Object.defineProperty({ ...kept }, 'before', {
        get() {
          swap();
          return before;
        },
      });
      const undone = await undoChange({ ...change, files: [swapping as NonNullable<typeof kept>] }, place);
      expect(undone).toMatchObject({ tag: 'error' });
      expect(text(isThere ? 'other/npmrc' : 'other/new')).toBe('a=2\n');
    },
  );
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
    ['a file outside', (out: string) => ({ file: join(out, 'x'), before: 'x', after: 'y' }), 'the file is outside'],
    ['a new file outside', (out: string) => ({ file: join(out, 'new'), before: null, after: 'y' }), 'outside'],
    ['a link to the outside', () => ({ file: join(home, 'link'), before: 'x', after: 'y' }), 'outside'],
    [
      'a new file behind a link to the outside',
      () => ({ file: join(home, 'folder/new'), before: null, after: 'y' }),
      'outside',
    ],
    [
      'a link to nothing',
      () => ({ file: join(home, 'nowhere'), before: null, after: 'y' }),
      'a symbolic link to a missing file',
    ],
    ['a file with two names', () => ({ file: join(home, 'twice'), before: 'x', after: 'y' }), 'several hard links'],
    ['a folder', () => ({ file: join(home, 'a-folder'), before: '', after: 'y' }), 'not a regular file'],
    [
      'what changed after it was read',
      () => ({ file: join(home, 'good'), before: 'other', after: 'y' }),
      'changed after mirrorwatch read it',
    ],
    [
      'what was created while it was read',
      () => ({ file: join(home, 'good'), before: null, after: 'y' }),
      'created or deleted',
    ],
    [
      'what was removed while it was read',
      () => ({ file: join(home, 'gone'), before: 'x', after: 'y' }),
      'created or deleted',
    ],
    ['no UTF-8', () => ({ file: join(home, 'latin'), before: '\ufffd', after: 'y' }), 'not UTF-8'],
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
    expect(await listKeptChanges(place)).toEqual([]);
  });

  test('where what was before cannot be kept', async () => {
    writeFileSync(join(home, 'state'), 'a file where the folder should be');
    writeFileSync(join(home, 'a'), '1');
    expect(await makeChanges([{ file: join(home, 'a'), before: '1', after: '2' }], place, at)).toEqual({
      tag: 'error',
      error: { file: join(home, 'a'), because: phrase('change.kept', { folder: place.kept, code: 'ENOTDIR' }) },
    });
    expect(readFileSync(join(home, 'a'), 'utf8')).toBe('1');
  });
});

test('sets that are made at once each keep what was before', async () => {
  const files = ['a', 'b', 'c', 'd'].map((name) => join(home, name));
  for (const file of files) writeFileSync(file, '1');
  await Promise.all(files.map((file) => made({ file, before: '1', after: '2' })));
  const kept = await listKeptChanges(place);
  expect(kept.flatMap((change) => change.files.map(({ file }) => file)).toSorted()).toEqual(files);
  for (const change of kept) expect((await undoChange(change, place)).tag).toBe('ok');
  expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(['1', '1', '1', '1']);
});

test('a record of another user is passed over: it would be written with our rights', async () => {
  const file = join(home, 'a');
  writeFileSync(file, '1');
  const change = await made({ file, before: '1', after: '2' });
  expect(await listKeptChanges({ ...place, ourUid: (process.geteuid?.() ?? 0) + 1 })).toEqual([]);
  expect(await listKeptChanges(place)).toEqual([change]);
});

describe('root', () => {
  const asRoot = () => ({ ...place, ourUid: 0 });

  test.each([
    ['the file lies in a folder that all may write', 'open/a', (): void => undefined],
    ['its name leads there by a link', 'link', () => symlinkSync(join(home, 'open/a'), join(home, 'link'))],
    ['its name is a link in such a folder, to a file of its own', 'open/to-own', () => undefined],
    ['what was before would be kept there', 'own', (): void => undefined, 'open/state'],
  ])('changes nothing where others may lead it astray: %s', async (_, name, set, kept = 'state') => {
    place = { ...place, kept: join(home, kept) };
    mkdirSync(join(home, 'open'));
    chmodSync(join(home, 'open'), 0o777);
    writeFileSync(join(home, 'open/a'), '1');
    writeFileSync(join(home, 'own'), '1');
    symlinkSync(join(home, 'own'), join(home, 'open/to-own'));
    set();
    const change = { file: join(home, name), before: '1', after: '2' };
    const result = await makeChanges([change], asRoot(), at);
    expect(result).toMatchObject({ tag: 'error', error: { because: { key: 'change.root' } } });
    expect([readFileSync(join(home, 'own'), 'utf8'), readFileSync(join(home, 'open/a'), 'utf8')]).toEqual(['1', '1']);
    expect(existsSync(place.kept)).toBe(false);
  });

  test('puts nothing back where others may lead it astray', async () => {
    const file = join(home, 'a');
    writeFileSync(file, '1');
    const change = await made({ file, before: '1', after: '2' });
    chmodSync(home, 0o777);
    expect(await undoChange(change, asRoot())).toMatchObject({ tag: 'error', error: { file } });
    expect(readFileSync(file, 'utf8')).toBe('2');
  });

  test('names the folder: one that another user owns, or that another group may write to', async () => {
    mkdirSync(join(home, 'ours'));
    const uid = process.geteuid?.() ?? 0;
    expect(await findForeignFolder(join(home, 'ours/new/file'), uid)).toBe(null);
    expect((await findForeignFolder(join(home, 'ours/new/file'), uid + 1)) === null).toBe(uid === 0);
    chmodSync(join(home, 'ours'), 0o1777);
    expect(await findForeignFolder(join(home, 'ours/file'), uid)).toBe(null);
    chmodSync(join(home, 'ours'), 0o777);
    expect(await findForeignFolder(join(home, 'ours/../ours/file'), uid)).toBe(join(home, 'ours'));
    symlinkSync('turns', join(home, 'turns'));
    expect(await findForeignFolder(join(home, 'turns/file'), uid)).toBe(home);
  });
});

describe('what is kept', () => {
  test('is bounded: the newest hundred sets', async () => {
    const file = join(home, 'a');
    writeFileSync(file, '0');
    for (let turn = 0; turn < 102; turn += 1) await made({ file, before: `${turn}`, after: `${turn + 1}` });
    const ids = (await listKeptChanges(place)).map(({ id }) => Number(id));
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([100, 102, 3]);
    expect(readdirSync(place.kept)).toHaveLength(100);
  });

  test('is forgotten a year later, and what is no record of ours stays', async () => {
    const file = join(home, 'a');
    writeFileSync(file, '1');
    await made({ file, before: '1', after: '2' });
    writeFileSync(join(place.kept, '7.json'), 'of somebody');
    for (const [day, [before, after]] of Object.entries({ '2027-11-21': ['2', '3'], '2027-11-22': ['3', '4'] }))
      await makeChanges([{ file, before: String(before), after: String(after) }], place, `${day}T02:10:00.000Z`);
    expect(readdirSync(place.kept).toSorted()).toEqual(['7.json', '8.json', '9.json']);
    expect((await listKeptChanges(place)).map(({ madeAt }) => madeAt.slice(0, 10))).toEqual([
      '2027-11-22',
      '2027-11-21',
    ]);
  });
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
      error: { file: b, because: phrase('change.since') },
    });
    expect([readFileSync(a, 'utf8'), readFileSync(b, 'utf8')]).toEqual(['2', 'mine']);
    expect(await listKeptChanges(place)).toEqual([change]);
  });

  test.each([
    ['gone', 'change.gone'],
    ['a link by now', 'change.another'],
  ] as const)('refuses what is %s', async (what, key) => {
    const file = join(home, 'a');
    writeFileSync(file, '1');
    const change = await made({ file, before: '1', after: '2' });
    rmSync(file);
    if (what !== 'gone') {
      writeFileSync(join(home, 'b'), '2');
      symlinkSync('b', file);
    }
    expect(await undoChange(change, place)).toEqual({ tag: 'error', error: { file, because: phrase(key) } });
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
    expect((await listKeptChanges(place)).map(({ id }) => id)).toEqual(['2', '1']);
    await made({ file, before: '3', after: '4' });
    expect((await listKeptChanges(place)).map(({ id }) => id)).toEqual(['10', '2', '1']);
    for (const change of await listKeptChanges(place)) expect((await undoChange(change, place)).tag).toBe('ok');
    expect(readFileSync(file, 'utf8')).toBe('1');
  });
});
