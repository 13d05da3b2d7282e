import { constants } from 'node:fs';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** One file of a set of changes as it is kept: what it was, bytes and all, and what we left. */
export interface KeptFile {
  readonly file: string;
  /** Base64; `null`: it was not there. */
  readonly before: string | null;
  readonly beforeSha256: string | null;
  readonly afterSha256: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Folders that were made for it, the outermost first. */
  readonly folders: readonly string[];
}

/** A set of changes that was made together, and can be taken back together. */
export interface KeptChange {
  readonly id: string;
  readonly madeAt: string;
  readonly files: readonly KeptFile[];
}

/** For a file that must not be there yet, whoever else may write in its folder. */
export const newFileFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const keptMax = 100;

/** Keeps a set under the next id that nobody else takes. Nothing is changed yet, so a torn record stands for nothing. */
export async function keep(set: Omit<KeptChange, 'id'>, kept: string): Promise<KeptChange> {
  await mkdir(kept, { recursive: true, mode: 0o700 });
  for (;;) {
    const change = { id: await nextId(kept), ...set };
    const record = recordOf(change, kept);
    try {
      const handle = await open(record, newFileFlags, 0o600);
      try {
        await handle.writeFile(JSON.stringify(change));
        await handle.sync();
      } finally {
        await handle.close();
      }
      return change;
    } catch (thrown) {
      if (codeOf(thrown) === 'EEXIST') continue;
      await rm(record, { force: true }).catch(() => undefined);
      throw thrown;
    }
  }
}

/** Forgets a set that was taken back, or not made. */
export async function forget(change: Pick<KeptChange, 'id'>, kept: string): Promise<void> {
  await rm(recordOf(change, kept), { force: true });
}

function recordOf({ id }: Pick<KeptChange, 'id'>, kept: string): string {
  return join(kept, `${id}.json`);
}

/**
 * Sets of changes that were made and not taken back, the newest first. Records of another user are passed over: whoever
 * may write them in a folder of theirs would have files written with our rights, under any mode and owner.
 */
export async function keptChanges(
  place: { readonly kept: string },
  ourUid: number | undefined = process.geteuid?.(),
): Promise<readonly KeptChange[]> {
  const names = await readdir(place.kept).catch(() => []);
  const ids = names
    .filter((name) => /^\d+\.json$/.test(name))
    .sort((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10));
  const changes: KeptChange[] = [];
  for (const name of ids.slice(0, keptMax)) {
    const text = await textBy(ourUid, join(place.kept, name)).catch(() => null);
    const change = text === null ? null : parsed(text);
    if (change !== null) changes.push(change);
  }
  return changes;
}

/** The text of a regular file that belongs to a user; `undefined`: to anybody. `null`: it is none. */
async function textBy(uid: number | undefined, file: string): Promise<string | null> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const info = await handle.stat();
    return info.isFile() && (uid === undefined || info.uid === uid) ? await handle.readFile('utf8') : null;
  } finally {
    await handle.close();
  }
}

async function nextId(kept: string): Promise<string> {
  const names = await readdir(kept).catch(() => []);
  const most = Math.max(0, ...names.flatMap((name) => Number(/^(\d+)\.json$/.exec(name)?.[1] ?? 0)));
  return String(most + 1);
}

function parsed(text: string): KeptChange | null {
  try {
    const change = JSON.parse(text) as KeptChange;
    return typeof change.id === 'string' && Array.isArray(change.files) ? change : null;
  } catch {
    return null;
  }
}

/** The code of a failed system call. */
export function codeOf(thrown: unknown): string {
  return (thrown as NodeJS.ErrnoException)?.code ?? 'EIO';
}
