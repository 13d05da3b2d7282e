import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { ActionDeed, ActionEnd, ActionRow } from '../../core/action.ts';
import { printable } from '../../core/printable.ts';
import { type ChangePlace, type ChangeRefused, makeChanges, removeLeftovers, undoChange } from '../../io/changes.ts';
import { systemFiles } from '../../io/files.ts';
import { listKeptChanges } from '../../io/kept-changes.ts';
import { phrase } from '../../words/tell.ts';
import { failedWith, type Means } from './means.ts';
import { diffOf, renderAdvice } from './render.ts';

type FileDeed = Extract<ActionDeed, { kind: 'file' }>;

/**
 * The action `file`: replaces a file as a whole, with its mode and owner; what it held is kept in a set whose id the journal has.
 * A file that holds the wanted text already is not written again.
 */
export const fileAction = {
  async prepare(row: ActionRow, deed: FileDeed): Promise<ActionEnd> {
    const wanted = await wantedIn(row, deed);
    return 'tag' in wanted ? wanted : { tag: 'ok', output: diffOf(deed.path, wanted.before, wanted.after) };
  },
  async act(row: ActionRow, deed: FileDeed, { folder, madeAt }: Means): Promise<ActionEnd> {
    if (row.isInterrupted) await removeLeftovers(deed.path);
    const wanted = await wantedIn(row, deed);
    if ('tag' in wanted) return wanted;
    const { before, after } = wanted;
    const place = placeOf(deed, folder);
    // An earlier process may have changed it, and ended before it said so.
    if (before === after) return { tag: 'ok', output: row.output, kept: await setWith(after, deed, place) };
    const made = await makeChanges([{ file: deed.path, before, after }], place, madeAt());
    if (made.tag === 'error') return refused(made.error);
    return { tag: 'ok', output: diffOf(deed.path, before, after), kept: made.value.id };
  },
  async undo(row: ActionRow, deed: FileDeed, { folder }: Means): Promise<ActionEnd> {
    if (row.isInterrupted) await removeLeftovers(deed.path);
    const place = placeOf(deed, folder);
    const change = (await listKeptChanges(place)).find(
      ({ id, files }) => id === row.kept && files[0]?.file.endsWith(baseOf(deed)),
    );
    // It held that text before, or an earlier process has put it back.
    if (change === undefined) return { tag: 'ok', output: row.output };
    const undone = await undoChange(change, place);
    return undone.tag === 'error' ? refused(undone.error) : { tag: 'ok', output: row.output };
  },
} as const;

async function wantedIn({ advice }: ActionRow, { path, as }: FileDeed) {
  const read = await systemFiles.read(path);
  if (read.tag === 'error' && read.code !== 'ENOENT')
    return failedWith(phrase('acted.unreadable', { file: printable(path, 200), code: read.code }), true);
  const before = read.tag === 'ok' ? read.text : null;
  const text = await renderAdvice(advice, as, before);
  return text.tag === 'error' ? failedWith(text.error, false) : { before, after: text.value };
}

/** The set of an interrupted change that led to this text; `null`: none did. */
async function setWith(text: string, deed: FileDeed, place: ChangePlace): Promise<string | null> {
  const sha256 = createHash('sha256').update(text).digest('hex');
  const [newest] = (await listKeptChanges(place)).filter(({ files: [file] }) => file?.file.endsWith(baseOf(deed)));
  return newest?.files[0]?.afterSha256 === sha256 ? newest.id : null;
}

function baseOf({ path }: FileDeed): string {
  return path.slice(dirname(path).length);
}

function placeOf({ path }: FileDeed, folder: string): ChangePlace {
  return { roots: [dirname(path)], kept: `${folder}/files`, isExact: true };
}

function refused({ file, because }: ChangeRefused): ActionEnd {
  return failedWith(phrase('acted.refused', { file: printable(file, 200), because }), true);
}
