import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The contents of a folder tree: regular files, and the bytes of their contents. */
export interface FolderSize {
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
export async function folderSize(folder: string, entriesMax: number): Promise<FolderSize> {
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
