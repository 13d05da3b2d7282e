import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Removes what a killed Git leaves in a bare copy: locks, which make later commands fail, and incomplete objects. */
export async function removeGitLeftovers(copy: string): Promise<void> {
  const names = await readdir(copy, { recursive: true }).catch(() => []);
  for (const name of names)
    if (/(\.lock|\/tmp_[^/]*)$/.test(name)) await rm(join(copy, name), { recursive: true, force: true });
}
