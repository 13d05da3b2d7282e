import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { limits } from '../core/limits.ts';

/** What folders of runs begin with. */
export const homePrefix = 'mirrorwatch-client-';

/**
 * Removes the folders of runs whose daemon was killed before it could: credentials lie in them, and whatever was fetched.
 * Only those that no run can be in any more, and that belong to us or to whom clients run as: anybody can make one.
 * @param home  the folder of a run that begins now
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
