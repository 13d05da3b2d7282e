import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock, Log, Row, Store, StoreBatch, StoreTrouble, Table } from '../core/ports.ts';
import { error, ok, type Result } from '../core/result.ts';
import { encodeRow } from './row-code.ts';
import { makeFolder, moveAside, type Opened, openFile, type StoreFile, type StoreOpenFailure } from './store-file.ts';
import { createRowReader } from './store-rows.ts';
import { isOwnRow, type Trouble, troubleOf } from './store-schema.ts';

export type { StoreOpenFailure } from './store-file.ts';

const retryMs = 30_000;

export interface StoreDeps {
  readonly clock: Clock;
  readonly log?: Log;
  /** Called when rows may have changed: a corrupt file was replaced, or the file became writable. */
  readonly onAnew?: (note: string) => void;
  /** Absent: `limits.stateBytes`. */
  readonly bytesMax?: number;
  /** Whether a row has the fields that its readers use; other rows are set aside. Absent: any JSON is valid. */
  readonly isSound?: (row: Row) => boolean;
}

/**
 * Opens the state file at an absolute path exclusively, and creates missing folders, files and tables.
 *
 * - Corrupt: the file is moved aside, and a new one is created.
 * - Deleted while in use: the file is written again with all its contents.
 * - Not writable: existing rows are served, and commits fail; after `retryMs` a commit tries to open the file again.
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
  return opened.setAside === null ? [] : [`state file was corrupt; set aside as ${opened.setAside} and begun anew`];
}

/** For callers, corruption and a lost lock are I/O failures. */
function storeTrouble({ kind, code }: Trouble): StoreTrouble {
  return { kind: kind === 'locked' || kind === 'corrupt' ? 'io' : kind, code };
}

function storeOver(path: string, opened: Exclude<Opened, { tag: 'refused' }>, deps: StoreDeps): Store {
  let file: StoreFile | null = opened.file;
  let trouble: Trouble | null = opened.tag === 'unwritable' ? opened.trouble : null;
  let triedAtMs = deps.clock.monotonicMs();
  let isClosed = false;
  const reader = createRowReader(deps.isSound ?? (() => true), deps.log);
  /** When the file was found deleted or replaced at its path, monotonic; `null`: it is there. */
  let lostAtMs: number | null = null;
  let setAsideCount = opened.tag === 'open' && opened.setAside !== null ? 1 : 0;

  function reopen(): boolean {
    triedAtMs = deps.clock.monotonicMs();
    const next = openFile(path, deps.clock.wallMs(), deps.bytesMax);
    if (next.tag !== 'open') {
      if (next.tag === 'unwritable') next.file?.close();
      trouble = next.tag === 'unwritable' ? next.trouble : { kind: 'io', code: next.failure.kind };
      return false;
    }
    if (next.setAside !== null) setAsideCount += 1;
    file?.close();
    file = next.file;
    trouble = null;
    lostAtMs = null;
    return true;
  }

  /** Checks that the open file is still at its path: writes to a deleted file would be lost. */
  function lost(atOnce: boolean): Trouble | null {
    if (file === null || file.readOnly) return null;
    const standing = file.standing();
    if (standing === 'here') return null;
    const code = standing === 'gone' ? 'ENOENT' : 'REPLACED';
    if (lostAtMs === null) {
      lostAtMs = deps.clock.monotonicMs();
      deps.log?.error(
        standing === 'gone'
          ? 'state file was deleted while in use; it is written anew'
          : 'another file lies in the place of the state file; nothing is kept until a restart',
        { path },
      );
    }
    const isDue = atOnce || deps.clock.monotonicMs() - lostAtMs >= retryMs;
    return standing === 'gone' && isDue && writeAnew(file) ? null : { kind: 'io', code };
  }

  function writeAnew(from: StoreFile): boolean {
    const beside = `${path}.new`;
    try {
      makeFolder(dirname(path));
      rmSync(beside, { force: true });
      from.copyTo(beside);
      // Before a new log exists, because closing deletes the log by its name.
      from.close();
      file = null;
      if (!existsSync(path)) renameSync(beside, path);
      if (!reopen()) return false;
      deps.log?.warn('state file was written anew with all that it held', { path });
      return true;
    } catch (thrown) {
      trouble = troubleOf(thrown);
      return false;
    }
  }

  function startAnew(found: Trouble): boolean {
    const isOurs = file === null || file.standing() !== 'replaced';
    file?.close();
    file = null;
    trouble = found;
    if (!isOurs) return false;
    try {
      const setAside = moveAside(path, deps.clock.wallMs());
      setAsideCount += 1;
      const note = `state file was corrupt; set aside as ${setAside} and begun anew`;
      deps.log?.error(note, { path, code: found.code });
      if (!reopen()) return false;
      deps.onAnew?.(note);
      return true;
    } catch (thrown) {
      trouble = troubleOf(thrown);
      return false;
    }
  }

  function read<T>(run: (from: StoreFile) => T, nothing: T): T {
    if (isClosed || file === null) return nothing;
    try {
      return run(file);
    } catch (thrown) {
      const found = troubleOf(thrown);
      if (found.kind === 'corrupt' && !file.readOnly) startAnew(found);
      else deps.log?.error('state file cannot be read', { path, code: found.code });
      return nothing;
    }
  }

  function write(run: (to: StoreFile) => void): Trouble | null {
    const to = file;
    if (to === null || to.readOnly) return trouble;
    try {
      to.transaction(() => run(to));
      return null;
    } catch (thrown) {
      return troubleOf(thrown);
    }
  }

  function attempt(run: (to: StoreFile) => void): Trouble | null {
    const isLost = lost(false);
    const isDue = deps.clock.monotonicMs() - triedAtMs >= retryMs;
    if ((file === null || file.readOnly) && isDue && reopen()) deps.onAnew?.(`state file ${path} can be written again`);
    const found = write(run);
    return (found?.kind === 'corrupt' && startAnew(found) ? write(run) : found) ?? isLost;
  }

  /** Reads again after invalid rows were moved aside, so that a page is complete without them. */
  function rowsFrom(table: Table, find: (from: StoreFile) => readonly (Record<string, unknown> | undefined)[]) {
    return read((from) => {
      let found = reader.read(from, table, find(from));
      while (found.hasMoved) found = reader.read(from, table, find(from));
      return found.rows;
    }, []);
  }

  function erase(sql: string, bound: number): number {
    let count = 0;
    const found = isClosed
      ? null
      : write((to) => {
          count = Number(to.statement(sql).run(bound).changes);
        });
    if (found?.kind === 'corrupt') startAnew(found);
    return found === null ? count : 0;
  }

  return {
    commit(batch) {
      if (isClosed) return { tag: 'error', error: { kind: 'closed', code: 'CLOSED' } };
      const run = changesOf(batch);
      trouble = attempt(run);
      return trouble === null ? { tag: 'ok' } : { tag: 'error', error: storeTrouble(trouble) };
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
    expire: (table, beforeMs) => erase(`DELETE FROM "${table}" WHERE at_ms < ? ${notOwn(table)}`, beforeMs),
    trim(table, rowsMax) {
      const kept = `SELECT at_ms, key FROM "${table}" ORDER BY at_ms DESC, key DESC LIMIT 1 OFFSET ?`;
      return erase(`DELETE FROM "${table}" WHERE (at_ms, key) <= (${kept}) ${notOwn(table)}`, Math.max(0, rowsMax));
    },
    setAside: () => setAsideCount,
    rowsAside: reader.count,
    writable: () => !isClosed && file !== null && !file.readOnly && trouble === null,
    close() {
      lost(true);
      isClosed = true;
      file?.close();
      file = null;
    },
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
      // A row that only grows leaves the index by age as it is, and so writes one page less.
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
