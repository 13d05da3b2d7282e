import { randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readlink, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf, writeFolderToDisk } from './files.ts';

/** Flags that create a file. The open fails if the path already exists. */
export const newFileFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Reads a file and its mode and owner from one open file; `null`: it is not a regular file, or not of the user.
 * @param uid  the user; absent: any
 */
export async function readRegular(
  file: string,
  uid?: number,
): Promise<{ readonly info: Stats; readonly bytes: Buffer } | null> {
  // The open of a pipe must not wait for a writer.
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const info = await handle.stat();
    const isOfUser = uid === undefined || info.uid === uid;
    return info.isFile() && isOfUser ? { info, bytes: await handle.readFile() } : null;
  } finally {
    await handle.close();
  }
}

/**
 * Calls `use` with a path of the file that no change of a link or folder above it can redirect, where the system has
 * `/proc`.
 * @param file  a path without links
 * @throws an error with the code `changed meanwhile` if a folder above the file is another one by now
 */
async function inItsFolder(file: string, use: (path: string) => Promise<void>): Promise<void> {
  const folder = await open(dirname(file), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const anchor = `/proc/self/fd/${folder.fd}`;
    const real = await readlink(anchor).catch(() => null);
    if (real !== null && real !== dirname(file)) throw changedMeanwhile(file);
    await use(real === null ? file : join(anchor, basename(file)));
  } finally {
    await folder.close();
  }
}

function changedMeanwhile(file: string): Error {
  return Object.assign(new Error(file), { code: 'changed meanwhile' });
}

/**
 * Replaces a file: writes a new file beside it and renames that over the old one.
 * @param isUnchanged  called right before the rename, because an editor may have saved the file meanwhile; false: the
 * replacement throws
 */
export async function replaceBytes(
  path: string,
  bytes: Buffer,
  as: { readonly mode: number; readonly uid: number; readonly gid: number },
  isUnchanged: (file: string) => Promise<boolean>,
): Promise<void> {
  await inItsFolder(path, async (file) => {
    const beside = `${file}.mirrorwatch-${randomUUID().slice(0, 8)}`;
    let handle: FileHandle | null = null;
    try {
      handle = await open(beside, newFileFlags, 0o600);
      await handle.writeFile(bytes);
      const { uid, gid } = await handle.stat();
      if (uid !== as.uid || gid !== as.gid) await handle.chown(as.uid, as.gid);
      await handle.chmod(as.mode);
      await handle.sync();
      await handle.close();
      handle = null;
      if (!(await isUnchanged(file))) throw changedMeanwhile(path);
      await rename(beside, file);
      await writeFolderToDisk(dirname(file));
    } catch (thrown) {
      await handle?.close().catch(() => undefined);
      if (codeOf(thrown) !== 'EEXIST') await rm(beside, { force: true }).catch(() => undefined);
      throw thrown;
    }
  });
}

/** Removes a file, if it is still in the same folder. @param file  a path without links */
export async function removeInFolder(file: string): Promise<void> {
  await inItsFolder(file, (path) => rm(path, { force: true }));
}
