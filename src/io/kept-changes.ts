import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readMapping } from '../core/read-json.ts';
import { codeOf, newFileFlags, readRegular } from './files.ts';

/** One file of a change set: its old contents, and a hash of the new ones. */
export interface KeptFile {
  readonly file: string;
  /** The old contents in Base64; `null`: the file did not exist. */
  readonly before: string | null;
  readonly beforeSha256: string | null;
  readonly afterSha256: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Folders that were created for the file, the outermost first. */
  readonly folders: readonly string[];
}

export interface KeptChange {
  readonly id: string;
  readonly madeAt: string;
  readonly owner?: string;
  readonly files: readonly KeptFile[];
}

/**
 * The maximum number and age of stored change sets. Those beyond a limit are deleted, because they may contain tokens.
 */
const keptMax = 100;
const keptMs = 365 * 86_400_000;

/**
 * `kept`: the folder of the records. `ourUid`: only records of this user are read; absent: the user of this process.
 */
interface KeptPlace {
  readonly kept: string;
  readonly ourUid?: number;
}

/** Stores a change set under the next free id, and returns it with that id. @throws what `node:fs` throws */
export async function keep(set: Omit<KeptChange, 'id'>, kept: string): Promise<KeptChange> {
  await mkdir(kept, { recursive: true, mode: 0o700 });
  for (;;) {
    const [newest = '0'] = await idsIn(kept);
    const change = { id: String(Number(newest) + 1), ...set };
    const record = recordOf(change, kept);
    try {
      await writeFile(record, JSON.stringify(change), { flag: newFileFlags, mode: 0o600, flush: true });
      return change;
    } catch (thrown) {
      if (codeOf(thrown) === 'EEXIST') continue;
      await rm(record, { force: true }).catch(() => undefined);
      throw thrown;
    }
  }
}

export async function forget(change: Pick<KeptChange, 'id'>, kept: string): Promise<void> {
  await rm(recordOf(change, kept), { force: true });
}

function recordOf({ id }: Pick<KeptChange, 'id'>, kept: string): string {
  return join(kept, `${id}.json`);
}

/** Lists the stored change sets, newest first, at most `keptMax`. */
export async function listKeptChanges(place: KeptPlace): Promise<readonly KeptChange[]> {
  return (await recordsIn(place)).slice(0, keptMax);
}

/**
 * Lists all stored change sets, newest first. `unread`: paths of records that are damaged or belong to another user.
 */
export async function listAllKeptChanges(
  place: KeptPlace,
): Promise<{ readonly changes: readonly KeptChange[]; readonly unread: readonly string[] }> {
  const changes = await recordsIn(place);
  const read = new Set(changes.map(({ id }) => id));
  const unread = (await idsIn(place.kept)).filter((id) => !read.has(id));
  return { changes, unread: unread.map((id) => recordOf({ id }, place.kept)) };
}

export async function findKeptChange(place: KeptPlace, owner: string): Promise<KeptChange | undefined> {
  return (await recordsIn(place)).find((change) => change.owner === owner);
}

/**
 * Removes records beyond the newest `keptMax`, and records older than `keptMs`. A record that cannot be removed is
 * kept.
 * @param newest  the change set just made
 */
export async function prune(place: KeptPlace, newest: KeptChange): Promise<void> {
  const sinceMs = Date.parse(newest.madeAt) - keptMs;
  for (const [at, change] of (await recordsIn(place)).entries())
    if (at >= keptMax || Date.parse(change.madeAt) < sinceMs) await forget(change, place.kept).catch(() => undefined);
}

/**
 * Reads the records of our user, newest first. A record of another user is not read, because it could make us write any
 * file.
 */
async function recordsIn({ kept, ourUid = process.geteuid?.() }: KeptPlace): Promise<readonly KeptChange[]> {
  const changes: KeptChange[] = [];
  for (const id of await idsIn(kept)) {
    const read = await readRegular(recordOf({ id }, kept), ourUid).catch(() => null);
    const change = read && parsed(read.bytes.toString('utf8'));
    // A record is removed by its id, so an id that differs from the file name could remove another record.
    if (change?.id === id) changes.push(change);
  }
  return changes;
}

async function idsIn(kept: string): Promise<readonly string[]> {
  const names = await readdir(kept).catch(() => []);
  return names.flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? []).sort((a, b) => Number(b) - Number(a));
}

function parsed(text: string): KeptChange | null {
  const change = readMapping(text) as Partial<KeptChange> | null;
  return typeof change?.id === 'string' && Array.isArray(change.files) ? (change as KeptChange) : null;
}
