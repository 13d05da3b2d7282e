import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { Row, Store } from '../../../src/core/ports.ts';
import { openStore } from '../../../src/io/store.ts';
import { tempDir } from '../../support/paths.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const one of undo.splice(0).reverse()) one();
});

const clock = { now: () => ({ wallMs: 0, monotonicMs: 0 }), monotonicMs: () => 0, wallMs: () => 0 };

function opened(path: string, bytesMax?: number): { store: Store; notes: readonly string[] } {
  const result = openStore(path, bytesMax === undefined ? { clock } : { clock, bytesMax });
  if (result.tag === 'error') throw new Error(`refused: ${result.error.kind}`);
  undo.push(() => result.value.store.close());
  return result.value;
}

/** True where a small file system of our own can be had: root, and mounts allowed. */
function mounts(): boolean {
  const dir = tempDir('mount');
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir], { stdio: 'ignore' });
    execFileSync('umount', [dir]);
    return true;
  } catch {
    return false;
  }
}

const canMount = mounts();
if (!canMount) console.warn('SKIPPED store on a small or read-only file system: needs root and mount(2)');

/** A file system of so many KiB, gone after the test. */
function smallDisk(kib: number): string {
  const dir = tempDir('store-disk');
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', dir]);
  undo.push(() => execFileSync('umount', ['-l', dir]));
  return dir;
}

const row = (key: string, value: unknown, atMs = 1): Row => ({ table: 'detector', key, atMs, value });
const put = (store: Store, ...puts: Row[]) => store.commit({ puts, deletes: [] });
const big = (n: number) => Array.from({ length: 20 }, (_, part) => row(`big ${n}.${part}`, 'x'.repeat(2_000), n));

/** Commits until the store is full; how many batches went in. */
function fill(store: Store): number {
  for (let n = 0; n < 10_000; n += 1) {
    const outcome = put(store, ...big(n));
    if (outcome.tag === 'ok') continue;
    expect(outcome.error).toEqual({ kind: 'full', code: 'SQLITE_FULL' });
    return n;
  }
  throw new Error('never full');
}

describe('full', () => {
  it('a file at its bound: the batch is refused whole, rows are read on, and commits work when rows have gone', () => {
    const { store } = opened(join(tempDir('store-disk'), 's.db'), 400_000);
    const batches = fill(store);
    expect(batches).toBeGreaterThan(3);
    expect([store.writable(), store.all('detector').length, store.get('detector', `big ${batches}.0`)]).toEqual([
      false,
      batches * 20,
      null,
    ]);
    // Freed space is used again by pages, so few rows that are gone may free none.
    const gone = Math.ceil(batches / 2);
    expect(store.expire('detector', gone)).toBe(gone * 20);
    expect([put(store, ...big(batches)), store.writable()]).toEqual([{ tag: 'ok' }, true]);
    expect(store.all('detector').length).toBe((batches - gone + 1) * 20);
  });

  it.skipIf(!canMount)('a disk: the same, and commits work when space returns', () => {
    const dir = smallDisk(1_024);
    writeFileSync(join(dir, 'other'), Buffer.alloc(300_000));
    const { store } = opened(join(dir, 's.db'));
    const batches = fill(store);
    expect(batches).toBeGreaterThan(0);
    expect([store.writable(), store.all('detector').length]).toEqual([false, batches * 20]);
    expect(put(store, ...big(batches))).toMatchObject({ tag: 'error', error: { kind: 'full' } });
    rmSync(join(dir, 'other'));
    expect([put(store, ...big(batches)), store.writable()]).toEqual([{ tag: 'ok' }, true]);
    store.close();
    expect(opened(join(dir, 's.db')).store.all('detector').length).toBe((batches + 1) * 20);
  });

  it.skipIf(!canMount)(
    'a disk without room for the copy of an older layout: the file is read, and not migrated',
    () => {
      const made = join(tempDir('store-disk'), 's.db');
      const { store } = opened(made);
      // Bytes that do not get shorter.
      put(store, ...Array.from({ length: 60 }, (_, at) => row(`row ${at}`, randomBytes(1_500).toString('base64'))));
      store.close();
      const older = new DatabaseSync(made);
      older.exec(`UPDATE meta SET value = '{"version":2}' WHERE key = 'schema'; PRAGMA journal_mode = DELETE`);
      older.close();
      const dir = smallDisk(Math.ceil(statSync(made).size / 1_024) + 48);
      const path = join(dir, 's.db');
      copyFileSync(made, path);
      const { store: read, notes } = opened(path);
      expect(notes).toEqual([expect.stringContaining('cannot be written (SQLITE_FULL)')]);
      expect([read.all('detector').length, read.writable()]).toEqual([60, false]);
      read.close();
      expect(readdirSync(dir).filter((name) => name.includes('layout'))).toEqual([]);
      const out = join(tempDir('store-disk'), 's.db');
      copyFileSync(path, out);
      const after = new DatabaseSync(out);
      expect(after.prepare("SELECT value FROM meta WHERE key = 'schema'").get()).toEqual({ value: '{"version":2}' });
      after.close();
    },
  );

  it.skipIf(!canMount)('a disk that is full from the start: watches on, and has a file once there is space', () => {
    const dir = smallDisk(64);
    writeFileSync(join(dir, 'other'), Buffer.alloc(60_000));
    let monotonicMs = 0;
    const moving = { ...clock, monotonicMs: () => monotonicMs };
    const result = openStore(join(dir, 's.db'), { clock: moving });
    if (result.tag === 'error') throw new Error(`refused: ${result.error.kind}`);
    const { store, notes } = result.value;
    undo.push(() => store.close());
    expect(notes).toEqual([expect.stringContaining('cannot be written')]);
    expect([store.writable(), put(store, row('a', 1))]).toEqual([
      false,
      { tag: 'error', error: { kind: 'full', code: expect.any(String) } },
    ]);
    rmSync(join(dir, 'other'));
    execFileSync('mount', ['-o', 'remount,size=1024k', dir]);
    monotonicMs = 30_000;
    expect([put(store, row('a', 1)), store.writable(), store.all('detector').length]).toEqual([{ tag: 'ok' }, true, 1]);
  });
});

const script = fileURLToPath(new URL('./store-writer.ts', import.meta.url));

function writer(path: string, rows: number): { child: ChildProcess; lines: AsyncIterator<string> } {
  const child = spawn(process.execPath, [script, path, String(rows)], { stdio: ['ignore', 'pipe', 'ignore'] });
  undo.push(() => child.kill('SIGKILL'));
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

describe('read-only', () => {
  /** Takes the right to write away; gives it back at the end. Root needs a mount for that. */
  function freeze(dir: string): void {
    if (process.getuid?.() !== 0) {
      for (const name of ['s.db', 's.db-wal', ''].filter((name) => existsSync(join(dir, name))))
        chmodSync(join(dir, name), name === '' ? 0o555 : 0o444);
      undo.push(() => chmodSync(dir, 0o755));
      return;
    }
    execFileSync('mount', ['-o', 'remount,ro', dir]);
  }
  const isRoot = process.getuid?.() === 0;
  const disk = () => (isRoot ? smallDisk(4_096) : tempDir('store-disk'));

  it.skipIf(isRoot && !canMount)('at start: what was written is read, commits are refused, notes say so', () => {
    const dir = disk();
    const before = opened(join(dir, 's.db')).store;
    put(before, row('a', 'kept'));
    before.close();
    freeze(dir);
    const { store, notes } = opened(join(dir, 's.db'));
    expect(notes).toEqual([
      expect.stringMatching(/cannot be written \((EROFS|EACCES|SQLITE_\w+)\); what it holds is read/),
    ]);
    expect([store.writable(), store.get('detector', 'a')]).toEqual([false, row('a', 'kept')]);
    expect(put(store, row('b', 1))).toMatchObject({ tag: 'error', error: { kind: 'read_only' } });
    expect([store.all('detector').length, store.expire('detector', 9)]).toEqual([1, 0]);
  });

  it.skipIf(isRoot && !canMount)('at start after kill -9: what only its log holds is read too', async () => {
    const dir = disk();
    const path = join(dir, 's.db');
    const { child, lines } = writer(path, 1);
    let announced = 0;
    for (let commits = 0; commits < 5; commits += 1) announced = Number((await lines.next()).value);
    child.kill('SIGKILL');
    await once(child, 'exit');
    freeze(dir);
    const { store } = opened(path);
    expect(store.writable()).toBe(false);
    expect(store.all('detector').map(({ value }) => Number(value) >= announced)).toEqual([true]);
  });

  it.skipIf(isRoot && !canMount)('at start without a file: watches on with nothing', () => {
    const dir = disk();
    writeFileSync(join(dir, 's.db'), '');
    rmSync(join(dir, 's.db'));
    if (isRoot) freeze(dir);
    else {
      chmodSync(dir, 0o555);
      undo.push(() => chmodSync(dir, 0o755));
    }
    const { store, notes } = opened(join(dir, 'deeper', 's.db'));
    expect(notes).toEqual([expect.stringMatching(/cannot be written \(E(ROFS|ACCES)\); nothing of it can be read/)]);
    expect([store.writable(), store.all('detector')]).toEqual([false, []]);
    expect(put(store, row('b', 1))).toMatchObject({ tag: 'error', error: { kind: 'read_only' } });
  });
});

describe('kill -9', () => {
  it('in the midst of commits: each batch whole, nothing announced lost, no lock left behind', async () => {
    const path = join(tempDir('store-disk'), 's.db');
    const rows = 300;
    let announced = 0;
    for (const commits of [1, 2, 5, 9]) {
      const { child, lines } = writer(path, rows);
      for (let n = 0; n < commits; n += 1) announced = Number((await lines.next()).value);
      child.kill('SIGKILL');
      await once(child, 'exit');
      for (let next = await lines.next(); next.done !== true; next = await lines.next()) announced = Number(next.value);
      const { store, notes } = opened(path);
      const generations = new Set(store.all('detector').map(({ value }) => value));
      expect([notes, store.all('detector').length, generations.size]).toEqual([[], rows, 1]);
      expect([...generations][0]).toBeGreaterThanOrEqual(announced);
      store.close();
    }
    expect(announced).toBeGreaterThanOrEqual(17);
  });

  it('a living process on the file refuses us, a killed one does not', async () => {
    const path = join(tempDir('store-disk'), 's.db');
    const { child, lines } = writer(path, 1);
    await lines.next();
    expect(openStore(path, { clock })).toMatchObject({ tag: 'error', error: { kind: 'locked' } });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(opened(path).notes).toEqual([]);
  });

  it('we refuse another process', async () => {
    const path = join(tempDir('store-disk'), 's.db');
    mkdirSync(join(path, '..'), { recursive: true });
    opened(path);
    expect((await writer(path, 1).lines.next()).value).toBe('refused locked');
  });
});
