import type { ConfigIssue } from '../core/config.ts';
import { limits } from '../core/limits.ts';
import type { Files, FileText, FolderNames, SlowFiles } from '../core/ports.ts';
import type { Result } from '../core/result.ts';
import type { LockReader, Locks } from '../ecosystems/locks.ts';
import { type DaemonKeys, type Loaded, type LoadInput, loadConfig, loadDaemonKeys } from './load.ts';
import type { ReaderOf } from './reading.ts';

export interface SlowLoadInput extends Omit<LoadInput, 'files' | 'readerOf'> {
  readonly files: SlowFiles;
}

/** Loads a configuration as `loadConfig` does, with asynchronous reads. */
export function loadConfigSlowly(input: SlowLoadInput): Promise<Result<Loaded, readonly ConfigIssue[]>> {
  return loadSlowly(input, loadConfig);
}

/** Loads sections as `loadDaemonKeys` does, with asynchronous reads. */
export function loadDaemonKeysSlowly(input: SlowLoadInput): Promise<DaemonKeys | null> {
  return loadSlowly(input, loadDaemonKeys);
}

/**
 * Runs `load` again until every requested file has been read.
 * @throws Error after `limits.fileRounds` runs: a defect
 */
async function loadSlowly<T>(input: SlowLoadInput, load: (input: LoadInput) => T): Promise<T> {
  const texts = new Map<string, FileText>();
  const folders = new Map<string, FolderNames>();
  const readers = new Map<Locks, LockReader>();
  for (let round = 0; round < limits.fileRounds; round += 1) {
    const wanted = { texts: new Set<string>(), folders: new Set<string>(), readers: new Set<Locks>() };
    const readerOf: ReaderOf = (locks) => found(readers, wanted.readers, locks) ?? null;
    const loaded = load({ ...input, files: atHand(texts, folders, wanted), readerOf });
    if (wanted.texts.size + wanted.folders.size + wanted.readers.size === 0) return loaded;
    await Promise.all([
      ...[...wanted.readers].map(async (locks) => readers.set(locks, await locks.reader())),
      ...[...wanted.texts].map(async (key) =>
        texts.set(key, await input.files.read(...(JSON.parse(key) as Parameters<Files['read']>))),
      ),
      ...[...wanted.folders].map(async (path) => folders.set(path, await input.files.list(path))),
    ]);
  }
  throw new Error('a configuration asks for more files in each round');
}

function atHand(
  texts: ReadonlyMap<string, FileText>,
  folders: ReadonlyMap<string, FolderNames>,
  wanted: { readonly texts: Set<string>; readonly folders: Set<string> },
): Files {
  const notYet = { tag: 'error', code: 'EAGAIN' } as const;
  return {
    read: (...read) => found(texts, wanted.texts, JSON.stringify(read)) ?? notYet,
    list: (path) => found(folders, wanted.folders, path) ?? notYet,
  };
}

function found<Key, T>(known: ReadonlyMap<Key, T>, missing: Set<Key>, key: Key): T | undefined {
  const one = known.get(key);
  if (one === undefined) missing.add(key);
  return one;
}
