import type { Row, Store, StoreTrouble, Table } from '../../src/core/ports.ts';
import { isSoundRow } from '../../src/state/row-shapes.ts';

/** A state file without a file: rows go through JSON, a batch is all or nothing, trouble is as told. */
export interface MemoryStore extends Store {
  /** Commits fail like this from now on; `null` heals. */
  trouble: StoreTrouble | null;
  readonly rows: ReadonlyMap<string, string>;
  /** What a process finds that starts after this one was killed now. */
  afterKill(): MemoryStore;
}

/**
 * @param kept     rows of an earlier life
 * @param isSound  what is written must hold to it: by default that it can be taken at the next start
 */
export function memoryStore(
  kept: ReadonlyMap<string, string> = new Map(),
  isSound: (row: Row) => boolean = isSoundRow,
): MemoryStore {
  const rows = new Map(kept);
  let isClosed = false;
  const id = (table: Table, key: string): string => `${table}/${key}`;
  const all = (table: Table): Row[] =>
    [...rows]
      .filter(([name]) => name.startsWith(`${table}/`))
      .map(([, text]) => JSON.parse(text) as Row)
      .sort((a, b) => a.atMs - b.atMs || (a.key < b.key ? -1 : 1));
  const self: MemoryStore = {
    trouble: null,
    rows,
    afterKill: () => memoryStore(rows),
    commit({ puts, deletes }) {
      if (isClosed) return { tag: 'error', error: { kind: 'closed', code: 'CLOSED' } };
      if (self.trouble !== null) return { tag: 'error', error: self.trouble };
      for (const row of puts) {
        const text = JSON.stringify(row);
        if (!isSound(JSON.parse(text) as Row)) throw new Error(`not as its schema has it: ${text}`);
        rows.set(id(row.table, row.key), text);
      }
      for (const { table, key } of deletes) rows.delete(id(table, key));
      return { tag: 'ok' };
    },
    get(table, key) {
      const text = rows.get(id(table, key));
      return text === undefined ? null : (JSON.parse(text) as Row);
    },
    page: (table, limit, before) =>
      all(table)
        .reverse()
        .filter(
          (row) => before === null || row.atMs < before.atMs || (row.atMs === before.atMs && row.key < before.key),
        )
        .slice(0, limit),
    all,
    expire(table, beforeMs) {
      const old = all(table).filter((row) => row.atMs < beforeMs);
      for (const { key } of old) rows.delete(id(table, key));
      return old.length;
    },
    trim(table, rowsMax) {
      const old = all(table).slice(0, Math.max(0, all(table).length - rowsMax));
      for (const { key } of old) rows.delete(id(table, key));
      return old.length;
    },
    writable: () => !isClosed && self.trouble === null,
    close() {
      isClosed = true;
    },
  };
  return self;
}
