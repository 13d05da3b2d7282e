import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FetchedFile } from '../core/client-run.ts';
import { limits } from '../core/limits.ts';

export const homePrefix = 'mirrorwatch-client-';

/**
 * Removes temporary folders of client runs that a killed daemon left, because they contain credentials. Any user can
 * create such a folder, so only old folders of `owners` (user ids) are removed.
 * @param home  the folder of the run that starts now
 */
export async function clearLeft(
  home: string,
  owners: readonly (number | undefined)[],
  clear: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = dirname(home);
  const { mtimeMs: nowMs } = await lstat(home);
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(homePrefix) || name === basename(home)) continue;
    const path = join(folder, name);
    const found = await lstat(path).catch(() => null);
    if (found === null || !found.isDirectory() || !owners.includes(found.uid)) continue;
    if (nowMs - found.mtimeMs > limits.clientLeftMs) await clear(path);
  }
}

interface FolderSize {
  readonly files: number;
  readonly bytes: number;
  /** The path of the last counted file; `null`: none. */
  readonly last: string | null;
  /** True: the folder has too many entries, so the rest was not counted. */
  readonly isCut: boolean;
}

/** Counts the files of a folder and their bytes. Links are not followed; unreadable entries are left out. */
export async function measureFolder(folder: string, entriesMax: number): Promise<FolderSize> {
  const left = [folder];
  let [files, bytes, entries] = [0, 0, 0];
  let last: string | null = null;
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    for (const name of await readdir(path).catch(() => [])) {
      entries += 1;
      if (entries > entriesMax) return { files, bytes, last, isCut: true };
      const entry = await lstat(join(path, name)).catch(() => null);
      if (entry === null) continue;
      if (entry.isDirectory()) left.push(join(path, name));
      if (!entry.isFile()) continue;
      files += 1;
      bytes += entry.size;
      last = join(path, name);
    }
  }
  return { files, bytes, last, isCut: false };
}

/** Reads the name and hashes of a file that a client fetched. Links are not followed. `null`: it is unreadable, or above `limits.zipBytes`. */
export async function readFetched(path: string): Promise<FetchedFile | null> {
  const hashes = [createHash('sha256'), createHash('sha512')] as const;
  let bytes = 0;
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    for await (const chunk of handle.createReadStream({ end: limits.zipBytes })) {
      bytes += chunk.length;
      for (const hash of hashes) hash.update(chunk);
    }
  } catch {
    return null;
  }
  const [sha256, sha512] = [hashes[0].digest('hex'), hashes[1].digest('hex')];
  return bytes > limits.zipBytes ? null : { name: basename(path), sha256, sha512 };
}
