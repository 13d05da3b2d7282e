import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
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
  /** True: the folder has too many entries, so the rest was not counted. */
  readonly isCut: boolean;
}

/** Counts the files of a folder and their bytes. Links are not followed; unreadable entries are left out. */
export async function measureFolder(folder: string, entriesMax: number): Promise<FolderSize> {
  const left = [folder];
  let [files, bytes, entries] = [0, 0, 0];
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    for (const name of await readdir(path).catch(() => [])) {
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
