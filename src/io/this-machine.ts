import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from '../core/machine.ts';
import { createFiles } from './files.ts';

/** The permission bits of a file; `null` where they can't be read. */
async function mode(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mode & 0o7777;
  } catch {
    return null;
  }
}

/**
 * This machine, or one whose files lie below another folder (a container's root, a mounted disk).
 * @param input.root  `/` for this one
 */
export function thisMachine(input: Pick<Machine, 'env' | 'home' | 'cwd'> & { readonly root: string }): Machine {
  const files = createFiles();
  const { env, home, cwd, root } = input;
  return { env, home, cwd, system: (path) => join(root, path), read: files.read, list: files.list, mode };
}
