import type { DatabaseSync } from 'node:sqlite';
import { type StoreTrouble, type Table, tables } from '../core/ports.ts';
import { readMapping } from '../core/read-json.ts';

/**
 * The version of the layout that this program writes. A new table needs no new version, because missing tables are
 * created. Version 3 compresses long rows of some tables; a program that knows only version 2 would treat such rows as
 * damaged.
 */
export const schemaVersion = 3;

/** `fresh`: the file has no tables. `foreign`: the file belongs to another program. */
type FileKind = { readonly kind: 'fresh' | 'foreign' } | { readonly kind: 'ours'; readonly version: number };

const versionKey = 'schema';
/**
 * The letters `mwst`. In the header of a database file they mark a state file of mirrorwatch, even if none of its
 * tables can be read.
 */
const applicationId = 0x6d777374;
/** The offset of the application id: https://www.sqlite.org/fileformat2.html#the_database_header */
const applicationIdAt = 68;
const magic = 'SQLite format 3\0';
/** The columns of all our tables, as in the SQL that creates them. */
const ourColumns = 'key TEXT PRIMARY KEY, at_ms REAL NOT NULL, value TEXT NOT NULL';

/** Matches the stored bytes of the row that holds the layout's version. SQLite stores `at_ms` between key and value. */
const ourRow = /schema[\s\S]{1,8}\{"version":\d+\}/;

export function isDatabase(begin: Buffer): boolean {
  return begin.toString('latin1', 0, magic.length) === magic;
}

/**
 * True if the beginning of a damaged file shows that it was a state file: by its header, the SQL of a table or the row
 * with the version. A file of zeros, which a power failure may leave, counts as ours too.
 */
export function isTraceOfOurs(begin: Buffer): boolean {
  const isMarked =
    begin.length >= applicationIdAt + 4 && isDatabase(begin) && begin.readUInt32BE(applicationIdAt) === applicationId;
  return (
    isMarked || begin.includes(ourColumns) || ourRow.test(begin.toString('latin1')) || begin.every((byte) => byte === 0)
  );
}

/** Marks a database as a state file of mirrorwatch (`applicationId`), unless it is already marked. */
export function mark(db: DatabaseSync): void {
  const found = db.prepare('PRAGMA application_id').get()?.application_id;
  if (found !== applicationId) db.exec(`PRAGMA application_id = ${applicationId}`);
}

/**
 * Determines whether a database is new, a state file of mirrorwatch, or of another program.
 * @throws what SQLite throws
 */
export function storeKindOf(db: DatabaseSync): FileKind {
  const names = namesIn(db);
  if (names.length === 0) return { kind: 'fresh' };
  if (!names.includes('meta')) return { kind: 'foreign' };
  const columns = db.prepare("SELECT group_concat(name, ' ') AS names FROM pragma_table_info('meta')").get();
  if (columns?.names !== 'key at_ms value') return { kind: 'foreign' };
  const row = db.prepare('SELECT value FROM meta WHERE key = ?').get(versionKey);
  const version = row === undefined ? null : versionIn(String(row.value));
  if (version === null || (version <= schemaVersion && isAltered(db))) return { kind: 'foreign' };
  return { kind: 'ours', version };
}

/**
 * True if the schema has more than our tables and indexes: triggers, views and expressions of columns would run when rows
 * are read or written, without end if a stranger made the file.
 */
function isAltered(db: DatabaseSync): boolean {
  const sql = `SELECT 1 FROM sqlite_schema WHERE sql NOT IN (
    format('CREATE TABLE "%s" (${ourColumns})', name),
    format('CREATE INDEX "%s_by_age" ON "%s" (at_ms, key)', tbl_name, tbl_name)
  ) AND name NOT LIKE 'sqlite_stat_'`;
  return db.prepare(sql).get() !== undefined;
}

function versionIn(text: string): number | null {
  const version = readMapping(text)?.['version'];
  return Number.isInteger(version) ? Number(version) : null;
}

/** Creates missing tables, their indexes by age, and the row that holds the layout's version, in one transaction. */
export function createTables(db: DatabaseSync, wallMs: number): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const table of tables) {
      db.exec(`CREATE TABLE IF NOT EXISTS "${table}" (${ourColumns})`);
      db.exec(`CREATE INDEX IF NOT EXISTS "${table}_by_age" ON "${table}" (at_ms, key)`);
    }
    const version = JSON.stringify({ version: schemaVersion });
    db.prepare('INSERT OR REPLACE INTO meta (key, at_ms, value) VALUES (?, ?, ?)').run(versionKey, wallMs, version);
    mark(db);
    db.exec('COMMIT');
  } catch (thrown) {
    // If the disk is full, SQLite has already rolled back.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw thrown;
  }
}

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

/** True for the row that holds the version. Readers never get it, and writers may not replace it. */
export function isOwnRow(table: Table, key: string): boolean {
  return table === 'meta' && key === versionKey;
}

export interface SchemaTrouble {
  readonly kind: StoreTrouble['kind'] | 'locked' | 'corrupt';
  readonly code: string;
}

/**
 * Kinds of errors by SQLite's primary result code, which is the low byte of an extended code.
 * @see https://www.sqlite.org/rescode.html
 */
const kinds: Readonly<Record<number, readonly [kind: SchemaTrouble['kind'], code: string]>> = {
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

const fileKinds: Readonly<Record<string, SchemaTrouble['kind']>> = {
  EACCES: 'read_only',
  EPERM: 'read_only',
  EROFS: 'read_only',
  ENOSPC: 'full',
  EDQUOT: 'full',
};

/** Classifies an error of `node:sqlite` or `node:fs`. @throws any other error: a defect */
export function storeTroubleOf(thrown: unknown): SchemaTrouble {
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
