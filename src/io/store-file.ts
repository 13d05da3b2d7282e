import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { getOrMake } from '../core/get-or-make.ts';
import { limits } from '../core/limits.ts';
import { makeFolders } from './files.ts';
import { copyWhole, createScratchFolder } from './store-copy.ts';
import { closeToOthers, createPrivate } from './store-modes.ts';
import {
  createTables,
  isDatabase,
  isMissingTable,
  isTraceOfOurs,
  mark,
  type SchemaTrouble,
  schemaVersion,
  storeKindOf,
  storeTroubleOf,
} from './store-schema.ts';

export interface StoreFile {
  readonly readOnly: boolean;
  /** Checks whether the open file is still at its path. `gone`: it was deleted. `replaced`: another file is there. */
  standing(): 'here' | 'gone' | 'replaced';
  /** Copies all contents into a new file, even after the open file was deleted. @throws what SQLite throws */
  copyTo(path: string): void;
  statement(sql: string): StatementSync;
  /** Calls `run` in one transaction. @throws what `run` or SQLite throws, after a rollback */
  transaction(run: () => void): void;
  close(): void;
}

export type StoreOpenFailure =
  | { readonly kind: 'locked'; readonly path: string; readonly code: string }
  | { readonly kind: 'newer'; readonly path: string; readonly version: number; readonly known: number }
  | { readonly kind: 'foreign'; readonly path: string }
  | { readonly kind: 'no_folder'; readonly path: string; readonly code: string };

/**
 * `setAside`: the new path of a corrupt file that was moved away. `copied`: the path of the copy that was made before a
 * file of an older layout was migrated. `null`: nothing was moved or copied.
 */
export type Opened =
  | { readonly tag: 'open'; readonly file: StoreFile; readonly setAside: string | null; readonly copied: string | null }
  | { readonly tag: 'refused'; readonly failure: StoreOpenFailure }
  | { readonly tag: 'unwritable'; readonly trouble: SchemaTrouble; readonly file: StoreFile | null };

/**
 * Files up to this size, bytes, are checked at start (`PRAGMA quick_check`). For a larger file the check would take too
 * long, so its errors are found when rows are read.
 */
const checkedBytes = 64 * 1024 * 1024;
/**
 * The page size of a new file, bytes. It is small because most changes are small, and each change writes whole pages to
 * the log.
 */
const pageBytes = 1_024;
/**
 * When the write-ahead log has this size, bytes, SQLite copies it into the file. Until then, a page that changes often
 * is not copied at each change.
 */
const copiedBytes = 8 * 1024 * 1024;
/** SQLite truncates its log to this size, bytes. Without the limit a log that was once large stays large. */
const logBytes = 16 * 1024 * 1024;
/** At most this many bytes at the beginning of a file are searched for signs of a state file. */
const tracedBytes = 1024 * 1024;

/**
 * Opens or creates the state file, exclusively: SQLite's lock is held until `close` or the end of the process. A
 * corrupt state file is moved aside and replaced by a new one.
 * @param bytesMax  the size above which the file counts as full
 */
export function openFile(path: string, wallMs: number, bytesMax: number = limits.stateBytes): Opened {
  const first = tryOpen(path, wallMs, bytesMax);
  if (first.tag !== 'unwritable' || first.trouble.kind !== 'corrupt') return first;
  try {
    if (!isTraceOfOurs(beginOf(path))) return { tag: 'refused', failure: { kind: 'foreign', path } };
    const setAside = moveAside(path, wallMs);
    const second = tryOpen(path, wallMs, bytesMax);
    return second.tag === 'open' ? { ...second, setAside } : second;
  } catch (thrown) {
    return { tag: 'unwritable', trouble: storeTroubleOf(thrown), file: null };
  }
}

/**
 * Renames a database and its journals to `<file>.corrupt-<stamp>`, or `<file>.corrupt-<stamp>-2` and so on.
 * @returns the new path
 * @throws what `node:fs` throws
 */
export function moveAside(path: string, wallMs: number): string {
  const target = freePath(path, 'corrupt', wallMs);
  renameSync(path, target);
  for (const part of ['-wal', '-shm', '-journal'])
    if (existsSync(`${path}${part}`)) renameSync(`${path}${part}`, `${target}${part}`);
  return target;
}

function freePath(path: string, what: string, wallMs: number): string {
  const stamp = new Date(wallMs).toISOString().replace(/[-:]|\.\d+/g, '');
  const first = `${path}.${what}-${stamp}`;
  let target = first;
  for (let copy = 2; existsSync(target); copy += 1) target = `${first}-${copy}`;
  return target;
}

/**
 * True if the file has content but is neither a database nor a state file. Such a file must not be opened: if it is
 * short, SQLite would overwrite it.
 */
function isOther(path: string): boolean {
  if (!existsSync(path) || statSync(path).size === 0) return false;
  const begin = beginOf(path);
  return !isDatabase(begin) && !isTraceOfOurs(begin);
}

function beginOf(path: string): Buffer {
  const begin = Buffer.alloc(Math.min(tracedBytes, statSync(path).size));
  const file = openSync(path, 'r');
  try {
    return begin.subarray(0, readSync(file, begin, 0, begin.length, 0));
  } finally {
    closeSync(file);
  }
}

function tryOpen(path: string, wallMs: number, bytesMax: number): Opened {
  let db: DatabaseSync | null = null;
  try {
    const folder = makeFolder(dirname(path));
    if (folder !== null) return { tag: 'refused', failure: { kind: 'no_folder', path, code: folder.code } };
    // Opening a pipe with SQLite would block for ever.
    if (existsSync(path) && !statSync(path).isFile()) return { tag: 'refused', failure: { kind: 'foreign', path } };
    if (isOther(path)) return { tag: 'refused', failure: { kind: 'foreign', path } };
    createPrivate(path);
    db = new DatabaseSync(path);
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    const refused = refusalOf(db, path);
    if (refused !== null) {
      db.close();
      return { tag: 'refused', failure: refused };
    }
    closeToOthers(path);
    const copied = settle(db, path, wallMs, bytesMax);
    return { tag: 'open', file: fileOf(db, path, false), setAside: null, copied };
  } catch (thrown) {
    db?.close();
    const trouble = storeTroubleOf(thrown);
    if (trouble.kind === 'locked') return { tag: 'refused', failure: { kind: 'locked', path, code: trouble.code } };
    return trouble.kind === 'corrupt'
      ? { tag: 'unwritable', trouble, file: null }
      : readOnly(path, cause(path, trouble));
  }
}

/**
 * Creates a folder with its parents.
 * @returns `null` if the folder exists now; an error `ENOENT` if no folder can be created there
 * @throws what `node:fs` throws for any other obstacle
 */
export function makeFolder(dir: string): SchemaTrouble | null {
  try {
    makeFolders(dir);
    return null;
  } catch (thrown) {
    const trouble = storeTroubleOf(thrown);
    if (trouble.code !== 'ENOENT') throw thrown;
    return trouble;
  }
}

function refusalOf(db: DatabaseSync, path: string): StoreOpenFailure | null {
  const kind = storeKindOf(db);
  if (kind.kind === 'foreign') return { kind: 'foreign', path };
  if (kind.kind === 'ours' && kind.version > schemaVersion)
    return { kind: 'newer', path, version: kind.version, known: schemaVersion };
  return null;
}

/**
 * Applies SQLite's settings, checks the file, creates missing tables and migrates an older layout.
 * @returns the path of the copy that was made before a migration; `null`: there was no migration
 */
function settle(db: DatabaseSync, path: string, wallMs: number, bytesMax: number): string | null {
  // Affects only new files: an existing file keeps its page size.
  db.exec(`PRAGMA page_size = ${pageBytes}`);
  db.exec('PRAGMA journal_mode = WAL');
  db.exec('PRAGMA synchronous = FULL');
  const ofPage = Number(db.prepare('PRAGMA page_size').get()?.page_size);
  db.exec(`PRAGMA wal_autocheckpoint = ${Math.floor(copiedBytes / ofPage)}`);
  db.exec(`PRAGMA journal_size_limit = ${logBytes}`);
  db.exec(`PRAGMA max_page_count = ${Math.floor(bytesMax / ofPage)}`);
  db.exec('BEGIN EXCLUSIVE');
  db.exec('COMMIT');
  if (statSync(path).size <= checkedBytes) {
    const verdict = db.prepare('PRAGMA quick_check(1)').get();
    if (verdict?.quick_check !== 'ok') throw Object.assign(new Error('quick_check'), { errcode: 11 });
  }
  // A file of the current layout with all tables needs no write, so it opens even on a full disk.
  const found = storeKindOf(db);
  const isOlder = found.kind === 'ours' && found.version < schemaVersion;
  const copied = isOlder ? copyOlder(db, freePath(path, `layout-${found.version}`, wallMs)) : null;
  if (found.kind === 'fresh' || isOlder || isMissingTable(db)) createTables(db, wallMs);
  else markOlder(db);
  return copied;
}

/**
 * Copies a file to `to` before its migration, and returns `to`. The previous release cannot read migrated rows, so a
 * downgrade needs the copy.
 */
function copyOlder(db: DatabaseSync, to: string): string {
  try {
    vacuumInto(db, to);
    return to;
  } catch (thrown) {
    rmSync(to, { force: true });
    throw thrown;
  }
}

function vacuumInto(db: DatabaseSync, to: string): void {
  createPrivate(to);
  db.prepare('VACUUM INTO ?').run(to);
}

function markOlder(db: DatabaseSync): void {
  try {
    mark(db);
  } catch (thrown) {
    if (storeTroubleOf(thrown).kind !== 'full') throw thrown;
  }
}

/**
 * Returns the true cause if the file is not writable: SQLite opens such a file for reading, then fails to lock it and
 * reports `io`.
 */
function cause(path: string, trouble: SchemaTrouble): SchemaTrouble {
  try {
    if (trouble.kind === 'io' && existsSync(path)) accessSync(path, constants.W_OK);
    return trouble;
  } catch (thrown) {
    return storeTroubleOf(thrown);
  }
}

/**
 * Opens an unwritable file for reading. SQLite applies its log only to a writable file. So if there is a log, a copy of
 * the file is opened; if that fails, the log is ignored.
 */
function readOnly(path: string, trouble: SchemaTrouble): Opened {
  const file =
    readOnlyFile(() =>
      (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0 ? openedCopy(path) : null,
    ) ?? readOnlyFile(() => immutable(path));
  return { tag: 'unwritable', trouble, file };
}

function readOnlyFile(open: () => DatabaseSync | null): StoreFile | null {
  let db: DatabaseSync | null = null;
  try {
    db = open();
    if (db === null) return null;
    const kind = storeKindOf(db);
    if (kind.kind === 'ours' && kind.version <= schemaVersion) return fileOf(db, null, true);
    db.close();
  } catch (thrown) {
    db?.close();
    storeTroubleOf(thrown);
  }
  return null;
}

function immutable(path: string): DatabaseSync {
  const url = pathToFileURL(path);
  url.search = '?immutable=1';
  return new DatabaseSync(url, { readOnly: true });
}

/** Opens a copy of the file with its log applied; `null`: the file changed during each attempt to copy it. */
function openedCopy(path: string): DatabaseSync | null {
  const scratch = createScratchFolder('mirrorwatch-state-');
  try {
    const to = join(scratch.path, 'state.db');
    if (!copyWhole(path, to)) return null;
    const db = new DatabaseSync(to);
    db.exec('PRAGMA journal_mode = DELETE');
    return db;
  } finally {
    scratch.remove();
  }
}

function inodeOf(path: string | null): string | null {
  const found = path === null ? undefined : statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? null : `${found.dev}/${found.ino}`;
}

function fileOf(db: DatabaseSync, path: string | null, isReadOnly: boolean): StoreFile {
  const statements = new Map<string, StatementSync>();
  const inode = inodeOf(path);
  return {
    readOnly: isReadOnly,
    standing() {
      const now = inodeOf(path);
      return now === inode ? 'here' : now === null ? 'gone' : 'replaced';
    },
    copyTo: (to) => vacuumInto(db, to),
    statement(sql) {
      return getOrMake(statements, sql, () => db.prepare(sql));
    },
    transaction(run) {
      try {
        db.exec('BEGIN IMMEDIATE');
        run();
        db.exec('COMMIT');
      } catch (thrown) {
        // If the disk is full, SQLite has already rolled back.
        if (db.isTransaction) db.exec('ROLLBACK');
        throw thrown;
      }
    },
    close() {
      statements.clear();
      if (db.isOpen) db.close();
    },
  };
}
