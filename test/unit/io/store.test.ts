import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type Row, tables } from '../../../src/core/ports.ts';
import { openStore } from '../../../src/io/store.ts';
import { copyStore } from '../../../src/io/store-copy.ts';
import { bench, beside, newPath, open, opened, put, row } from './store-bench.ts';

afterEach(() => {
  for (const store of open.splice(0)) store.close();
});

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

  it.each(['answer', 'probe', 'cited', 'detector', 'meta', 'trend'] as const)(
    'of table %s are compressed, and come back as they went in',
    (table) => {
      const path = newPath();
      const { store } = opened(path);
      const long = row('long', 1, { list: Array.from({ length: 200 }, (_, n) => `ä mirror/module/${n}`) }, table);
      put(store, long, row('short', 2, [1], table));
      expect(store.all(table)).toEqual([long, row('short', 2, [1], table)]);
      store.close();
      const copy = copyStore(path);
      if (copy.tag === 'error') throw new Error(copy.error.kind);
      expect([...copy.value.rows(table, 0)]).toEqual([long, row('short', 2, [1], table)]);
      copy.value.close();
      const db = new DatabaseSync(path);
      const [bytes] = db.prepare(`SELECT length(value) AS n FROM "${table}" WHERE key = 'long'`).all();
      expect(Number(bytes?.['n'])).toBeLessThan(JSON.stringify(long.value).length / 3);
      // A spoilt stream.
      db.prepare(`UPDATE "${table}" SET value = ? WHERE key = 'long'`).run(Buffer.from([0xff, 0, 7, 0xc3]));
      db.close();
      const again = opened(path).store;
      expect([again.all(table), again.rowsAside?.()]).toEqual([[row('short', 2, [1], table)], 1]);
      expect(again.all('aside').map(({ key, value }) => [key, value])).toEqual([[`${table}/long`, 'FF0007C3']]);
    },
  );

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
    expect(notes).toEqual([expect.stringContaining('.layout-1-')]);
    expect(store.all('finding')).toEqual([row('a', 5, { kept: true })]);
    expect(store.all('advice')).toEqual([row('advice-1', 6, 'x', 'advice')]);
    expect(store.all('meta')).toEqual([row('ok/a', 7, { v: 1 }, 'meta')]);
    expect(store.all('answer')).toEqual([]);
    expect(put(store, row('h', 8, [1], 'answer'))).toEqual({ tag: 'ok' });
    store.close();
    expect(versionIn(path)).toEqual({ version: 3 });
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

  it('keeps its size of page, and the same bound in bytes; a new file has pages of 1 KiB', () => {
    const sizeOf = (path: string): unknown => {
      const db = new DatabaseSync(path, { readOnly: true });
      const found = db.prepare('PRAGMA page_size').get()?.['page_size'];
      db.close();
      return found;
    };
    const [fresh, older] = [newPath(), old()];
    const db = new DatabaseSync(older);
    db.exec('PRAGMA journal_mode = DELETE; PRAGMA page_size = 4096; VACUUM');
    db.close();
    const bytesMax = 400 * 1_024;
    for (const path of [fresh, older]) {
      const result = openStore(path, { ...bench().deps, bytesMax });
      if (result.tag === 'error') throw new Error(result.error.kind);
      const { store } = result.value;
      open.push(store);
      const big = Array.from({ length: 100 }, (_, n) => row(`${n}`, n, 'x'.repeat(10_000)));
      const kept = big.filter((one) => store.commit({ puts: [one], deletes: [] }).tag === 'ok');
      expect([kept.length > 15, kept.length < 40]).toEqual([true, true]);
      store.close();
      expect(statSync(path).size).toBeLessThanOrEqual(bytesMax);
    }
    expect([sizeOf(fresh), sizeOf(older)]).toEqual([1_024, 4_096]);
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

it('rows past a number: go from the oldest on, by age and then key', () => {
  const { store } = opened(newPath());
  put(store, row('b', 2), row('a', 1), row('c', 2), row('d', 3));
  expect([store.trim('finding', 4), store.trim('finding', 2), store.trim('finding', 2)]).toEqual([0, 2, 0]);
  expect(store.all('finding').map(({ key }) => key)).toEqual(['c', 'd']);
  expect(store.trim('finding', 0)).toBe(2);
  expect([store.trim('meta', 0), openStore(newPath(), bench().deps).tag]).toEqual([0, 'ok']);
});
