import { constants, copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Row, Table } from '../core/ports.ts';
import { readJson } from '../core/read-json.ts';
import { error, ok, type Result } from '../core/result.ts';
import { decodeRow } from './row-code.ts';
import { createTables, isOwnRow, schemaVersion, storeKindOf, storeTroubleOf } from './store-schema.ts';

/** Why a state file cannot be read. `busy`: it changed during each attempt to copy it. */
export type CopyFailure =
  | { readonly kind: 'absent' | 'foreign' | 'corrupt' | 'busy' }
  | { readonly kind: 'newer'; readonly version: number; readonly known: number }
  | { readonly kind: 'unreadable'; readonly code: string }
  /** No copy could be made in the system's temporary folder. */
  | { readonly kind: 'no_room'; readonly code: string };

export interface StoreCopy {
  /** Reads the rows with valid JSON from `fromMs` on, oldest first. @throws what SQLite throws on a broken page */
  rows(table: Table, fromMs: number): IterableIterator<Row>;
  count(table: Table, fromMs: number): number;
  /** Returns the time of the oldest row, wall milliseconds, of those that a date can state; `null`: there are none. */
  oldestMs(table: Table): number | null;
  close(): void;
}

const tries = 20;

/**
 * Takes a snapshot of a state file that another process may be writing. The file is neither locked nor written.
 * @param isSound  whether a row has the fields that its readers use. Other rows are left out
 */
export function copyStore(path: string, isSound: (row: Row) => boolean = () => true): Result<StoreCopy, CopyFailure> {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return error({ kind: 'absent' });
    if (!found.isFile()) return error({ kind: 'foreign' });
  } catch (thrown) {
    return error(failureIn(thrown));
  }
  let scratch: ReturnType<typeof createScratchFolder>;
  try {
    scratch = createScratchFolder('mirrorwatch-replay-');
  } catch (thrown) {
    return error({ kind: 'no_room', code: storeTroubleOf(thrown).code });
  }
  try {
    const to = join(scratch.path, 'state.db');
    return copyWhole(path, to) ? openCopy(to, isSound) : error({ kind: 'busy' });
  } catch (thrown) {
    return error(failureIn(thrown));
  } finally {
    scratch.remove();
  }
}

function openCopy(path: string, isSound: (row: Row) => boolean): Result<StoreCopy, CopyFailure> {
  const db = new DatabaseSync(path);
  try {
    const failure = failureOf(db);
    if (failure === null) return ok(copyOver(db, isSound));
    db.close();
    return error(failure);
  } catch (thrown) {
    if (db.isOpen) db.close();
    throw thrown;
  }
}

/**
 * Copies a state file with its write-ahead log. SQLite writes to the file itself only at a checkpoint. If a checkpoint
 * occurs during the copy, the file's time stamp changes, and the copy is repeated.
 * @returns true; false if the file changed during each attempt
 */
export function copyWhole(path: string, to: string): boolean {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const before = stampOf(path);
    copyFileSync(path, to, constants.COPYFILE_FICLONE);
    const log = `${path}-wal`;
    if (existsSync(log)) copyFileSync(log, `${to}-wal`, constants.COPYFILE_FICLONE);
    if (stampOf(path) === before) return true;
  }
  return false;
}

function stampOf(path: string): string {
  const { mtimeNs, size } = statSync(path, { bigint: true });
  return `${mtimeNs}/${size}`;
}

function failureOf(db: DatabaseSync): CopyFailure | null {
  const found = storeKindOf(db);
  if (found.kind !== 'ours') return { kind: 'foreign' };
  if (found.version > schemaVersion) return { kind: 'newer', version: found.version, known: schemaVersion };
  db.exec('PRAGMA journal_mode = DELETE');
  if (db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'] !== 'ok') return { kind: 'corrupt' };
  createTables(db, 0);
  return null;
}

function failureIn(thrown: unknown): CopyFailure {
  const { kind, code } = storeTroubleOf(thrown);
  if (kind === 'corrupt') return { kind };
  return kind === 'full' ? { kind: 'no_room', code } : { kind: 'unreadable', code };
}

function copyOver(db: DatabaseSync, isSound: (row: Row) => boolean): StoreCopy {
  return {
    *rows(table, fromMs) {
      const sql = `SELECT key, at_ms, value FROM "${table}" WHERE at_ms >= ? ORDER BY at_ms, key`;
      for (const record of db.prepare(sql).iterate(fromMs)) {
        const key = String(record['key']);
        const value = isOwnRow(table, key) ? undefined : readJson(decodeRow(record['value']));
        const row = { table, key, atMs: Number(record['at_ms']), value };
        if (value !== undefined && isSound(row)) yield row;
      }
    },
    count: (table, fromMs) =>
      Number(db.prepare(`SELECT count(*) AS n FROM "${table}" WHERE at_ms >= ?`).get(fromMs)?.['n'] ?? 0),
    oldestMs(table) {
      const oldest = db.prepare(`SELECT min(at_ms) AS at FROM "${table}" WHERE abs(at_ms) < 8e15`).get()?.['at'];
      return typeof oldest === 'number' ? oldest : null;
    },
    close: () => db.close(),
  };
}

/** Creates an empty temporary folder. @throws what `node:fs` throws */
export function createScratchFolder(prefix: string): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), prefix));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
