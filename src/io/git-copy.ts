import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes what a Git that was killed leaves in a bare copy: locks, at which every later command fails, and objects that are half
 * written. For a copy that nothing else uses now.
 */
export async function removeGitLeftovers(copy: string): Promise<void> {
  const names = await readdir(copy, { recursive: true }).catch(() => []);
  for (const name of names)
    if (/(\.lock|\/tmp_[^/]*)$/.test(name)) await rm(join(copy, name), { recursive: true, force: true });
}
