import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes what a killed Git leaves in a bare copy: locks, which make every later command fail, and incomplete objects.
 * Only for a copy that nothing else uses now.
 */
export async function removeGitLeftovers(copy: string): Promise<void> {
  const names = await readdir(copy, { recursive: true }).catch(() => []);
  for (const name of names)
    if (/(\.lock|\/tmp_[^/]*)$/.test(name)) await rm(join(copy, name), { recursive: true, force: true });
}
