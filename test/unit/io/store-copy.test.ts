import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, test } from 'vitest';
import type { Row, Store } from '../../../src/core/ports.ts';
import { openStore } from '../../../src/io/store.ts';
import { copyStore, type StoreCopy } from '../../../src/io/store-copy.ts';
import { tempDir } from '../../support/paths.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

const clock = { now: () => ({ wallMs: 0, monotonicMs: 0 }), monotonicMs: () => 0, wallMs: () => 0 };
const row = (at: number): Row => ({ table: 'answer', key: `k${at}`, atMs: at, value: [at] });

function stored(): { path: string; store: Store } {
  const path = join(tempDir('store-copy'), 'state.db');
  const opened = openStore(path, { clock });
  if (opened.tag === 'error') throw new Error(opened.error.kind);
  open.push(opened.value.store);
  return { path, store: opened.value.store };
}

function copyOf(path: string): StoreCopy {
  const copied = copyStore(path);
  if (copied.tag === 'error') throw new Error(copied.error.kind);
  open.push(copied.value);
  return copied.value;
}

describe('a copy of a state file', () => {
  test('is taken while another process holds and writes it, with what is only in its log yet', () => {
    const { path, store } = stored();
    store.commit({ puts: [row(1), row(2)], deletes: [] });
    const copy = copyOf(path);
    store.commit({ puts: [row(3)], deletes: [{ table: 'answer', key: 'k1' }] });
    expect([...copy.rows('answer', 0)]).toEqual([row(1), row(2)]);
    expect([...copy.rows('answer', 2)]).toEqual([row(2)]);
    expect([copy.count('answer', 0), copy.count('answer', 2), copy.oldestMs('answer')]).toEqual([2, 1, 1]);
    expect([...copyOf(path).rows('answer', 0)]).toEqual([row(2), row(3)]);
    store.commit({ puts: [{ ...row(5), atMs: -1e300 }], deletes: [] });
    expect(copyOf(path).oldestMs('answer')).toBe(2);
    expect(store.commit({ puts: [row(4)], deletes: [] })).toEqual({ tag: 'ok' });
  });

  test('leaves nothing behind', () => {
    const { path } = stored();
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('mirrorwatch-replay-'));
    const copy = copyOf(path);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('mirrorwatch-replay-'))).toEqual(before);
    expect(copy.oldestMs('answer')).toBeNull();
  });

  test('many rows, under a writer that never rests, are those of one moment', () => {
    const { path, store } = stored();
    for (let round = 0; round < 30; round += 1) {
      const puts = Array.from({ length: 100 }, (_, at) => ({ ...row(at), value: [round, 'x'.repeat(500)] }));
      store.commit({ puts, deletes: [] });
      const rounds = new Set([...copyOf(path).rows('answer', 0)].map(({ value }) => (value as [number])[0]));
      expect([...rounds]).toEqual([round]);
    }
  });

  test('the row of the store itself and what is no JSON are left out', () => {
    const { path, store } = stored();
    store.commit({ puts: [{ table: 'meta', key: 'x', atMs: 1, value: 1 }], deletes: [] });
    store.close();
    const db = new DatabaseSync(path);
    db.exec(`INSERT INTO meta VALUES ('broken', 2, '{')`);
    db.close();
    expect([...copyOf(path).rows('meta', 0)].map(({ key }) => key)).toEqual(['x']);
  });
});

describe('what cannot be read is said', () => {
  const file = (text: string): string => {
    const path = join(tempDir('store-copy'), 'f');
    writeFileSync(path, text);
    return path;
  };
  const rows: readonly (readonly [string, () => string, unknown])[] = [
    ['absent', () => '/nowhere/state.db', { kind: 'absent' }],
    ['a folder', () => tmpdir(), { kind: 'foreign' }],
    ['text', () => file('no database at all, but long enough to be looked at'.repeat(50)), { kind: 'corrupt' }],
    ['empty', () => file(''), { kind: 'foreign' }],
    [
      'of another program',
      () => {
        const path = file('');
        const db = new DatabaseSync(path);
        db.exec('CREATE TABLE users (id INTEGER)');
        db.close();
        return path;
      },
      { kind: 'foreign' },
    ],
    [
      'newer',
      () => {
        const { path, store } = stored();
        store.close();
        const db = new DatabaseSync(path);
        db.exec(`UPDATE meta SET value = '{"version":4}' WHERE key = 'schema'`);
        db.close();
        return path;
      },
      { kind: 'newer', version: 4, known: 3 },
    ],
  ];
  test.each(rows)('%s', (_, path, failure) => expect(copyStore(path())).toEqual({ tag: 'error', error: failure }));

  test('a temporary folder that takes nothing', () => {
    const { path } = stored();
    const dir = tempDir('store-copy-tmp');
    const before = process.env['TMPDIR'];
    mkdirSync(join(dir, 'gone'));
    process.env['TMPDIR'] = join(dir, 'gone', 'deeper');
    try {
      expect(copyStore(path)).toEqual({ tag: 'error', error: { kind: 'no_room', code: 'ENOENT' } });
    } finally {
      process.env['TMPDIR'] = before ?? '';
      if (before === undefined) delete process.env['TMPDIR'];
    }
  });
});
