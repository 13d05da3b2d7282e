import type { Ecosystem } from '../../ecosystems/ecosystem.ts';
import type { Lock, LockFile, SkippedLockEntry } from '../../ecosystems/locks.ts';
import type { Named } from '../../ecosystems/names.ts';
import { phrase } from '../../words/tell.ts';
import type { Path, Reading } from '../reading.ts';

/**
 * An entry of `modules` for a lock file. It selects the first `top` usable modules of the file: direct requirements
 * first, then those that the largest number of packages requires (`sortByNeed`).
 */
export interface FileLock {
  readonly from: string;
  readonly top: number;
}

/** A lock file, with the first line of each hash in it. */
interface HashedFile {
  readonly name: string;
  readonly lines: ReadonlyMap<string, number>;
}

export interface LockState {
  readonly kind: Ecosystem;
  readonly mirrors: LockFile['mirrors'];
  readonly sources: readonly string[];
  readonly isPrivate: (module: string) => boolean;
  readonly skipped: SkippedLockEntry[];
  /** The modules that a lock file records from another source than the upstream and its mirrors. */
  readonly foreign: Set<string>;
  readonly pinned: Record<string, string>;
  /** The lock file of each key of `pinned`. */
  readonly files: Map<string, HashedFile>;
  readonly reported: Set<string>;
}

export function readLockModules(path: Path, entry: FileLock, state: LockState, reading: Reading): readonly Named[] {
  const { locks } = state.kind;
  if (locks === undefined) return [];
  if (!locks.isLock(entry.from)) {
    reading.error([...path, 'from'], locks.expected);
    return [];
  }
  const text = reading.lock([...path, 'from'], entry.from);
  const read = reading.readerOf(locks);
  if (text === null || read === null) return [];
  const { mirrors, sources, isPrivate } = state;
  let isRefused = false;
  const beside = (name: string): string | null => {
    const file = reading.beside(entry.from, name);
    if (file.tag === 'error' && !['ENOENT', 'ENOTDIR', 'EAGAIN'].includes(file.code)) isRefused = true;
    return file.tag === 'ok' ? file.text : null;
  };
  const lock = read({ name: entry.from, text, beside, mirrors, sources, isPrivate });
  if (lock.tag === 'error') {
    reading.error([...path, 'from'], lock.error);
    return [];
  }
  for (const malformed of lock.value.malformed) warnOfMalformed(path, malformed, state, reading);
  Object.assign(state.pinned, lock.value.pinned);
  const file = { name: entry.from, lines: hashLinesOf(text) };
  for (const key of Object.keys(lock.value.pinned)) state.files.set(key, file);
  // The file that was not read may name a private registry. Then the names of modules must not reach public mirrors.
  const unsure = isRefused || lock.value.isIncomplete === true ? 'unsure' : null;
  const taken: Named[] = [];
  for (const { module, version, because } of lock.value.entries) {
    if (because === 'foreign') state.foreign.add(module);
    if (taken.length === entry.top) continue;
    const why = because ?? unsure;
    if (why === null) taken.push({ module, version });
    else state.skipped.push({ file: entry.from, module, version, because: why });
  }
  return taken;
}

/** Matches the end of a line, and a hash such as `sha256:…`, `sha512-…` or `h1:…`. */
const hashOrEnd = /\n|[a-z0-9]{1,8}[:-][A-Za-z0-9+/=]{20,}/g;

/** Finds all hashes at once, because a lock file of a stranger may have thousands of hashes and lines. */
function hashLinesOf(text: string): HashedFile['lines'] {
  const lines = new Map<string, number>();
  let line = 1;
  for (const [found] of text.matchAll(hashOrEnd))
    if (found === '\n') line += 1;
    else if (!lines.has(found)) lines.set(found, line);
  return lines;
}

/** Where a hash stands, as `file:line`, or `file` if the line is not known. Of several digests the first one counts. */
export function placeOf(hash: string, file?: HashedFile): string {
  const line = file?.lines.get(hash.split(' ', 1)[0] ?? '');
  return line === undefined ? (file?.name ?? '') : `${file?.name}:${line}`;
}

/**
 * Reports invalid lines of a lock file. They matter because they may contain hashes that responses are verified
 * against.
 */
function warnOfMalformed(
  path: Path,
  { file, count, first, expected }: Lock['malformed'][number],
  { skipped, reported }: LockState,
  reading: Reading,
): void {
  const absolute = reading.resolve(file);
  if (reported.has(absolute)) return;
  reported.add(absolute);
  for (const { line, module, version } of first)
    skipped.push({ file: `${file}:${line}`, module, version, because: 'malformed' });
  const places = first.map(({ line }) => line).join(', ');
  const more = count - first.length;
  const lines = more > 0 ? phrase('what.more', { first: places, count: more }) : places;
  reading.warning(
    [...path, 'from'],
    phrase('expected.orMentry', { what: expected, file: JSON.stringify(file), lines }),
    { seen: phrase('load.seenLines', { count }) },
  );
}
