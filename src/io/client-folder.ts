import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { limits } from '../core/limits.ts';

/** Prefix of the folders of runs. */
export const homePrefix = 'mirrorwatch-client-';

/**
 * Removes folders of runs whose daemon was killed: they contain credentials and fetched files. Only folders too old for a
 * running client that belong to us or to the clients' user, since any user can create one.
 * @param home  the folder of a run that starts now
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

/** The contents of a folder tree: regular files, and the bytes of their contents. */
interface FolderSize {
  readonly files: number;
  readonly bytes: number;
  /** True if the entries exceeded the limit. */
  readonly isCut: boolean;
}

/**
 * The size of a folder that another process may be writing to; links are not followed, and missing or unreadable entries
 * count as nothing.
 * @param entriesMax  limit of entries
 */
export async function measureFolder(folder: string, entriesMax: number): Promise<FolderSize> {
  const left = [folder];
  let [files, bytes, entries] = [0, 0, 0];
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    for (const name of await namesIn(path)) {
      entries += 1;
      if (entries > entriesMax) return { files, bytes, isCut: true };
      const entry = await lstat(join(path, name)).catch(() => null);
      if (entry === null) continue;
      if (entry.isDirectory()) left.push(join(path, name));
      if (!entry.isFile()) continue;
      files += 1;
      bytes += entry.size;
    }
  }
  return { files, bytes, isCut: false };
}

function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
