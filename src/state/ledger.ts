import type { Row, Store, StoreBatch, StoreTrouble, Table } from '../core/ports.ts';

/**
 * The result of a flush. `ok`: this number of rows was written or deleted. `waiting`: the file did not change, and this
 * number of rows waits for the next flush.
 */
export type Flushed =
  | { readonly tag: 'ok'; readonly rows: number }
  | { readonly tag: 'waiting'; readonly rows: number; readonly trouble: StoreTrouble };

export type LedgerStore = ReturnType<typeof createLedger>;

/** Rows of these tables may be dropped. They only explain decisions, or the program learns their data again. */
const expendable: ReadonlySet<Table> = new Set(['probe', 'cited', 'seen', 'answer', 'trend', 'verdict']);

/**
 * Commits the rows of one turn of the main loop together. While the file cannot be written, the last value of each key
 * waits. Above `waitingMax` keys to write, or to delete, those of `expendable` tables are dropped, the oldest first.
 */
export function createLedger(store: Store, waitingMax: number) {
  const puts = new Map<string, Row>();
  const deletes = new Map<string, { table: Table; key: string }>();
  const id = (table: Table, key: string): string => `${table}/${key}`;
  return {
    add(rows: readonly Row[], gone: StoreBatch['deletes']): void {
      for (const row of rows) {
        deletes.delete(id(row.table, row.key));
        puts.set(id(row.table, row.key), row);
      }
      for (const one of gone) {
        puts.delete(id(one.table, one.key));
        deletes.set(id(one.table, one.key), one);
      }
    },
    waiting: () => puts.size + deletes.size,
    /** Returns a row that is not written yet; `null`: there is none. */
    find: (table: Table, key: string): Row | null => puts.get(id(table, key)) ?? null,
    /**
     * Writes all rows since the last success in one transaction.
     * @throws if a row cannot be JSON, which is a defect of the caller; that row is dropped
     */
    flush(): Flushed {
      const batch: StoreBatch = { puts: [...puts.values()], deletes: [...deletes.values()] };
      const rows = batch.puts.length + batch.deletes.length;
      if (rows === 0) return { tag: 'ok', rows: 0 };
      let done: ReturnType<Store['commit']>;
      try {
        done = store.commit(batch);
      } catch (cause) {
        // Rows that cannot be JSON are dropped, so that they do not block the others.
        for (const [key, row] of puts) if (!isJson(row.value)) puts.delete(key);
        throw cause;
      }
      if (done.tag === 'ok') {
        puts.clear();
        deletes.clear();
        return { tag: 'ok', rows };
      }
      giveUp(puts, waitingMax);
      giveUp(deletes, waitingMax);
      return { tag: 'waiting', rows: puts.size + deletes.size, trouble: done.error };
    },
  };
}

function giveUp(waiting: Map<string, { readonly table: Table }>, most: number): void {
  for (const [key, { table }] of waiting) {
    if (waiting.size <= most) return;
    if (expendable.has(table)) waiting.delete(key);
  }
}

function isJson(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}
