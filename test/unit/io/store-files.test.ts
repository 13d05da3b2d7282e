import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import { openStore } from '../../../src/io/store.ts';
import { removeTempDir } from '../../support/paths.ts';
import { table } from '../../support/table.ts';
import { bench, beside, newPath, open, opened, put, row } from './store-bench.ts';

afterEach(() => {
  for (const store of open.splice(0)) store.close();
});

/** The permission bits of a state file and of what lies beside it, by the end of its name. */
function modesBeside(path: string): Readonly<Record<string, string>> {
  const names = readdirSync(dirname(path)).filter((name) => name.startsWith(basename(path)));
  return Object.fromEntries(
    names.map((name) => [
      name.slice(basename(path).length).replace(/\d{8}T\d{6}Z/, 'STAMP'),
      (statSync(join(dirname(path), name)).mode & 0o777).toString(8),
    ]),
  );
}

function age(path: string): void {
  const db = new DatabaseSync(path);
  db.exec(`DROP TABLE answer; UPDATE meta SET value = '{"version":1}' WHERE key = 'schema'`);
  db.close();
}

it('a new state file, its log and the copy before a migration can be read by their owner only', () => {
  const path = newPath();
  const { store } = opened(path);
  put(store, row('a', 1));
  expect(modesBeside(path)).toEqual({ '': '600', '-wal': '600' });
  store.close();
  age(path);
  put(opened(path).store, row('b', 2));
  expect(modesBeside(path)).toEqual({ '': '600', '-wal': '600', '.layout-1-STAMP': '600' });
});

it('a state file of an earlier release and its copies lose the rights of others; other files and links keep theirs', () => {
  const path = newPath();
  opened(path).store.close();
  const beside = ['.corrupt-20250301T000000Z', '.corrupt-20250301T000000Z-2-wal', '.layout-1-20250301T000000Z', '.bak'];
  for (const end of beside) writeFileSync(`${path}${end}`, '');
  for (const end of ['', ...beside]) chmodSync(`${path}${end}`, 0o664);
  const other = join(dirname(path), 'other');
  writeFileSync(other, '', { mode: 0o644 });
  symlinkSync(other, `${path}.corrupt-20250302T000000Z`);
  opened(path);
  expect(Object.entries(modesBeside(path)).toSorted()).toEqual([
    ['', '600'],
    ['-wal', '600'],
    ['.bak', '664'],
    ['.corrupt-STAMP', '644'],
    ['.corrupt-STAMP-2-wal', '600'],
    ['.layout-1-STAMP', '600'],
  ]);
  expect(statSync(`${path}.corrupt-20250301T000000Z`).mode & 0o777).toBe(0o600);
  expect(statSync(other).mode & 0o777).toBe(0o644);
});

it('a state file that was deleted while in use is written again for its owner only', () => {
  const path = newPath();
  const { store } = opened(path);
  put(store, row('a', 1));
  rmSync(path);
  put(store, row('b', 2));
  store.close();
  expect(modesBeside(path)['']).toBe('600');
});

describe('a file that is not ours to write', () => {
  it('of a newer version is refused and not touched', () => {
    const path = newPath();
    opened(path).store.close();
    const db = new DatabaseSync(path);
    db.exec(`UPDATE meta SET value = '{"version":4}' WHERE key = 'schema'`);
    db.close();
    const before = readFileSync(path);
    expect(openStore(path, bench().deps)).toEqual({
      tag: 'error',
      error: { kind: 'newer', path, version: 4, known: 3 },
    });
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(beside(path)).toEqual(['mirrorwatch.db']);
  });

  const foreign: readonly (readonly [name: string, sql: string])[] = table('unit/io/store-refused', 'foreign');
  it('a pipe is refused, and holds nothing up', () => {
    const path = newPath();
    mkdirSync(dirname(path), { recursive: true });
    execFileSync('mkfifo', [path]);
    expect(openStore(path, bench().deps)).toEqual({ tag: 'error', error: { kind: 'foreign', path } });
  });

  it.each([
    ['text', 'vantage: shanghai\n'.repeat(100)],
    ['a key', `-----BEGIN PRIVATE KEY-----\n${'A'.repeat(2_000)}\n`],
    ['one line', 'x'],
  ])('that is no database is refused and not touched: %s', (_name, text) => {
    const path = newPath();
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    expect(openStore(path, bench().deps)).toEqual({ tag: 'error', error: { kind: 'foreign', path } });
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(beside(path)).toEqual(['mirrorwatch.db']);
  });

  it('where there can be no folder is refused at once', () => {
    const path = '/proc/mirrorwatch-none/y.db';
    expect(openStore(path, bench().deps)).toEqual({ tag: 'error', error: { kind: 'no_folder', path, code: 'ENOENT' } });
  });

  it.each(foreign)('of another program is refused and not touched: %s', (_name, sql) => {
    const path = newPath();
    mkdirSync(dirname(path), { recursive: true });
    const db = new DatabaseSync(path);
    db.exec(sql);
    db.close();
    const before = readFileSync(path);
    expect(openStore(path, bench().deps)).toEqual({ tag: 'error', error: { kind: 'foreign', path } });
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});

describe('a file that cannot be written', () => {
  it('where no folder can be made: watches on without a file, says so, and tries again', () => {
    const path = newPath();
    writeFileSync(dirname(path), 'a file where the folder should be');
    const { deps, told, pass } = bench();
    const { store, notes } = opened(path, deps);
    expect(notes).toEqual([expect.stringMatching(/cannot be written \(E[A-Z]+\); nothing of it can be read/)]);
    const refused = { tag: 'error', error: { kind: 'io', code: expect.stringMatching(/^E[A-Z]+$/) } };
    expect([store.writable(), put(store, row('a', 1)), store.get('finding', 'a'), store.all('probe')]).toEqual([
      false,
      refused,
      null,
      [],
    ]);
    removeTempDir(dirname(path));
    pass(29_999);
    expect(put(store, row('a', 1))).toEqual(refused);
    pass(1);
    expect([put(store, row('a', 1)), store.writable(), told.length]).toEqual([{ tag: 'ok' }, true, 1]);
    expect(existsSync(path)).toBe(true);
  });
});

describe('a file that is deleted while in use', () => {
  it('is reported, and after half a minute written again with its old contents and new rows', () => {
    const path = newPath();
    const { deps, pass } = bench();
    const { store } = opened(path, deps);
    put(store, row('a', 1));
    rmSync(dirname(path), { recursive: true });
    expect([put(store, row('b', 2)), store.writable()]).toEqual([
      { tag: 'error', error: { kind: 'io', code: 'ENOENT' } },
      false,
    ]);
    expect([existsSync(path), store.all('finding').length]).toEqual([false, 2]);
    pass(29_999);
    expect(put(store, row('c', 3)).tag).toBe('error');
    pass(1);
    expect([put(store, row('d', 4)), store.writable()]).toEqual([{ tag: 'ok' }, true]);
    store.close();
    expect(beside(path)).toEqual(['mirrorwatch.db']);
    expect(opened(path).store.all('finding')).toEqual([row('a', 1), row('b', 2), row('c', 3), row('d', 4)]);
  });

  it('and found so only at the end is written before it', () => {
    const path = newPath();
    const { store } = opened(path);
    put(store, row('a', 1));
    rmSync(path);
    store.close();
    expect(opened(path).store.all('finding')).toEqual([row('a', 1)]);
  });

  it('and replaced by another file: that file stays, and is reported', () => {
    const path = newPath();
    const { store } = opened(path);
    rmSync(path);
    writeFileSync(path, 'not ours');
    expect([put(store, row('a', 1)), store.writable()]).toEqual([
      { tag: 'error', error: { kind: 'io', code: 'REPLACED' } },
      false,
    ]);
    store.close();
    expect(readFileSync(path, 'utf8')).toBe('not ours');
  });
});
