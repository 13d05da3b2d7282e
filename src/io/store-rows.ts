import type { Log, Row, Table } from '../core/ports.ts';
import { readJson } from '../core/read-json.ts';
import { decodeRow } from './row-code.ts';
import type { StoreFile } from './store-file.ts';
import { isOwnRow, storeTroubleOf } from './store-schema.ts';

export interface RowsRead {
  readonly rows: readonly Row[];
  readonly hasMoved: boolean;
}

const keysMax = 10_000;
const keysShown = 5;

/**
 * Creates a reader of rows that moves invalid ones to table `aside`.
 * @param isSound  whether a row has the fields that its readers use
 */
export function createRowReader(isSound: (row: Row) => boolean, log: Log | undefined) {
  const known = new Set<string>();
  let count = 0;

  function moved(file: StoreFile, table: Table, keys: readonly string[]): boolean {
    const fresh = keys.filter((key) => !known.has(`${table}/${key}`));
    count += fresh.length;
    for (const key of fresh) if (known.size < keysMax) known.add(`${table}/${key}`);
    if (fresh.length > 0) {
      const fields = { table, count: fresh.length, keys: fresh.slice(0, keysShown) };
      log?.error('rows of the state file that cannot be read are set aside', fields);
    }
    if (file.readOnly) return false;
    const copy = file.statement(
      `INSERT OR REPLACE INTO "aside" (key, at_ms, value) SELECT ? || key, at_ms, json_quote(iif(typeof(value) = 'text', value, hex(value))) FROM "${table}" WHERE key = ?`,
    );
    const drop = file.statement(`DELETE FROM "${table}" WHERE key = ?`);
    try {
      let gone = 0;
      file.transaction(() => {
        for (const key of keys) {
          copy.run(`${table}/`, key);
          gone += Number(drop.run(key).changes);
        }
      });
      return gone > 0;
    } catch (thrown) {
      // If the disk is full, the invalid rows stay in place and are skipped.
      if (storeTroubleOf(thrown).kind === 'corrupt') throw thrown;
      return false;
    }
  }

  return {
    /** Returns the valid rows. `hasMoved`: invalid ones were moved, so a page of rows may have to be read again. */
    read(from: StoreFile, table: Table, found: readonly (Record<string, unknown> | undefined)[]): RowsRead {
      const rows: Row[] = [];
      const bad: string[] = [];
      for (const record of found) {
        if (record === undefined) continue;
        const key = String(record['key']);
        if (isOwnRow(table, key)) continue;
        const row = { table, key, atMs: Number(record['at_ms']), value: readJson(decodeRow(record['value'])) };
        if (row.value !== undefined && Number.isFinite(row.atMs) && isSound(row)) rows.push(row);
        else bad.push(key);
      }
      return { rows, hasMoved: bad.length > 0 && moved(from, table, bad) };
    },
    count: () => count,
  };
}
