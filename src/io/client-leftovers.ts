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
