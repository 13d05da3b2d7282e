import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type Row, type Store, type Table, tables } from '../../../src/core/ports.ts';
import { openStore, type StoreDeps } from '../../../src/io/store.ts';
import { removeTempDir, tempDir } from '../../support/paths.ts';

const stampMs = Date.UTC(2026, 2, 1);
const dirs: string[] = [];
const open: Store[] = [];

afterEach(() => {
  for (const store of open.splice(0)) store.close();
  for (const dir of dirs.splice(0)) removeTempDir(dir);
});

function newPath(): string {
  const dir = tempDir('store');
  dirs.push(dir);
  return join(dir, 'state', 'mirrorwatch.db');
}

function bench() {
  const told: string[] = [];
  let monotonicMs = 0;
  const clock = {
    now: () => ({ wallMs: stampMs, monotonicMs }),
    monotonicMs: () => monotonicMs,
    wallMs: () => stampMs,
  };
  const deps: StoreDeps = { clock, onAnew: (note) => void told.push(note) };
  const pass = (ms: number) => {
    monotonicMs += ms;
  };
  return { deps, told, pass };
}

function opened(path: string, deps: StoreDeps = bench().deps): { store: Store; notes: readonly string[] } {
  const result = openStore(path, deps);
  if (result.tag === 'error') throw new Error(`refused: ${result.error.kind}`);
  open.push(result.value.store);
  return result.value;
}

const row = (key: string, atMs: number, value: unknown = key, table: Table = 'finding'): Row => ({
  table,
  key,
  atMs,
  value,
});
const put = (store: Store, ...puts: Row[]) => store.commit({ puts, deletes: [] });
const beside = (path: string) => readdirSync(dirname(path)).sort();

describe('rows', () => {
  it('come back as they went in, from every table, also after closing', () => {
    const path = newPath();
    const { store, notes } = opened(path);
    const rows = tables.map((table, n) => row('k', n + 0.5, { deep: [n, null, 'ä'] }, table));
    expect([notes, put(store, ...rows)]).toEqual([[], { tag: 'ok' }]);
    store.close();
    const again = opened(path).store;
    for (const one of rows) expect([again.get(one.table, 'k'), again.all(one.table)]).toEqual([one, [one]]);
  });

  it('are replaced by key, deleted by key, and absent otherwise', () => {
    const { store } = opened(newPath());
    put(store, row('a', 1), row('b', 2));
    store.commit({
      puts: [row('a', 3, 'new')],
      deletes: [
        { table: 'finding', key: 'b' },
        { table: 'finding', key: 'never' },
      ],
    });
    expect([store.get('finding', 'a'), store.get('finding', 'b'), store.get('advice', 'a')]).toEqual([
      row('a', 3, 'new'),
      null,
      null,
    ]);
  });

  it('come in pages, newest first, then by key, without gap or overlap', () => {
    const { store } = opened(newPath());
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.record({ key: fc.string({ minLength: 1, maxLength: 3, unit: 'grapheme-ascii' }), atMs: fc.nat(5) }),
          { selector: ({ key }) => key },
        ),
        fc.integer({ min: 1, max: 4 }),
        (wanted, limit) => {
          store.commit({ puts: [], deletes: store.all('probe').map(({ key }) => ({ table: 'probe', key })) });
          put(store, ...wanted.map(({ key, atMs }) => row(key, atMs, null, 'probe')));
          const seen: Row[] = [];
          for (
            let page = store.page('probe', limit, null);
            page.length > 0;
            page = store.page('probe', limit, seen.at(-1) ?? null)
          ) {
            expect(page.length).toBeLessThanOrEqual(limit);
            seen.push(...page);
          }
          const sorted = [...wanted].sort((a, b) => b.atMs - a.atMs || (a.key < b.key ? 1 : -1));
          expect(seen.map(({ key }) => key)).toEqual(sorted.map(({ key }) => key));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('are expired by age, those at the bound stay', () => {
    const { store } = opened(newPath());
    put(store, row('a', 1), row('b', 2), row('c', 3), row('other', 1, null, 'probe'));
    expect([store.expire('finding', 3), store.expire('finding', 3), store.expire('meta', 1e15)]).toEqual([2, 0, 0]);
    expect([store.all('finding').map(({ key }) => key), store.all('probe').length]).toEqual([['c'], 1]);
  });

  it('leave the row that names the version alone', () => {
    const { store } = opened(newPath());
    expect([store.all('meta'), store.get('meta', 'schema'), store.page('meta', 10, null)]).toEqual([[], null, []]);
    expect(() => put(store, row('schema', 1, 1, 'meta'))).toThrow(RangeError);
    expect(() => store.commit({ puts: [], deletes: [{ table: 'meta', key: 'schema' }] })).toThrow(RangeError);
  });

  it('a batch with a value that has no JSON changes nothing', () => {
    const { store } = opened(newPath());
    expect(() => put(store, row('a', 1), row('b', 2, 10n))).toThrow(TypeError);
    expect([store.all('finding'), put(store, row('a', 1))]).toEqual([[], { tag: 'ok' }]);
  });

  it('is closed once closed', () => {
    const { store } = opened(newPath());
    put(store, row('a', 1));
    store.close();
    store.close();
    expect(put(store, row('a', 1))).toEqual({ tag: 'error', error: { kind: 'closed', code: 'CLOSED' } });
    expect([store.get('finding', 'a'), store.all('finding'), store.expire('finding', 9), store.writable()]).toEqual([
      null,
      [],
      0,
      false,
    ]);
  });

  it('is written with WAL and synchronous=FULL', () => {
    const path = newPath();
    opened(path);
    expect(beside(path)).toEqual(['mirrorwatch.db', 'mirrorwatch.db-wal']);
  });
});

describe('two on one file', () => {
  it('the second is refused, and may when the first has closed', () => {
    const path = newPath();
    const first = opened(path).store;
    put(first, row('a', 1));
    expect(openStore(path, bench().deps)).toEqual({
      tag: 'error',
      error: { kind: 'locked', path, code: 'SQLITE_BUSY' },
    });
    expect(put(first, row('b', 2))).toEqual({ tag: 'ok' });
    first.close();
    expect(opened(path).store.all('finding').length).toBe(2);
  });

  it('the second is refused also before the first has written a row', () => {
    const path = newPath();
    opened(path);
    expect(openStore(path, bench().deps)).toMatchObject({ tag: 'error', error: { kind: 'locked' } });
    opened(newPath()).store.close();
  });
});

describe('a file of an older release', () => {
  /** As 0.1.0 left it: version 1, no table `answer`. */
  const old = (): string => {
    const path = newPath();
    const { store } = opened(path);
    put(store, row('a', 5, { kept: true }), row('advice-1', 6, 'x', 'advice'), row('ok/a', 7, { v: 1 }, 'meta'));
    store.close();
    const db = new DatabaseSync(path);
    db.exec(`DROP TABLE answer; UPDATE meta SET value = '{"version":1}' WHERE key = 'schema'; VACUUM`);
    db.close();
    return path;
  };
  const versionIn = (path: string): unknown => {
    const db = new DatabaseSync(path, { readOnly: true });
    const found = db.prepare(`SELECT value FROM meta WHERE key = 'schema'`).get();
    db.close();
    return JSON.parse(String(found?.value));
  };

  it('is brought up to this one, and nothing in it is lost', () => {
    const path = old();
    const { store, notes } = opened(path);
    expect(notes).toEqual([]);
    expect(store.all('finding')).toEqual([row('a', 5, { kept: true })]);
    expect(store.all('advice')).toEqual([row('advice-1', 6, 'x', 'advice')]);
    expect(store.all('meta')).toEqual([row('ok/a', 7, { v: 1 }, 'meta')]);
    expect(store.all('answer')).toEqual([]);
    expect(put(store, row('h', 8, [1], 'answer'))).toEqual({ tag: 'ok' });
    store.close();
    expect(versionIn(path)).toEqual({ version: 2 });
    expect(opened(path).store.all('answer')).toEqual([row('h', 8, [1], 'answer')]);
  });

  it.each(tables.filter((table) => table !== 'meta'))('of the same layout that lacks table %s gets it', (table) => {
    const path = newPath();
    const first = opened(path).store;
    put(first, row('a', 1));
    first.close();
    const db = new DatabaseSync(path);
    db.exec(`DROP TABLE "${table}"`);
    db.close();
    const { store, notes } = opened(path);
    expect(notes).toEqual([]);
    expect(put(store, row('b', 2, 'b', table))).toEqual({ tag: 'ok' });
    expect(store.all(table).map(({ key }) => key)).toEqual(['b']);
    expect(store.get('finding', 'a')?.key).toBe(table === 'finding' ? undefined : 'a');
  });

  it('stays as it was where there is no room to change it, and is read', () => {
    const path = old();
    const before = statSync(path).size;
    const result = openStore(path, { ...bench().deps, bytesMax: before });
    if (result.tag === 'error') throw new Error(result.error.kind);
    open.push(result.value.store);
    expect([result.value.store.writable(), result.value.store.all('finding').length]).toEqual([false, 1]);
    result.value.store.close();
    expect(versionIn(path)).toEqual({ version: 1 });
  });
});

describe('rows past a number', () => {
  it('go from the oldest on, by age and then key', () => {
    const { store } = opened(newPath());
    put(store, row('b', 2), row('a', 1), row('c', 2), row('d', 3));
    expect([store.trim('finding', 4), store.trim('finding', 2), store.trim('finding', 2)]).toEqual([0, 2, 0]);
    expect(store.all('finding').map(({ key }) => key)).toEqual(['c', 'd']);
    expect(store.trim('finding', 0)).toBe(2);
    expect([store.trim('meta', 0), openStore(newPath(), bench().deps).tag]).toEqual([0, 'ok']);
  });
});

describe('a file that is not ours to write', () => {
  it('of a newer version is refused and not touched', () => {
    const path = newPath();
    opened(path).store.close();
    const db = new DatabaseSync(path);
    db.exec(`UPDATE meta SET value = '{"version":3}' WHERE key = 'schema'`);
    db.close();
    const before = readFileSync(path);
    expect(openStore(path, bench().deps)).toEqual({
      tag: 'error',
      error: { kind: 'newer', path, version: 3, known: 2 },
    });
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(beside(path)).toEqual(['mirrorwatch.db']);
  });

  const foreign: readonly (readonly [name: string, sql: string])[] = [
    ['tables of another program', 'CREATE TABLE users (id INTEGER)'],
    ['a meta table of another form', 'CREATE TABLE meta (id INTEGER)'],
    ['a meta table without a version', 'CREATE TABLE meta (key TEXT, at_ms REAL, value TEXT)'],
    [
      'a version that is no number',
      `CREATE TABLE meta (key TEXT, at_ms REAL, value TEXT); INSERT INTO meta VALUES ('schema', 0, '{"version":"x"}')`,
    ],
    [
      'a version that is no JSON',
      "CREATE TABLE meta (key TEXT, at_ms REAL, value TEXT); INSERT INTO meta VALUES ('schema', 0, '{')",
    ],
  ];
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

describe('a corrupt file', () => {
  const damages: readonly (readonly [name: string, damage: (path: string) => void])[] = [
    ['nothing but zeros', (path) => writeFileSync(path, Buffer.alloc(8_192))],
    ['its first page overwritten', (path) => overwrite(path, 0, 4_096)],
    ['pages in the middle overwritten', (path) => overwrite(path, 4_096, statSync(path).size - 4_096)],
    ['cut in half', (path) => truncateSync(path, Math.floor(statSync(path).size / 2))],
  ];
  function overwrite(path: string, from: number, bytes: number): void {
    const content = readFileSync(path);
    content.fill(0x5a, from, from + bytes);
    writeFileSync(path, content);
  }

  it.each(damages)('is set aside at start with a note, and a new one begun: %s', (_name, damage) => {
    const path = newPath();
    const { store } = opened(path);
    put(store, ...Array.from({ length: 200 }, (_, n) => row(`k${n}`, n, 'x'.repeat(200))));
    store.close();
    damage(path);
    const damaged = readFileSync(path);
    const again = opened(path);
    const aside = `${path}.corrupt-20260301T000000Z`;
    expect(again.notes).toEqual([`state file was corrupt; set aside as ${aside} and begun anew`]);
    expect(readFileSync(aside).equals(damaged)).toBe(true);
    expect(again.store.setAside?.()).toBe(1);
    expect([again.store.all('finding'), put(again.store, row('a', 1)), again.store.writable()]).toEqual([
      [],
      { tag: 'ok' },
      true,
    ]);
  });

  it('does not overwrite what was set aside in the same second', () => {
    const path = newPath();
    opened(path).store.close();
    for (const text of ['first', 'second', 'third']) {
      writeFileSync(path, Buffer.concat([Buffer.from(text), readFileSync(path)]));
      opened(path).store.close();
    }
    const names = beside(path).filter((name) => name.includes('corrupt'));
    expect(names).toEqual(['', '-2', '-3'].map((end) => `mirrorwatch.db.corrupt-20260301T000000Z${end}`));
    expect(names.map((name) => readFileSync(join(dirname(path), name), 'utf8').slice(0, 5))).toEqual([
      'first',
      'secon',
      'third',
    ]);
  });

  it('an empty file is a new one, not a corrupt one', () => {
    const path = newPath();
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    const { store, notes } = opened(path);
    expect([notes, put(store, row('a', 1)), store.setAside?.()]).toEqual([[], { tag: 'ok' }, 0]);
  });

  /** Damage that only shows when pages are read: written under the open store, whose cache is too small to hide it. */
  function damagedInUse() {
    const path = newPath();
    const { deps, told } = bench();
    const filler = opened(path).store;
    put(filler, ...Array.from({ length: 20_000 }, (_, n) => row(`k${n}`, n, 'x'.repeat(200))));
    filler.close();
    const { store, notes } = opened(path, deps);
    expect(notes).toEqual([]);
    overwrite(path, 8_192, statSync(path).size - 8_192);
    return { path, store, told };
  }

  it('found by a read: set aside, reported, created again, and the read finds nothing', () => {
    const { path, store, told } = damagedInUse();
    expect(store.all('finding')).toEqual([]);
    expect(told).toEqual([expect.stringContaining('set aside as')]);
    expect(store.setAside?.()).toBe(1);
    expect(beside(path)).toContain('mirrorwatch.db.corrupt-20260301T000000Z');
    expect([put(store, row('a', 1)), store.get('finding', 'a'), store.writable()]).toEqual([
      { tag: 'ok' },
      row('a', 1),
      true,
    ]);
  });

  it('found by a commit: set aside, reported, and the batch is in the new file', () => {
    const { store, told } = damagedInUse();
    expect(put(store, row('k7', 1, 'new'), row('b', 2))).toEqual({ tag: 'ok' });
    expect(told.length).toBe(1);
    expect(store.all('finding')).toEqual([row('k7', 1, 'new'), row('b', 2)]);
  });

  it('leaves out a row whose value is no JSON', () => {
    const path = newPath();
    const { store } = opened(path);
    put(store, row('a', 1), row('b', 2));
    store.close();
    const db = new DatabaseSync(path);
    db.exec(`UPDATE finding SET value = '{' WHERE key = 'a'`);
    db.close();
    const again = opened(path).store;
    expect([again.all('finding'), again.get('finding', 'a')]).toEqual([[row('b', 2)], null]);
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

describe('rows that cannot be read', () => {
  const isSound = ({ value }: Row): boolean => typeof value === 'string';
  const said = () => {
    const lines: unknown[] = [];
    const tell = (message: string, fields: unknown) => void lines.push([message, fields]);
    return { lines, log: { debug: tell, info: tell, warn: tell, error: tell } };
  };

  it('are moved to table aside as they were, counted once and said; a page is whole without them', () => {
    const path = newPath();
    const { store } = opened(path);
    put(store, row('a', 1), row('b', 2, null), row('c', 3, {}), row('d', 4), row('e', 5, [7]));
    store.close();
    const { lines, log } = said();
    const again = opened(path, { ...bench().deps, isSound, log }).store;
    expect(again.page('finding', 2, null).map(({ key }) => key)).toEqual(['d', 'a']);
    expect([again.get('finding', 'b'), again.all('finding').length, again.rowsAside?.()]).toEqual([null, 2, 3]);
    const message = 'rows of the state file that cannot be read are set aside';
    expect(lines).toEqual(['e', 'c', 'b'].map((key) => [message, { table: 'finding', count: 1, keys: [key] }]));
    again.close();
    const plain = opened(path).store;
    expect(plain.all('aside').map(({ key, atMs, value }) => [key, atMs, value])).toEqual([
      ['finding/b', 2, 'null'],
      ['finding/c', 3, '{}'],
      ['finding/e', 5, '[7]'],
    ]);
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
