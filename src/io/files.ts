import { randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, type Stats, statSync } from 'node:fs';
import {
  type FileHandle,
  lstat,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, extname, join, sep } from 'node:path';
import { limits } from '../core/limits.ts';
import type { FileText, SlowFiles } from '../core/ports.ts';

export type Disk = Pick<typeof nodeDisk, 'stat' | 'open' | 'readdir'>;

const nodeDisk = { stat, open, readdir };
/** Flags for opening a file to read. Without them, opening a pipe that has no writer blocks for ever. */
const openFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
const bytesMax = limits.configBytes;

/**
 * Reads regular files. Errors: `EFBIG` above `limits.configBytes`, `ETIMEDOUT` after the time limit. A byte-order mark
 * at the beginning is removed; it also identifies UTF-16. The names in a folder are sorted.
 */
export function createFiles(limitMs: number = limits.fileMs, disk: Disk = nodeDisk): SlowFiles {
  return {
    read: (path, roots) => within(limitMs, roots === undefined ? readText(path, disk) : readBelow(path, roots, disk)),
    list: (path) =>
      within(
        limitMs,
        disk.readdir(path).then((names) => ({ tag: 'ok' as const, names: names.toSorted() })),
      ),
  };
}

export const systemFiles: SlowFiles = createFiles();

/**
 * Reads lock files as `systemFiles` does, but only below a folder, after all links are resolved. Lock files are read with
 * `roots`. Other files are not read: they may contain secrets, such as the user's own `.env` in a checkout of a stranger.
 */
export function createFilesBelow(folder: string): SlowFiles {
  const outside = { tag: 'error', code: 'outside' } as const;
  return {
    async read(path, roots) {
      if (roots === undefined) return { tag: 'error', code: 'not a lock file' };
      const read = await systemFiles.read(path, [folder]);
      return read.tag === 'ok' ? systemFiles.read(path, roots) : read;
    },
    async list(path) {
      const real = await realpath(path).catch(() => null);
      return real !== null && (await isInFolders(real + sep, [folder])) ? systemFiles.list(real) : outside;
    },
  };
}

/**
 * Replaces a file by a text: writes a new file beside it, syncs it to disk and renames it.
 * @param mode  the permissions of the new file, before the umask
 * @returns the code of the failure, or `not a regular file`; `null`: success
 */
export async function replaceFile(path: string, text: string, mode = 0o666): Promise<string | null> {
  const beside = `${path}.${process.pid}.${Date.now().toString(36)}`;
  try {
    const there = await lstat(path).catch(() => null);
    if (there !== null && !there.isFile()) return 'not a regular file';
    await writeFile(beside, text, { flag: 'wx', mode, flush: true });
    await rename(beside, path);
    await writeFolderToDisk(dirname(path));
    return null;
  } catch (thrown) {
    await rm(beside, { force: true }).catch(() => undefined);
    return codeOf(thrown);
  }
}

/**
 * Creates a folder and its parents one by one. Node's recursive `mkdir` is not used: on a read-only file system it
 * reports only ENOENT, and where no folder can be created (`/proc`) it never ends.
 * @throws what `node:fs` throws
 */
export function makeFolders(dir: string): void {
  const missing: string[] = [];
  for (let at = dir; !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
  if (missing.length === 0 && !statSync(dir).isDirectory()) missing.push(dir);
  const [first] = missing;
  if (first !== undefined) accessSync(dirname(first), constants.W_OK);
  for (const one of missing) mkdirSync(one);
}

/** Syncs a folder to disk, so that a rename in it outlives a power cut. Errors are ignored. */
async function writeFolderToDisk(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY).catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/**
 * Reads a file whose text decides what a shell runs. Besides the errors of `createFiles`, it refuses links, and files that
 * another user owns or can write.
 */
export function readOwnFile(path: string): Promise<FileText> {
  return within(limits.fileMs, readOwn(path));
}

async function readOwn(path: string): Promise<FileText> {
  const handle = await open(path, openFlags | constants.O_NOFOLLOW);
  try {
    const info = await handle.stat();
    if (info.uid !== 0 && info.uid !== process.geteuid?.()) return { tag: 'error', code: 'owned by another user' };
    if ((info.mode & 0o022) !== 0) return { tag: 'error', code: 'writable by other users' };
    return refusalOf(info) ?? (await wholeText(handle));
  } finally {
    await handle.close();
  }
}

type Failed = { readonly tag: 'error'; readonly code: string };

async function within<T>(limitMs: number, reading: Promise<T>): Promise<T | Failed> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Failed>((resolve) => {
    timer = setTimeout(() => resolve({ tag: 'error', code: 'ETIMEDOUT' }), limitMs);
  });
  try {
    return await Promise.race([
      reading.catch((thrown: unknown) => ({ tag: 'error' as const, code: codeOf(thrown) })),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Reads a file in one of the folders `roots`, after all links are resolved. A link must not change the ending of its name.
 * Else nothing is read, and the code is `outside`.
 */
async function readBelow(path: string, roots: readonly string[], disk: Disk) {
  const real = await realpath(path);
  const isAllowed = extname(real) === extname(path) && (await isInFolders(real, roots));
  return isAllowed ? readText(real, disk, constants.O_NOFOLLOW) : { tag: 'error' as const, code: 'outside' };
}

/** @param path  a path without links @returns true if the path is below one of the folders, whose links are resolved */
export async function isInFolders(path: string, roots: readonly string[]): Promise<boolean> {
  for (const root of roots) {
    const real = await realpath(root).catch(() => null);
    if (real !== null && path.startsWith(real === sep ? sep : real + sep)) return true;
  }
  return false;
}

/** Returns the path of a file with the links of its folder resolved. The file may be missing. @throws what `realpath` throws */
export async function realFileOf(path: string): Promise<string> {
  return join(await realpath(dirname(path)), basename(path));
}

/** True if a file is below a folder, or would be created there, after all links are resolved. */
export async function isFileBelow(path: string, folder: string): Promise<boolean> {
  const real = await realFileOf(path).catch(() => null);
  if (real !== null) return isInFolders(real, [folder]);
  return dirname(path) !== path && isFileBelow(dirname(path), folder);
}

async function readText(path: string, disk: Disk, flags = 0) {
  // The file is checked before the open, because opening affects some devices. It is checked again after the open,
  // because it may have been replaced.
  const before = refusalOf(await disk.stat(path));
  if (before !== null) return before;
  const handle = await disk.open(path, openFlags | flags);
  try {
    const refused = refusalOf(await handle.stat());
    return refused ?? (await wholeText(handle));
  } finally {
    await handle.close();
  }
}

function refusalOf(info: Awaited<ReturnType<typeof stat>>): Failed | null {
  if (info.isDirectory()) return { tag: 'error', code: 'EISDIR' };
  if (!info.isFile()) return { tag: 'error', code: 'not a regular file' };
  return info.size > bytesMax ? { tag: 'error', code: 'EFBIG' } : null;
}

/** Reads to the end instead of to the reported size: a file may grow, and files under /proc report size 0. */
async function wholeText(handle: FileHandle) {
  const chunks: Buffer[] = [];
  for (let bytes = 0; bytes <= bytesMax; ) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(65_536), 0, 65_536, null);
    if (bytesRead === 0)
      return {
        tag: 'ok' as const,
        text: decoded(Buffer.concat(chunks)),
      };
    chunks.push(buffer.subarray(0, bytesRead));
    bytes += bytesRead;
  }
  return { tag: 'error' as const, code: 'EFBIG' };
}

/**
 * Decodes UTF-8, and UTF-16 if there is a byte-order mark. In PowerShell, `pip freeze > requirements.txt` writes
 * UTF-16, which pip reads.
 */
function decoded(bytes: Buffer): string {
  const mark = bytes.toString('latin1', 0, 2);
  const encoding = mark === '\xff\xfe' ? 'utf-16le' : mark === '\xfe\xff' ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

/** Returns the code of a failed system call; `EIO` if it has none. */
export function codeOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
  return typeof code === 'string' ? code : 'EIO';
}

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
