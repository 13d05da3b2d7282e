import type { Row, StoreBatch, Table } from '../../core/ports.ts';

/** A state file without a file. */
export interface Kept {
  commit(batch: StoreBatch): void;
  all(...tables: readonly Table[]): Row[];
}

/**
 * An empty state; what is read back has been through JSON, as in the real one.
 * @param isReadAgain  false: nobody starts on it, and nothing is kept
 */
export function createKept(isReadAgain: boolean): Kept {
  const rows = new Map<string, Row>();
  return {
    commit({ puts, deletes }) {
      if (!isReadAgain) return;
      for (const row of puts) rows.set(`${row.table}/${row.key}`, row);
      for (const { table, key } of deletes) rows.delete(`${table}/${key}`);
    },
    all: (...tables) =>
      tables.flatMap((table) =>
        [...rows.values()]
          .filter((row) => row.table === table)
          .sort((a, b) => a.atMs - b.atMs || (a.key < b.key ? -1 : 1))
          .map((row) => JSON.parse(JSON.stringify(row)) as Row),
      ),
  };
}
