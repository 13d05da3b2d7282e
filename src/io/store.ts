import type { Log, Row, Store, StoreBatch, Table } from '../core/ports.ts';
import { readJson } from '../core/read-json.ts';
import { error, ok, type Result } from '../core/result.ts';
import { decodeRow, encodeRow } from './row-code.ts';
import { type Opened, openFile, type StoreFile, type StoreOpenFailure } from './store-file.ts';
import { RecoveringFile, type RecoveryDeps } from './store-recovery.ts';
import { isOwnRow, storeTroubleOf } from './store-schema.ts';

export type { StoreOpenFailure } from './store-file.ts';

export interface StoreDeps extends RecoveryDeps {
  /**
   * Returns true if a row has the fields that its readers use. Other rows are moved to table `aside`. Absent: any JSON
   * is valid.
   */
  readonly isSound?: (row: Row) => boolean;
}

/**
 * Opens the state file at an absolute path exclusively, and creates missing folders, files and tables.
 *
 * - Corrupt: the file is moved aside, and a new one is created.
 * - Deleted while in use: the file is written again with all its contents.
 * - Not writable: existing rows are served, and commits fail; after 30 s a commit tries to open the file again.
 * @returns the store with notes for the operator, or why there is none
 */
export function openStore(
  path: string,
  deps: StoreDeps,
): Result<{ readonly store: Store; readonly notes: readonly string[] }, StoreOpenFailure> {
  const opened = openFile(path, deps.clock.wallMs(), deps.bytesMax);
  if (opened.tag === 'refused') return error(opened.failure);
  return ok({ store: storeOver(path, opened, deps), notes: notesOf(opened, path) });
}

function notesOf(opened: Exclude<Opened, { tag: 'refused' }>, path: string): readonly string[] {
  if (opened.tag === 'unwritable') {
    const kept = opened.file === null ? 'nothing of it can be read' : 'what it holds is read';
    return [`state file ${path} cannot be written (${opened.trouble.code}); ${kept}, and nothing is kept from now on`];
  }
  return [
    ...(opened.setAside === null ? [] : [`state file was corrupt; set aside as ${opened.setAside} and begun anew`]),
    ...(opened.copied === null ? [] : [`state file was of an older version; copied to ${opened.copied} and migrated`]),
  ];
}

function storeOver(path: string, opened: Exclude<Opened, { tag: 'refused' }>, deps: StoreDeps): Store {
  const file = new RecoveringFile(path, opened, deps);
  const reader = createRowReader(deps.isSound ?? (() => true), deps.log);

  /** Reads rows. If some were invalid and moved aside, it reads again, so that a page has its full number of rows. */
  function rowsFrom(table: Table, find: (from: StoreFile) => readonly (Record<string, unknown> | undefined)[]) {
    return file.read((from) => {
      let found = reader.read(from, table, find(from));
      while (found.hasMoved) found = reader.read(from, table, find(from));
      return found.rows;
    }, []);
  }

  return {
    commit(batch) {
      if (file.isClosed) return { tag: 'error', error: { kind: 'closed', code: 'CLOSED' } };
      const trouble = file.commit(changesOf(batch));
      return trouble === null
        ? { tag: 'ok' }
        : {
            tag: 'error',
            error: { ...trouble, kind: trouble.kind === 'locked' || trouble.kind === 'corrupt' ? 'io' : trouble.kind },
          };
    },
    get(table, key) {
      if (isOwnRow(table, key)) return null;
      const sql = `SELECT key, at_ms, value FROM "${table}" WHERE key = ?`;
      return rowsFrom(table, (from) => [from.statement(sql).get(key)])[0] ?? null;
    },
    page(table, limit, before) {
      const where = before === null ? '' : 'WHERE (at_ms, key) < (?, ?) ';
      const sql = `SELECT key, at_ms, value FROM "${table}" ${where}ORDER BY at_ms DESC, key DESC LIMIT ?`;
      const from = before === null ? [] : [before.atMs, before.key];
      return rowsFrom(table, (of) => of.statement(sql).all(...from, Math.max(0, limit)));
    },
    all(table) {
      const sql = `SELECT key, at_ms, value FROM "${table}" ORDER BY at_ms, key`;
      return rowsFrom(table, (from) => from.statement(sql).all());
    },
    expire: (table, beforeMs) => file.erase(`DELETE FROM "${table}" WHERE at_ms < ? ${notOwn(table)}`, beforeMs),
    trim(table, rowsMax) {
      const kept = `SELECT at_ms, key FROM "${table}" ORDER BY at_ms DESC, key DESC LIMIT 1 OFFSET ?`;
      return file.erase(
        `DELETE FROM "${table}" WHERE (at_ms, key) <= (${kept}) ${notOwn(table)}`,
        Math.max(0, rowsMax),
      );
    },
    setAside: () => file.setAsideCount,
    rowsAside: reader.count,
    writable: () => file.isWritable,
    close: () => file.close(),
  };
}

function changesOf(batch: StoreBatch): (to: StoreFile) => void {
  for (const { table, key } of [...batch.puts, ...batch.deletes])
    if (isOwnRow(table, key)) throw new RangeError(`${table} ${key} is the store's own row`);
  const puts = batch.puts.map(({ value, ...row }) => ({
    ...row,
    stored: encodeRow(row.table, JSON.stringify(value) ?? 'null'),
  }));
  return (to) => {
    for (const { table, key, atMs, stored } of puts) {
      // If `at_ms` is unchanged, only the value is updated. Then the index by age does not change, so one page less is
      // written.
      const grown = to.statement(`UPDATE "${table}" SET value = ? WHERE key = ? AND at_ms = ?`).run(stored, key, atMs);
      if (grown.changes > 0) continue;
      to.statement(
        `INSERT INTO "${table}" (key, at_ms, value) VALUES (?, ?, ?)
         ON CONFLICT (key) DO UPDATE SET at_ms = excluded.at_ms, value = excluded.value`,
      ).run(key, atMs, stored);
    }
    for (const { table, key } of batch.deletes) to.statement(`DELETE FROM "${table}" WHERE key = ?`).run(key);
  };
}

function notOwn(table: Table): string {
  return table === 'meta' ? "AND key <> 'schema'" : '';
}

const keysMax = 10_000;
const keysShown = 5;

/**
 * Creates a reader of rows that moves invalid ones to table `aside`.
 * @param isSound  whether a row has the fields that its readers use
 */
function createRowReader(isSound: (row: Row) => boolean, log: Log | undefined) {
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
    read(from: StoreFile, table: Table, found: readonly (Record<string, unknown> | undefined)[]) {
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
