import type { StoreTrouble } from '../core/ports.ts';

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
