import { dirname, join, relative, resolve } from 'node:path';
import { readRegular, realFileOf } from './files.ts';

/**
 * Says why a state file may be of the authors of a Git repository above it. `tracked`: the repository tracks the file,
 * its logs, a file of its actions or a link above it. `unread`: the repository's list of files has a format that is not
 * read here. `null`: it is of no repository.
 * @param path  absolute
 */
export async function gitTrackingOf(path: string): Promise<'tracked' | 'unread' | null> {
  return (await trackingAt(path)) ?? trackingAt(await realFileOf(path).catch(() => path));
}

async function trackingAt(path: string): Promise<'tracked' | 'unread' | null> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const index = await readIndex(join(folder, '.git'));
    if (index === 'unread') return index;
    if (index !== null && namesOf(relative(folder, path)).some((name) => hasName(index, Buffer.from(name))))
      return 'tracked';
    if (folder === dirname(folder)) return null;
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

/**
 * True for an index whose bytes contain the whole name of each tracked file. Version 4 stores the ends of names. A split
 * index (extension `link`) has other names in another file, and a sparse one (`sdir`) only names of folders.
 */
function isPlain(index: Buffer): boolean {
  const isKnown = index.toString('latin1', 0, 4) === 'DIRC' && [2, 3].includes(index.readUInt32BE(4));
  return isKnown && !['link', 'sdir'].some((word) => hasExtension(index, Buffer.from(word)));
}

/** True if extensions begin with this one somewhere: each has its size, and the last one ends at the checksum. */
function hasExtension(index: Buffer, word: Buffer): boolean {
  const ends = [index.length - 20, index.length - 32];
  const walked = new Set<number>();
  for (let from = index.indexOf(word, 12); from !== -1; from = index.indexOf(word, from + 1)) {
    let at = from;
    while (at + 8 <= index.length && !ends.includes(at) && !walked.has(at)) {
      walked.add(at);
      at += 8 + index.readUInt32BE(at + 4);
    }
    if (ends.includes(at)) return true;
  }
  return false;
}

/**
 * Reads the list of tracked files; `null`: there is none. In a submodule or a worktree, `.git` is a file that names the
 * folder.
 */
async function readIndex(git: string): Promise<Buffer | 'unread' | null> {
  const named = await readRegular(git).catch(() => null);
  const [, elsewhere = ''] = /^gitdir: (.+)$/m.exec(named?.bytes.toString() ?? '') ?? [];
  const file = join(resolve(dirname(git), elsewhere === '' ? git : elsewhere), 'index');
  const index = await readRegular(file).catch(({ code }) => (code === 'ENOENT' ? null : ('unread' as const)));
  if (index === null || index === 'unread') return index;
  return index.bytes.length >= 12 && isPlain(index.bytes) ? index.bytes : 'unread';
}
