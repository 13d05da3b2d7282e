import type { DatabaseSync } from 'node:sqlite';
import { type StoreTrouble, type Table, tables } from '../core/ports.ts';

/**
 * The version of the file's layout that this program writes; an older file is brought up to it, a newer one refused,
 * untouched. 2 (0.2): tables `answer` and `trend`. A table alone that came later (`cited`) is made where it is missing.
 */
export const schemaVersion = 2;

/** What a file holds: `fresh` nothing yet, `ours` with the version written in it, `foreign` tables of another program. */
type FileKind = { readonly kind: 'fresh' | 'foreign' } | { readonly kind: 'ours'; readonly version: number };

const versionKey = 'schema';
/** `mwst` in a file's header, so that a file is known as ours when no table of it can be read. */
const applicationId = 0x6d777374;
/** The place of it: https://www.sqlite.org/fileformat2.html#the_database_header */
const applicationIdAt = 68;
const magic = 'SQLite format 3\0';
/** Of every table of ours, in the text that makes it. */
const ourColumns = 'key TEXT PRIMARY KEY, at_ms REAL NOT NULL, value TEXT NOT NULL';

/** Our row as it lies in a page, a stamp between key and value. */
const ourRow = /schema[\s\S]{1,8}\{"version":\d+\}/;

/** True for what begins as a database of SQLite. */
export function isDatabase(begin: Buffer): boolean {
  return begin.toString('latin1', 0, magic.length) === magic;
}

/**
 * True where the beginning of a damaged file shows that it was a state file: by its header, the text of a table or the row that
 * names the version, or as nothing but zeros, which a disk leaves that lost its power.
 * @param begin  so much of it as there is, a MiB is enough
 */
export function isTraceOfOurs(begin: Buffer): boolean {
  const isMarked =
    begin.length >= applicationIdAt + 4 && isDatabase(begin) && begin.readUInt32BE(applicationIdAt) === applicationId;
  return (
    isMarked || begin.includes(ourColumns) || ourRow.test(begin.toString('latin1')) || begin.every((byte) => byte === 0)
  );
}

/** Writes the mark that `isTraceOfOurs` reads, where it is not there yet. */
export function mark(db: DatabaseSync): void {
  const found = db.prepare('PRAGMA application_id').get()?.application_id;
  if (found !== applicationId) db.exec(`PRAGMA application_id = ${applicationId}`);
}

/** Looks without writing. Throws what SQLite throws. */
export function kindOf(db: DatabaseSync): FileKind {
  const names = namesIn(db);
  if (names.length === 0) return { kind: 'fresh' };
  if (!names.includes('meta')) return { kind: 'foreign' };
  const columns = db.prepare("SELECT group_concat(name, ' ') AS names FROM pragma_table_info('meta')").get();
  if (columns?.names !== 'key at_ms value') return { kind: 'foreign' };
  const row = db.prepare('SELECT value FROM meta WHERE key = ?').get(versionKey);
  const version = row === undefined ? null : versionIn(String(row.value));
  return version === null ? { kind: 'foreign' } : { kind: 'ours', version };
}

function versionIn(text: string): number | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'version' in value && Number.isInteger(value.version)
      ? Number(value.version)
      : null;
  } catch {
    return null;
  }
}

/**
 * Makes every table that is missing, its index by age, and the row that names the version: one transaction. What a file
 * of an older release holds stays as it is.
 */
export function createTables(db: DatabaseSync, wallMs: number): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const table of tables) createTable(db, table);
    writeVersion(db, wallMs);
    mark(db);
    db.exec('COMMIT');
  } catch (thrown) {
    // A full disk has rolled back by itself already.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw thrown;
  }
}

/** True where a table is missing of those that this program reads and writes: a release that had fewer has made the file. */
export function isMissingTable(db: DatabaseSync): boolean {
  const names = new Set(namesIn(db));
  return tables.some((table) => !names.has(table));
}

function namesIn(db: DatabaseSync): readonly string[] {
  return db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all()
    .map(({ name }) => String(name));
}

function createTable(db: DatabaseSync, table: Table): void {
  db.exec(`CREATE TABLE IF NOT EXISTS "${table}" (${ourColumns})`);
  db.exec(`CREATE INDEX IF NOT EXISTS "${table}_by_age" ON "${table}" (at_ms, key)`);
}

function writeVersion(db: DatabaseSync, wallMs: number): void {
  db.prepare('INSERT OR REPLACE INTO meta (key, at_ms, value) VALUES (?, ?, ?)').run(
    versionKey,
    wallMs,
    JSON.stringify({ version: schemaVersion }),
  );
}

/** True for the one row that is the store's own; no reader sees it and no writer replaces it. */
export function isOwnRow(table: Table, key: string): boolean {
  return table === 'meta' && key === versionKey;
}

/** What SQLite or the file system said: our word for it, and theirs as a code. */
export interface Trouble {
  readonly kind: StoreTrouble['kind'] | 'locked' | 'corrupt';
  readonly code: string;
}

/** Primary result codes of https://www.sqlite.org/rescode.html; the low byte of an extended one. */
const kinds: Readonly<Record<number, readonly [kind: Trouble['kind'], code: string]>> = {
  3: ['read_only', 'SQLITE_PERM'],
  5: ['locked', 'SQLITE_BUSY'],
  6: ['locked', 'SQLITE_LOCKED'],
  8: ['read_only', 'SQLITE_READONLY'],
  10: ['io', 'SQLITE_IOERR'],
  11: ['corrupt', 'SQLITE_CORRUPT'],
  13: ['full', 'SQLITE_FULL'],
  14: ['read_only', 'SQLITE_CANTOPEN'],
  26: ['corrupt', 'SQLITE_NOTADB'],
};

const fileKinds: Readonly<Record<string, Trouble['kind']>> = {
  EACCES: 'read_only',
  EPERM: 'read_only',
  EROFS: 'read_only',
  ENOSPC: 'full',
  EDQUOT: 'full',
};

/** Names what was thrown by `node:sqlite` (`errcode`) or `node:fs` (`code`). Anything else is a defect and thrown on. */
export function troubleOf(thrown: unknown): Trouble {
  if (!(thrown instanceof Error)) throw thrown;
  if ('errcode' in thrown && typeof thrown.errcode === 'number') {
    const known = kinds[thrown.errcode & 0xff];
    return known === undefined
      ? { kind: 'io', code: `SQLITE_${thrown.errcode}` }
      : { kind: known[0], code: thrown.errcode > 0xff ? `${known[1]}_${thrown.errcode >> 8}` : known[1] };
  }
  if ('code' in thrown && typeof thrown.code === 'string' && /^E[A-Z]+$/.test(thrown.code) && 'syscall' in thrown)
    return { kind: fileKinds[thrown.code] ?? 'io', code: thrown.code };
  throw thrown;
}
