import { dirname, join, relative, resolve } from 'node:path';
import { realFileOf } from './files.ts';
import { readRegular } from './replaced-file.ts';

/**
 * True if a Git repository above a state file tracks it, its logs, a file of its actions or a link above it: these are
 * then of the authors of the repository.
 * @param path  absolute
 */
export async function isTrackedByGit(path: string): Promise<boolean> {
  return (await isTrackedAt(path)) || isTrackedAt(await realFileOf(path).catch(() => path));
}

async function isTrackedAt(path: string): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const index = await readIndex(join(folder, '.git'));
    if (index !== null && namesOf(relative(folder, path)).some((name) => hasName(index, Buffer.from(name))))
      return true;
    if (folder === dirname(folder)) return false;
  }
}

/** Returns the names in an index that concern a state file. One that ends with a slash is the beginning of names. */
function namesOf(path: string): readonly string[] {
  const above = path.split('/').map((_, end, parts) => `${parts.slice(0, end + 1).join('/')}\0`);
  const actions = join(dirname(path), 'actions');
  return [...above, `${path}-wal\0`, `${path}-journal\0`, `${actions}\0`, `${actions}/`];
}

/** Each name follows two bytes whose lower 12 bits are its length: https://git-scm.com/docs/index-format */
function hasName(index: Buffer, name: Buffer): boolean {
  for (let at = index.indexOf(name, 2); at !== -1; at = index.indexOf(name, at + 1))
    if ((index.readUInt16BE(at - 2) & 0xfff) === Math.min(index.indexOf(0, at) - at, 0xfff)) return true;
  return false;
}

/** Reads the list of tracked files; `null`: none. In a submodule or a worktree, `.git` is a file that names the folder. */
async function readIndex(git: string): Promise<Buffer | null> {
  const named = await readRegular(git).catch(() => null);
  const [, elsewhere = ''] = /^gitdir: (.+)$/m.exec(named?.bytes.toString() ?? '') ?? [];
  const index = await readRegular(join(resolve(dirname(git), elsewhere === '' ? git : elsewhere), 'index')).catch(
    () => null,
  );
  return index?.bytes ?? null;
}
