import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Disk, openDisk } from '../../../../bench/soak/disk.ts';
import { tempDir } from '../../../support/paths.ts';
import { watchSyncs } from '../../io/syncs.ts';
import { acting } from './acting.ts';
import { adviceTo } from './advice.ts';

const before = 'A=1\nGOPROXY=off\n';
const mine = 'A=2\nGOPROXY=off\n';
let folder = '';
beforeEach(() => {
  folder = tempDir('file-troubles');
  mkdirSync(join(folder, 'etc'));
  writeFileSync(join(folder, 'etc/go.env'), before);
});

const deedAt = (path: string) => ({ kind: 'file', path, as: 'env' }) as const;
const path = (): string => join(folder, 'etc/go.env');

describe('an editor that saves the file while an action writes the new text to disk', () => {
  /** By a rename, as editors save. Without a sync of its own, which would be watched too. */
  const save = (): void => {
    if (!readdirSync(join(folder, 'etc')).some((name) => name.includes('.mirrorwatch-'))) return;
    writeFileSync(`${path()}~`, mine);
    renameSync(`${path()}~`, path());
  };

  it('wins: the action fails, may be tried again, and leaves nothing behind', async () => {
    const one = acting(folder, deedAt(path()));
    await watchSyncs(path(), save);
    expect(await one.step('act')).toMatchObject({ tag: 'failed', retry: true });
    expect([readFileSync(path(), 'utf8'), readdirSync(join(folder, 'etc'))]).toEqual([mine, ['go.env']]);
    expect((await one.step('act')).tag).toBe('ok');
    expect(readFileSync(path(), 'utf8')).toMatch(/^A=2\n/);
  });

  it('wins over an undo too', async () => {
    const one = acting(folder, deedAt(path()));
    expect((await one.step('act')).tag).toBe('ok');
    await watchSyncs(path(), save);
    expect((await one.step('undo')).tag).toBe('failed');
    expect([readFileSync(path(), 'utf8'), readdirSync(join(folder, 'etc'))]).toEqual([mine, ['go.env']]);
  });
});

it('a link in place of the file: the text of the other file is not shown', async () => {
  writeFileSync(join(folder, 'other.toml'), 'a secret\n', { mode: 0o600 });
  symlinkSync('../other.toml', join(folder, 'etc/hosts.toml'));
  const remedy = { 'hosts.toml': '[host."https://b.example"]', json: '{}' };
  const deed = { kind: 'file', path: join(folder, 'etc/hosts.toml'), as: 'hosts.toml' } as const;
  const one = acting(folder, deed, adviceTo({ remedy }));
  for (const step of ['prepare', 'act'] as const)
    expect(await one.step(step)).toMatchObject({ tag: 'failed', because: { key: 'acted.unreadable' }, output: '' });
});

describe('a folder of the path that is a link', () => {
  it('is followed, and the undo goes back there, but to no other place once it leads elsewhere', async () => {
    const link = join(folder, 'link');
    symlinkSync('etc', link);
    const one = acting(folder, deedAt(join(link, 'go.env')));
    expect((await one.step('act')).tag).toBe('ok');
    const after = readFileSync(path(), 'utf8');
    expect(after).not.toBe(before);
    mkdirSync(join(folder, 'other'));
    writeFileSync(join(folder, 'other/go.env'), after);
    rmSync(link);
    symlinkSync('other', link);
    expect(await one.step('undo')).toMatchObject({ tag: 'failed', because: { key: 'acted.refused' } });
    expect([readFileSync(path(), 'utf8'), readFileSync(join(folder, 'other/go.env'), 'utf8')]).toEqual([after, after]);
    rmSync(link);
    symlinkSync('etc', link);
    expect((await one.step('undo')).tag).toBe('ok');
    expect(readFileSync(path(), 'utf8')).toBe(before);
  });
});

describe('a disk that is full by the time the action writes', () => {
  let disk: Disk;
  beforeEach(() => {
    disk = openDisk();
  });
  afterEach(() => disk.close());

  it.each(['the file', 'what is kept for the undo'])(
    'of %s: it fails, the file stays, and works once there is room',
    async (where) => {
      const isFile = where === 'the file';
      const file = isFile ? join(disk.dir, 'go.env') : path();
      writeFileSync(file, before);
      const one = acting(isFile ? folder : disk.dir, deedAt(file));
      expect((await one.step('prepare')).tag).toBe('ok');
      if (disk.canFail) {
        disk.fill();
        expect(await one.step('act')).toMatchObject({ tag: 'failed', retry: true });
        expect(readFileSync(file, 'utf8')).toBe(before);
        if (isFile) expect(readdirSync(disk.dir).toSorted()).toEqual(['filler', 'go.env']);
        disk.heal();
      }
      expect((await one.step('act')).tag).toBe('ok');
      expect(readFileSync(file, 'utf8')).toMatch(/^A=1\nGOPROXY='?https/);
      if (disk.canFail) {
        disk.fill();
        if (isFile) expect((await one.step('undo')).tag).toBe('failed');
        disk.heal();
      }
      expect((await one.step('undo')).tag).toBe('ok');
      expect(readFileSync(file, 'utf8')).toBe(before);
    },
  );
});
