import { hash } from 'node:crypto';
import { lstat, mkdir, readdir, realpath, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { error, ok, type Result, type Sentence } from '../core/result.ts';
import type { FileChange } from '../core/trap.ts';
import { phrase } from '../words/tell.ts';
import { findMisreading, type Readers } from './client-checks.ts';
import { codeOf, isInFolders, readRegular, realFileOf, removeInFolder, replaceBytes } from './files.ts';
import { findForeignFolder } from './foreign-folder.ts';
import { forget, type KeptChange, type KeptFile, keep, prune } from './kept-changes.ts';

export interface ChangeRefused {
  readonly file: string;
  readonly because: Sentence;
  /**
   * Set if only some of the files were changed or restored. It is the id of the stored change set, which an undo needs.
   */
  readonly halfDone?: string;
}

export interface ChangePlace {
  /** Each changed file must be in one of these folders after all links are resolved. */
  readonly roots: readonly string[];
  readonly kept: string;
  /**
   * Our user id; absent: the user of this process. Root (0) writes only where no other user could redirect the write.
   */
  readonly ourUid?: number;
  /** True: a file that is a link is refused. Absent: links are followed. */
  readonly isExact?: true;
  /**
   * The id of the source of the change set, such as an action. If it is absent, change sets beyond the newest `keptMax`
   * and older than `keptMs` are removed after the change.
   */
  readonly owner?: string;
  /** Absent: no client reads the new texts. */
  readonly readers?: Readers;
}

const newFileMode = 0o600;

/**
 * Lets the clients read the new texts, stores the old contents, then makes all changes. If a change fails, the files are restored; if that fails too, the
 * error has `halfDone`. A change fails if the file does not have the content that the change states as `before`.
 */
export async function makeChanges(
  changes: readonly FileChange[],
  place: ChangePlace,
  madeAt: string,
): Promise<Result<KeptChange, ChangeRefused>> {
  const foreign = await refuseForRoot([...changes.map(({ file }) => file), join(place.kept, 'x')], place);
  if (foreign !== null) return error(foreign);
  const prepared: { readonly kept: KeptFile; readonly after: Buffer }[] = [];
  for (const change of changes) {
    const one = await prepare(change, place);
    if (one.tag === 'error') return one;
    prepared.push(one.value);
  }
  // The bytes may begin with a byte order mark, which the texts do not have, and which pip rejects.
  const texts = changes.map((change, at) => ({
    ...change,
    before: change.before && Buffer.from(prepared[at]?.kept.before ?? '', 'base64').toString(),
    after: String(prepared[at]?.after),
  }));
  const misread = place.readers && (await findMisreading(place.readers, texts));
  if (misread) return error({ file: misread.file, because: phrase('change.client', { ...misread }) });
  let change: KeptChange;
  try {
    const { owner } = place;
    const files = prepared.map(({ kept }) => kept);
    change = await keep({ madeAt, ...(owner === undefined ? {} : { owner }), files }, place.kept);
  } catch (thrown) {
    const because = phrase('change.kept', { folder: place.kept, code: codeOf(thrown) });
    return error({ file: changes[0]?.file ?? place.kept, because });
  }
  const done: KeptFile[] = [];
  for (const { kept, after } of prepared) {
    try {
      for (const folder of kept.folders) await mkdir(folder, { mode: 0o755 });
      await replaceBytes(kept.file, after, kept, (file) => isAsBefore({ ...kept, file }));
      done.push(kept);
    } catch (thrown) {
      const failed = { file: kept.file, because: phrase('change.written', { code: codeOf(thrown) }) };
      // The failed file still has its old content, because only a rename replaces it. New folders are removed.
      if (!(await arePutBack(done))) return error({ ...failed, halfDone: change.id });
      for (const folder of kept.folders.toReversed()) await rmdir(folder).catch(() => undefined);
      await forget(change, place.kept);
      return error(failed);
    }
  }
  if (place.owner === undefined) await prune(place, change);
  return ok(change);
}

async function refuseForRoot(
  files: readonly string[],
  { ourUid = process.geteuid?.() }: ChangePlace,
): Promise<ChangeRefused | null> {
  if (ourUid !== 0) return null;
  for (const file of files) {
    const folder = await findForeignFolder(file, 0);
    if (folder !== null) return { file, because: phrase('change.root', { folder }) };
  }
  return null;
}

/** True if a file still has the content from before the change. @throws what `node:fs` throws */
export async function isAsBefore({ file, beforeSha256 }: Pick<KeptFile, 'file' | 'beforeSha256'>): Promise<boolean> {
  if (beforeSha256 === null) return (await lstat(file).catch(() => null)) === null;
  return (await hashOf(file)) === beforeSha256;
}

/** Returns the hash of a regular file; `''`: it is none, such as a pipe. @throws what `node:fs` throws */
async function hashOf(file: string): Promise<string> {
  const found = await readRegular(file);
  return found === null ? '' : hash('sha256', found.bytes);
}

async function arePutBack(files: readonly KeptFile[]): Promise<boolean> {
  const tried = await Promise.allSettled(files.map(putBack));
  return tried.every(({ status }) => status === 'fulfilled');
}

/**
 * Restores the files of a change set (bytes, mode and owner) and removes its record. Files that the change set created
 * are deleted.
 * @returns success, or an error if a file was changed since or a write failed. If the error has no `halfDone`, no file
 * was restored
 */
export async function undoChange(change: KeptChange, place: ChangePlace): Promise<Result<null, ChangeRefused>> {
  const foreign = await refuseForRoot(
    change.files.map(({ file }) => file),
    place,
  );
  if (foreign !== null) return error(foreign);
  const wanted: KeptFile[] = [];
  for (const kept of change.files) {
    const state = await stateOf(kept, place);
    if (state.tag === 'error') return state;
    if (state.value === 'changed') wanted.push(kept);
  }
  for (const [done, kept] of wanted.entries()) {
    try {
      await putBack(kept);
    } catch (thrown) {
      const failed = { file: kept.file, because: phrase('change.written', { code: codeOf(thrown) }) };
      return error(done === 0 ? failed : { ...failed, halfDone: change.id });
    }
  }
  await forget(change, place.kept);
  return ok(null);
}

async function stateOf(kept: KeptFile, place: ChangePlace): Promise<Result<'changed' | 'as before', ChangeRefused>> {
  const { file } = kept;
  const real = await realpath(file).catch(() => null);
  if (real === null) return kept.before === null ? ok('as before') : error({ file, because: phrase('change.gone') });
  if (real !== file || !(await isInFolders(real, place.roots)))
    return error({ file, because: phrase('change.another') });
  const now = await hashOf(file).catch(() => '');
  if (now === kept.afterSha256) return ok('changed');
  return now === kept.beforeSha256 ? ok('as before') : error({ file, because: phrase('change.since') });
}

async function putBack(kept: KeptFile): Promise<void> {
  const { file, before, afterSha256 } = kept;
  if (before !== null)
    return replaceBytes(file, Buffer.from(before, 'base64'), kept, (path) =>
      isAsBefore({ file: path, beforeSha256: afterSha256 }),
    );
  await removeInFolder(file);
  for (const folder of kept.folders.toReversed()) await rmdir(folder).catch(() => undefined);
}

async function prepare(
  { file, before, after }: FileChange,
  { roots, isExact }: ChangePlace,
): Promise<Result<{ readonly kept: KeptFile; readonly after: Buffer }, ChangeRefused>> {
  const there = await realpath(file).catch((thrown: unknown) => codeOf(thrown));
  const isThere = there.startsWith(sep);
  if (!isThere && there !== 'ENOENT') return error({ file, because: phrase('change.reached', { code: there }) });
  if (isThere !== (before !== null)) return error({ file, because: phrase('change.came') });
  if (!isThere) return prepareNew(file, after, roots);
  const isLink = isExact === true && there !== (await realFileOf(file));
  if (isLink) return error({ file, because: phrase('change.link', { there }) });
  if (!(await isInFolders(there, roots))) {
    const outside = { there, roots: roots.join(' and ') };
    return error({ file, because: phrase(there === resolve(file) ? 'change.outside' : 'change.leads', outside) });
  }
  const found = await readRegular(there).catch((thrown: unknown) => codeOf(thrown));
  if (found === null) return error({ file, because: phrase('change.regular') });
  if (typeof found === 'string') return error({ file, because: phrase('change.read', { code: found }) });
  const { info, bytes } = found;
  if (info.nlink > 1) return error({ file, because: phrase('change.names') });
  const mark = bytes.subarray(0, 3).equals(byteOrderMark) ? byteOrderMark : Buffer.alloc(0);
  if (!bytes.equals(Buffer.concat([mark, Buffer.from(before ?? '')])))
    return error({ file, because: phrase('change.meanwhile') });
  const now = Buffer.concat([mark, Buffer.from(after)]);
  const { mode, uid, gid } = info;
  return ok({
    kept: {
      file: there,
      before: bytes.toString('base64'),
      beforeSha256: hash('sha256', bytes),
      afterSha256: hash('sha256', now),
      mode: mode & 0o7777,
      uid,
      gid,
      folders: [],
    },
    after: now,
  });
}

async function prepareNew(
  file: string,
  after: string,
  roots: readonly string[],
): Promise<Result<{ readonly kept: KeptFile; readonly after: Buffer }, ChangeRefused>> {
  if ((await lstat(file).catch(() => null)) !== null) return error({ file, because: phrase('change.dangling') });
  const folders: string[] = [];
  let folder = dirname(file);
  let real = await realpath(folder).catch(() => null);
  for (; real === null && dirname(folder) !== folder; real = await realpath(folder).catch(() => null)) {
    folders.unshift(folder);
    folder = dirname(folder);
  }
  if ((await Promise.allSettled(roots.map((root) => realpath(root)))).every(({ status }) => status === 'rejected'))
    return error({ file, because: phrase('change.folder', { folder: roots.join(' and ') }) });
  if (real === null || !(await isInFolders(join(real, 'x'), roots)))
    return error({ file, because: phrase('change.outside', { roots: roots.join(' and ') }) });
  const owner = await stat(real);
  const moved = (path: string): string => join(real, path.slice(folder.length));
  const bytes = Buffer.from(after);
  return ok({
    kept: {
      file: moved(file),
      before: null,
      beforeSha256: null,
      afterSha256: hash('sha256', bytes),
      mode: newFileMode,
      uid: owner.uid,
      gid: owner.gid,
      folders: folders.map(moved),
    },
    after: bytes,
  });
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** Removes temporary files that a killed process left next to `file`. Call it only while nothing changes the file. */
export async function removeLeftovers(file: string): Promise<void> {
  const begin = `${basename(file)}.mirrorwatch-`;
  const names = await readdir(dirname(file)).catch(() => []);
  for (const name of names)
    if (name.startsWith(begin) && /^[0-9a-f]{8}$/.test(name.slice(begin.length)))
      await rm(join(dirname(file), name), { force: true }).catch(() => undefined);
}
