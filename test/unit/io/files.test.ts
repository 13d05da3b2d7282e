import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import { createFiles, replaceFile, systemFiles } from '../../../src/io/files.ts';
import { tempDir } from '../../support/paths.ts';
import { watchSyncs } from './syncs.ts';

const folder = tempDir('files');
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  writeFileSync(at('text'), '\uFEFFhunter2\n');
  const utf16 = Buffer.from('\uFEFFsix==1.17.0 # \u00e9\n', 'utf16le');
  writeFileSync(at('little'), utf16);
  writeFileSync(at('big'), Buffer.from(utf16).swap16());
  symlinkSync(at('text'), at('link'));
  writeFileSync(at('large'), '');
  truncateSync(at('large'), limits.configBytes + 1);
  writeFileSync(at('largest'), 'x'.repeat(limits.configBytes));
  mkdirSync(at('folder'));
  writeFileSync(at('folder/b'), '');
  writeFileSync(at('folder/a'), '');
  writeFileSync(at('folder/c.txt'), '');
  symlinkSync('c.txt', at('folder/inside.txt'));
  symlinkSync('b', at('folder/b.txt'));
  symlinkSync(at('text'), at('folder/out'));
  symlinkSync(at('folder'), at('linked'));
  mkdirSync(at('folder-b'));
  writeFileSync(at('folder-b/b'), '');
  writeFileSync(at('folder-b/a'), '');
  execFileSync('mkfifo', [at('pipe')]);
});

describe('regular files alone are read', () => {
  test.each([
    ['a text, its byte-order mark dropped', () => at('text'), { tag: 'ok', text: 'hunter2\n' }],
    [
      'UTF-16 with its mark, as PowerShell writes it',
      () => at('little'),
      { tag: 'ok', text: 'six==1.17.0 # \u00e9\n' },
    ],
    ['the same with the high byte first', () => at('big'), { tag: 'ok', text: 'six==1.17.0 # \u00e9\n' }],
    ['a link to one, as Kubernetes hands out secrets', () => at('link'), { tag: 'ok', text: 'hunter2\n' }],
    ['one of no size that has a text all the same', () => '/proc/self/comm', { tag: 'ok', text: expect.any(String) }],
    ['a pipe that nobody writes to', () => at('pipe'), { tag: 'error', code: 'not a regular file' }],
    ['a device without an end', () => '/dev/zero', { tag: 'error', code: 'not a regular file' }],
    ['a device that waits', () => '/dev/tty', { tag: 'error', code: 'not a regular file' }],
    ['a folder', () => at('folder'), { tag: 'error', code: 'EISDIR' }],
    ['one above the bound', () => at('large'), { tag: 'error', code: 'EFBIG' }],
    ['nothing', () => at('none'), { tag: 'error', code: 'ENOENT' }],
  ])('%s', async (_, path, want) => expect(await systemFiles.read(path())).toEqual(want));

  test.each([
    ['a file', 'folder/a', 'ok'],
    ['a link that stays there', 'folder/inside.txt', 'ok'],
    ['a folder that is a link itself', 'linked/a', 'ok', 'linked'],
    ['a file elsewhere', 'text', 'outside'],
    ['a path that leaves it', 'folder/../text', 'outside'],
    ['a link that leaves it', 'folder/out', 'outside'],
    ['a link that changes the ending', 'folder/b.txt', 'outside'],
    ['a folder of a similar name', 'folder-b/a', 'outside'],
    ['nothing', 'folder/none', 'ENOENT'],
  ])('below a folder: %s', async (_, path, want, root = 'folder') => {
    const read = await systemFiles.read(at(path), [at('none'), at(root)]);
    expect(read.tag === 'ok' ? 'ok' : read.code).toBe(want);
  });

  test('one as large as the bound', async () => {
    const read = await systemFiles.read(at('largest'));
    expect(read.tag === 'ok' && read.text.length).toBe(limits.configBytes);
  });

  test('the names of a folder, sorted; of no folder, why not', async () => {
    expect(await systemFiles.list(at('folder-b'))).toEqual({ tag: 'ok', names: ['a', 'b'] });
    expect(await systemFiles.list(at('text'))).toEqual({ tag: 'error', code: 'ENOTDIR' });
  });
});

describe('a file system that does not answer ends at the limit', () => {
  const never = (): Promise<never> => new Promise(() => undefined);
  const late = { tag: 'error', code: 'ETIMEDOUT' };

  test('at stat, at open, at readdir', async () => {
    expect(await createFiles(20, { stat: never as typeof stat, open, readdir }).read(at('text'))).toEqual(late);
    expect(await createFiles(20, { stat, open: never as typeof open, readdir }).read(at('text'))).toEqual(late);
    expect(await createFiles(20, { stat, open, readdir: never as typeof readdir }).list(at('folder'))).toEqual(late);
  });

  test('a read that takes as long as a resolver without a response is waited for', async () => {
    vi.useFakeTimers();
    try {
      const slow = (async (path: string) => {
        await new Promise((resolve) => setTimeout(resolve, 30_000));
        return stat(path);
      }) as unknown as typeof stat;
      const reading = createFiles(undefined, { stat: slow, open, readdir }).read(at('text'));
      await vi.advanceTimersByTimeAsync(30_000);
      expect((await reading).tag).toBe('ok');
    } finally {
      vi.useRealTimers();
    }
  });

  test('one that becomes a pipe between the look and the open is not read', async () => {
    const before = await stat(at('text'));
    const files = createFiles(1_000, { stat: (async () => before) as unknown as typeof stat, open, readdir });
    expect(await files.read(at('pipe'))).toEqual({ tag: 'error', code: 'not a regular file' });
  });
});

test('a replaced file outlives a power cut: its text is synced before it has the name, the folder after', async () => {
  writeFileSync(at('replaced'), 'before');
  const synced = await watchSyncs(at('replaced'));
  expect(await replaceFile(at('replaced'), 'after')).toBe(null);
  expect(synced).toEqual(['a file of 5 bytes, before', 'the folder, after']);
});
