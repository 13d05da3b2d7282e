import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import type { Row } from '../../../src/core/ports.ts';
import { bench, beside, newPath, open, opened, put, row } from './store-bench.ts';

afterEach(() => {
  for (const store of open.splice(0)) store.close();
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
