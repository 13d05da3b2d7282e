import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, rmdir, unlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { FetchedFile } from '../core/client-run.ts';
import { limits } from '../core/limits.ts';
import { findForeignFolder } from './foreign-folder.ts';

export const homePrefix = 'mirrorwatch-client-';

/**
 * Returns the folder for the folders of client runs, and creates it. No other user can write to it or to a folder above
 * it, because clients search the parents of their folder for settings, which can name code. As root, it is below `/run`,
 * where the user of the clients can enter it; else it is in the user's cache, or `own`, which may be in a checkout.
 * @throws an Error with code `EPERM` if there is no such folder
 */
export async function makeRunsFolder(own?: string): Promise<string> {
  const uid = process.geteuid?.();
  const places = [
    uid === 0 ? '/run/mirrorwatch-clients' : undefined,
    join(homedir(), '.cache/mirrorwatch/clients'),
    own,
  ];
  for (const place of places.filter((one) => one !== undefined)) {
    const next = join(place, homePrefix);
    // Nothing is created below a folder of others.
    const isForeign = async () => uid !== undefined && (await findForeignFolder(next, uid, true)) !== null;
    try {
      if (await isForeign()) continue;
      await mkdir(place, { recursive: true, mode: 0o700 });
      if (uid === 0) await chmod(place, 0o711);
      if (!(await isForeign())) return place;
    } catch {
      // The next one may be usable.
    }
  }
  throw Object.assign(new Error('no folder for client runs'), { code: 'EPERM' });
}

/**
 * Removes temporary folders of client runs that a killed daemon left, because they contain credentials. Any user can
 * create such a folder, so only old folders of `owners` (user ids) are removed.
 * @param home  the folder of the run that starts now
 */
export async function clearLeft(home: string, owners: readonly (number | undefined)[]): Promise<void> {
  const folder = dirname(home);
  const { mtimeMs: nowMs } = await lstat(home);
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(homePrefix) || name === basename(home)) continue;
    const path = join(folder, name);
    const found = await lstat(path).catch(() => null);
    if (found === null || !found.isDirectory() || !owners.includes(found.uid)) continue;
    if (nowMs - found.mtimeMs > limits.clientLeftMs) await clearFolder(path);
  }
}

/** A folder with more levels is left: each level takes a file descriptor. */
const levelsMax = 100;

/**
 * Removes a folder, even if it contains read-only folders. Errors are ignored. Processes of its user may replace parts of
 * it by links meanwhile. So no link is followed, and open folders are used by their descriptors, where the system has
 * `/proc`.
 */
export async function clearFolder(path: string, levels: number = levelsMax): Promise<void> {
  const ignored = () => undefined;
  // Root needs no permissions, and `chmod` follows links.
  if (process.geteuid?.() !== 0) await chmod(path, 0o700).catch(ignored);
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const folder = levels === 0 ? null : await open(path, flags).catch(() => null);
  if (folder === null) return;
  const anchor = `/proc/self/fd/${folder.fd}`;
  const at = (await lstat(anchor).catch(() => null)) === null ? path : anchor;
  for (const entry of await readdir(at, { withFileTypes: true }).catch(() => []))
    await (entry.isDirectory() ? clearFolder(join(at, entry.name), levels - 1) : unlink(join(at, entry.name))).catch(
      ignored,
    );
  await folder.close();
  await rmdir(path).catch(ignored);
}

/**
 * Counts the files of a folder and their bytes. Links are not followed; unreadable entries are left out.
 * @returns  `last`: the path of the last counted file; `isCut`: the folder has too many entries, so the rest was not
 *   counted
 */
export async function measureFolder(folder: string, entriesMax: number) {
  const left = [folder];
  let [files, bytes, entries] = [0, 0, 0];
  let last: string | null = null;
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    for (const name of await readdir(path).catch(() => [])) {
      entries += 1;
      if (entries > entriesMax) return { files, bytes, last, isCut: true };
      const entry = await lstat(join(path, name)).catch(() => null);
      if (entry === null) continue;
      if (entry.isDirectory()) left.push(join(path, name));
      if (!entry.isFile()) continue;
      files += 1;
      bytes += entry.size;
      last = join(path, name);
    }
  }
  return { files, bytes, last, isCut: false };
}

/** Reads the name and hashes of a file that a client fetched. Links are not followed. `null`: it is unreadable, or above `limits.zipBytes`. */
export async function readFetched(path: string): Promise<FetchedFile | null> {
  const hashes = [createHash('sha256'), createHash('sha512')] as const;
  let bytes = 0;
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    for await (const chunk of handle.createReadStream({ end: limits.zipBytes })) {
      bytes += chunk.length;
      for (const hash of hashes) hash.update(chunk);
    }
  } catch {
    return null;
  }
  const [sha256, sha512] = [hashes[0].digest('hex'), hashes[1].digest('hex')];
  return bytes > limits.zipBytes ? null : { name: basename(path), sha256, sha512 };
}
