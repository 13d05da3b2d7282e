import type { Row, Store, StoreBatch, StoreTrouble, Table } from '../core/ports.ts';

/** What a flush did. `waiting` rows are kept and tried again with the next flush. */
export type Flushed =
  | { readonly tag: 'ok'; readonly rows: number }
  | { readonly tag: 'waiting'; readonly rows: number; readonly trouble: StoreTrouble };

/** Rows on their way to the state file. */
export interface Ledger {
  add(rows: readonly Row[], deletes: readonly { readonly table: Table; readonly key: string }[]): void;
  /**
   * One transaction with everything that was added since the last success.
   * @throws what the store throws on a row that is no JSON: the caller's defect; that row is given up
   */
  flush(): Flushed;
  /** A row that waits. */
  find(table: Table, key: string): Row | null;
}

/** What explains, and decides nothing new. */
const expendable: ReadonlySet<Table> = new Set(['probe', 'cited', 'seen', 'answer', 'trend']);

/**
 * Gathers the rows of one turn and commits them together; while the file can't be written, the last word on each key
 * waits here, so that nothing is lost when there is room again. Bounded by the keys themselves: rows past `waitingMax`
 * of the tables `probe`, `cited`, `seen`, `answer` and `trend` are given up first, because they explain and decide nothing new;
 * so are as many of their deletes.
 */
export function createLedger(store: Store, waitingMax: number): Ledger {
  const puts = new Map<string, Row>();
  const deletes = new Map<string, { table: Table; key: string }>();
  const id = (table: Table, key: string): string => `${table}/${key}`;
  return {
    add(rows, gone) {
      for (const row of rows) {
        deletes.delete(id(row.table, row.key));
        puts.set(id(row.table, row.key), row);
      }
      for (const one of gone) {
        puts.delete(id(one.table, one.key));
        deletes.set(id(one.table, one.key), one);
      }
    },
    find: (table, key) => puts.get(id(table, key)) ?? null,
    flush() {
      const batch: StoreBatch = { puts: [...puts.values()], deletes: [...deletes.values()] };
      const rows = batch.puts.length + batch.deletes.length;
      if (rows === 0) return { tag: 'ok', rows: 0 };
      let done: ReturnType<Store['commit']>;
      try {
        done = store.commit(batch);
      } catch (cause) {
        // A row that is no JSON is a defect: it goes, so that it does not hold up the others for ever.
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

/** The oldest of what is expendable, as far as there are too many. A row that was to go then ages; of `cited`, from the next start on. */
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
