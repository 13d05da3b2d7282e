import type { Stats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { join, sep } from 'node:path';

const linksMax = 40;
const writtenByGroup = 0o020;
const writtenByAll = 0o002;
const sticky = 0o1000;

/**
 * Returns the first folder on the path of a file, with links resolved, in which another user may replace the next part
 * of the path; `null`: none.
 * @param path    absolute; the file may be missing
 * @param ourUid  our user; root and its group are trusted too
 * @param isSearched  true: a program searches all these folders, so a sticky folder is none of ours either. Our own group
 *                    is trusted, because a volume of a container belongs to it
 */
export async function findForeignFolder(path: string, ourUid: number, isSearched = false): Promise<string | null> {
  let at: string = sep;
  let links = 0;
  const steps = stepsOf(path);
  for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
    const next = join(at, step);
    const entry = await lstat(next).catch(() => null);
    if (!isOurs(await lstat(at), entry, ourUid, isSearched)) return at;
    if (entry === null) return null;
    if (!entry.isSymbolicLink()) at = next;
    else {
      links += 1;
      if (links > linksMax) return at;
      const target = await readlink(next);
      if (target.startsWith(sep)) at = sep;
      steps.unshift(...stepsOf(target));
    }
  }
  return null;
}

function stepsOf(path: string): string[] {
  return path.split(sep).filter((step) => step !== '' && step !== '.');
}

/**
 * True if no other user can replace the entry. In a sticky folder, only the owner of the entry or of the folder can
 * rename it.
 */
function isOurs(folder: Stats, entry: Stats | null, ourUid: number, isSearched: boolean): boolean {
  const isTrusted = ({ uid }: Stats): boolean => uid === ourUid || uid === 0;
  if (!isTrusted(folder)) return false;
  const isOwnGroup = folder.gid === 0 || (isSearched && folder.gid === process.getegid?.());
  const isShared = (folder.mode & writtenByAll) !== 0 || ((folder.mode & writtenByGroup) !== 0 && !isOwnGroup);
  return !isShared || (!isSearched && (folder.mode & sticky) !== 0 && (entry === null || isTrusted(entry)));
}
