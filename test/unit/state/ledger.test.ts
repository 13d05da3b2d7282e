import { describe, expect, test } from 'vitest';
import type { Row, StoreBatch, StoreTrouble } from '../../../src/core/ports.ts';
import { createLedger } from '../../../src/state/ledger.ts';
import { memoryStore } from '../../daemon/memory-store.ts';

const row = (key: string, value: unknown = 1, table: Row['table'] = 'detector'): Row => ({
  table,
  key,
  atMs: 1,
  value,
});
const full: StoreTrouble = { kind: 'full', code: 'SQLITE_FULL' };

function watched(waitingMax = 100) {
  // Rows of no meaning: which ones a start takes is another test's.
  const store = memoryStore(new Map(), () => true);
  const batches: StoreBatch[] = [];
  const ledger = createLedger(
    {
      ...store,
      commit(batch) {
        JSON.stringify(batch.puts);
        batches.push(batch);
        return store.commit(batch);
      },
    },
    waitingMax,
  );
  return { store, batches, ledger };
}

describe('a ledger', () => {
  test('what waits can be read until it is written', () => {
    const { ledger, store } = watched();
    store.trouble = full;
    ledger.add([row('a', 1), row('b', 2)], []);
    ledger.add([row('a', 3)], [{ table: 'detector', key: 'b' }]);
    ledger.flush();
    expect([ledger.find('detector', 'a')?.value, ledger.find('detector', 'b'), ledger.find('probe', 'a')]).toEqual([
      3,
      null,
      null,
    ]);
    store.trouble = null;
    ledger.flush();
    expect(ledger.find('detector', 'a')).toBeNull();
  });

  test('one transaction for all of a turn; nothing to write is no transaction', () => {
    const { ledger, batches, store } = watched();
    expect(ledger.flush()).toEqual({ tag: 'ok', rows: 0 });
    ledger.add([row('a'), row('b')], [{ table: 'pause', key: 'x' }]);
    expect(ledger.flush()).toEqual({ tag: 'ok', rows: 3 });
    expect(batches).toHaveLength(1);
    expect([...store.rows.keys()]).toEqual(['detector/a', 'detector/b']);
    expect(ledger.flush()).toEqual({ tag: 'ok', rows: 0 });
  });

  test.each([
    ['put, then put', [row('a', 1), row('a', 2)], [], { 'detector/a': 2 }],
    ['put, then deleted', [row('a', 1)], [{ table: 'detector', key: 'a' }], {}],
  ] as const)('the last word on a key counts: %s', (_, puts, deletes, want) => {
    const { ledger, store } = watched();
    ledger.add(puts, deletes);
    ledger.flush();
    const kept = [...store.rows].map(([name, text]) => [name, (JSON.parse(text) as Row).value]);
    expect(Object.fromEntries(kept)).toEqual(want);
  });

  test('deleted, then put again in a later turn: it is there', () => {
    const { ledger, store } = watched();
    ledger.add([], [{ table: 'detector', key: 'a' }]);
    ledger.add([row('a', 3)], []);
    ledger.flush();
    expect(store.rows.has('detector/a')).toBe(true);
  });

  test('what cannot be written waits, and is written when it can', () => {
    const { ledger, store } = watched();
    store.trouble = full;
    ledger.add([row('a', 1)], []);
    expect(ledger.flush()).toEqual({ tag: 'waiting', rows: 1, trouble: full });
    ledger.add([row('a', 2), row('b')], [{ table: 'pause', key: 'x' }]);
    expect(ledger.flush()).toMatchObject({ tag: 'waiting', rows: 3 });
    store.trouble = null;
    expect(ledger.flush()).toEqual({ tag: 'ok', rows: 3 });
    expect((JSON.parse(store.rows.get('detector/a') ?? '') as Row).value).toBe(2);
  });

  test('waiting is bounded: what only explains goes first, oldest first; what decides stays', () => {
    const { ledger, store } = watched(4);
    store.trouble = full;
    ledger.add([row('p1', 1, 'probe'), row('p2', 1, 'probe'), row('s1', 1, 'seen')], []);
    ledger.add([row('o1', 1, 'outbox'), row('f1', 1, 'finding'), row('d1')], []);
    expect(ledger.flush()).toMatchObject({ tag: 'waiting', rows: 4 });
    ledger.add([row('o2', 1, 'outbox'), row('o3', 1, 'outbox')], []);
    ledger.flush();
    store.trouble = null;
    ledger.flush();
    expect([...store.rows.keys()].sort()).toEqual(['detector/d1', 'finding/f1', 'outbox/o1', 'outbox/o2', 'outbox/o3']);
  });

  test('what is to be deleted is bounded too, while a finding changes its probes day after day on a full disk', () => {
    const { ledger, store } = watched(4);
    store.commit({ puts: [row('sent', 1, 'outbox')], deletes: [] });
    store.trouble = full;
    ledger.add([], [{ table: 'outbox', key: 'sent' }]);
    for (let turn = 0; turn < 100; turn += 1) {
      ledger.add([row(`p${turn}`, 1, 'cited')], [{ table: 'cited', key: `p${turn - 1}` }]);
      expect(ledger.flush().rows).toBeLessThanOrEqual(8);
    }
    store.trouble = null;
    ledger.flush();
    expect([...store.rows.keys()]).toEqual(['cited/p99']);
  });

  test('a row that is no JSON throws once and is given up; the others are written', () => {
    const { ledger, store } = watched();
    const round: Record<string, unknown> = {};
    round['self'] = round;
    ledger.add([row('a'), row('bad', round), row('big', 1n), row('z')], []);
    expect(() => ledger.flush()).toThrow(TypeError);
    expect(ledger.flush()).toEqual({ tag: 'ok', rows: 2 });
    expect([...store.rows.keys()]).toEqual(['detector/a', 'detector/z']);
  });
});
