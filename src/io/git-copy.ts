import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes what a killed Git process leaves in a bare copy: locks, which make later commands fail, and incomplete
 * objects.
 * @returns whether there is a copy
 */
export async function removeGitLeftovers(copy: string): Promise<boolean> {
  const names = await readdir(copy, { recursive: true }).catch(() => []);
  for (const name of names)
    if (/(\.lock|\/tmp_[^/]*)$/.test(name)) await rm(join(copy, name), { recursive: true, force: true });
  return names.length > 0;
}

/** Removes a bare copy with all its contents. */
export async function removeGitCopy(copy: string): Promise<void> {
  await rm(copy, { recursive: true, force: true });
}
