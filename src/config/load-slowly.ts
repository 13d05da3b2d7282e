import type { ConfigIssue } from '../core/config.ts';
import { limits } from '../core/limits.ts';
import type { Files, FileText, FolderNames, SlowFiles } from '../core/ports.ts';
import type { Result } from '../core/result.ts';
import { type Loaded, type LoadInput, loadConfig } from './load.ts';

/** A configuration's text, and files that take their time. */
export interface SlowLoadInput extends Omit<LoadInput, 'files'> {
  readonly files: SlowFiles;
}

/**
 * As `loadConfig`, over files that are read without holding up the thread: it is read again and again, each time with
 * the files at hand that the time before asked for, until it asks for no more.
 * @throws Error past `limits.fileRounds`: a defect of ours, since a file names only so many others
 */
export async function loadConfigSlowly(input: SlowLoadInput): Promise<Result<Loaded, readonly ConfigIssue[]>> {
  const texts = new Map<string, FileText>();
  const folders = new Map<string, FolderNames>();
  for (let round = 0; round < limits.fileRounds; round += 1) {
    const wanted = { texts: new Set<string>(), folders: new Set<string>() };
    const loaded = loadConfig({ ...input, files: atHand(texts, folders, wanted) });
    if (wanted.texts.size + wanted.folders.size === 0) return loaded;
    await Promise.all([
      ...[...wanted.texts].map(async (path) => texts.set(path, await input.files.read(path))),
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
  const found = <T>(known: ReadonlyMap<string, T>, missing: Set<string>, path: string): T | typeof notYet => {
    const one = known.get(path);
    if (one === undefined) missing.add(path);
    return one ?? notYet;
  };
  return {
    read: (path) => found(texts, wanted.texts, path),
    list: (path) => found(folders, wanted.folders, path),
  };
}
