import { dirname, relative } from 'node:path';
import type { ConfigIssue } from '../core/config.ts';
import type { Files, FileText } from '../core/ports.ts';
import type { Sentence } from '../core/result.ts';
import type { LockReader, Locks } from '../ecosystems/locks.ts';
import { phrase } from '../words/tell.ts';
import type { Env } from './env.ts';

interface More {
  /** What the message shows instead of the value at the path; `null`: it shows no value. */
  readonly seen?: Sentence | string | null;
  /** The default value. It is shown if the file has no value at the path. */
  readonly usual?: string;
  /** The keys under the path whose mistakes suppress the issue. Absent: any mistake under the path suppresses it. */
  readonly by?: readonly string[];
  /** Other paths on which the issue depends: a mistake in one of them suppresses the issue. */
  readonly needs?: readonly Path[];
}

/** Collects the issues found after the check against the schema. Paths are those of `Checked.file`. */
export interface Report {
  /** Reports a mistake. Returns `null`, the value of what cannot be read. */
  error(path: Path, expected: Sentence, more?: More): null;
  warning(path: Path, expected: Sentence, more?: More): void;
  readonly issues: readonly ConfigIssue[];
}

/** Returns the reader for one kind of lock files; `null`: its libraries must be loaded first. */
export type ReaderOf = (locks: Locks) => LockReader | null;

export interface Reading extends Report {
  readonly env: Env;
  readonly readerOf: ReaderOf;
  /** Returns the path of a file. A relative name is resolved against the folder of the configuration file. */
  resolve(name: string): string;
  /** Returns the text of a file; `null` after reporting why it cannot be read. */
  text(path: Path, name: string): string | null;
  /** Returns the only line of a file with a secret; `null` after reporting what is wrong. */
  secret(path: Path, name: string): string | null;
  /**
   * Returns the text of a configured lock file; `null` after reporting why it cannot be read. A project may be the work
   * of others, so a link is followed only to where `beside` may read.
   */
  lock(path: Path, name: string): string | null;
  /**
   * Reads a file that the content of a lock file names. A failure is not reported; its code is `outside` if the file must
   * not be read. A lock file is untrusted, so the file must be in the folder of the lock file or below. If that
   * folder is in the folder of the configuration file, the folder of the configuration file is the limit.
   */
  beside(lock: string, name: string): FileText;
  list(name: string): readonly string[] | null;
  /**
   * Returns what is at a path: a folder, or a file (also for a path below a file). `unknown`: listing the path failed
   * with another code than ENOTDIR, such as ENOENT.
   */
  kind(name: string): 'folder' | 'file_or_below_file' | 'unknown';
}

export function createReading(
  from: Pick<Reading, 'env' | 'readerOf' | 'resolve'> & { readonly files: Files; readonly report: Report },
): Reading {
  const { files, report, ...given } = from;
  const { resolve } = given;
  const textOf = (path: Path, result: FileText, isLock = false): string | null => {
    if (result.tag === 'ok') return result.text;
    const { code } = result;
    const isLink = isLock && code === 'outside';
    return report.error(path, isLink ? phrase('expected.lockLink') : phrase('expected.fileRead', { code }));
  };
  const text = (path: Path, name: string): string | null => textOf(path, files.read(resolve(name)));
  const rootsOf = (lock: string): readonly string[] => {
    const own = dirname(resolve(lock));
    return [own, resolve('.')].filter((root) => isBelow(own, root));
  };
  return {
    ...report,
    ...given,
    text,
    secret(path, name) {
      const content = text(path, name)?.replace(/\r?\n$/, '') ?? null;
      if (content === null) return null;
      if (content !== '' && !/[\r\n]/.test(content)) return content;
      return report.error(path, phrase('expected.fileSecret'));
    },
    lock: (path, name) => textOf(path, files.read(resolve(name), rootsOf(name)), true),
    beside(lock, name) {
      const roots = rootsOf(lock).filter((root) => root !== '/');
      const path = resolve(name);
      const isAllowed = roots.some((root) => isBelow(path, root));
      return isAllowed ? files.read(path, roots) : { tag: 'error', code: 'outside' };
    },
    list(name) {
      const result = files.list(resolve(name));
      return result.tag === 'ok' ? result.names : null;
    },
    kind(name) {
      const result = files.list(resolve(name));
      return result.tag === 'ok' ? 'folder' : result.code === 'ENOTDIR' ? 'file_or_below_file' : 'unknown';
    },
  };
}

function isBelow(path: string, folder: string): boolean {
  return !/^\.\.(?:\/|$)/.test(relative(folder, path));
}

/** Reports names that two entries of a list share. @param key  the key of the list */
export function checkUnique(key: string, entries: readonly { readonly name: string }[], report: Report): void {
  const first = new Map<string, number>();
  for (const [at, { name }] of entries.entries()) {
    const before = first.get(name);
    if (before === undefined) first.set(name, at);
    else
      report.error([key, at, 'name'], phrase('expected.nameOnceEntry'), {
        needs: [[key, before, 'name']],
      });
  }
}

export type Path = readonly (string | number)[];

/** Returns the known word that is most similar to a typo, by edit distance; `null`: none is similar enough. */
export function findNearestWord(word: string, known: readonly string[]): string | null {
  const limit = Math.max(1, Math.min(3, Math.floor(word.length / 2)));
  const near = known
    .filter((candidate) => Math.abs(candidate.length - word.length) <= limit)
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance, candidate }) => distance <= limit && distance < candidate.length)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1));
  return near[0]?.candidate ?? null;
}

/**
 * Returns the optimal string alignment distance (two swapped neighbours count as one edit) of the first 40 characters.
 */
function editDistance(a: string, b: string): number {
  const [left, right] = [a.slice(0, 40), b.slice(0, 40)];
  let before: number[] = [];
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const cost = left[i - 1] === right[j - 1] ? 0 : 1;
      let best = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + cost);
      const swapped = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      if (swapped) best = Math.min(best, (before[j - 2] ?? 0) + 1);
      next.push(best);
    }
    before = row;
    row = next;
  }
  return row[right.length] ?? 0;
}
