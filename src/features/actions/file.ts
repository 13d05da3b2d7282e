import { dirname } from 'node:path';
import type { ActionDeed, ActionEnd, ActionRow } from '../../core/action.ts';
import { printable } from '../../core/printable.ts';
import {
  type ChangePlace,
  type ChangeRefused,
  isAsBefore,
  makeChanges,
  removeLeftovers,
  undoChange,
} from '../../io/changes.ts';
import type { Readers } from '../../io/client-checks.ts';
import { systemFiles } from '../../io/files.ts';
import { findKeptChange, forget, type KeptChange, type KeptFile } from '../../io/kept-changes.ts';
import { phrase } from '../../words/tell.ts';
import { english } from '../../words/words.ts';
import { type Means, StepFailed, valueFrom } from './means.ts';
import { diffOf, renderAdvice } from './render.ts';

type FileDeed = Extract<ActionDeed, { kind: 'file' }>;
type Kept = Pick<KeptFile, 'file' | 'beforeSha256'>;

/**
 * The action `file`: rewrites a file. It stores the previous text under the id of the row in the action journal, so
 * that an undo restores that text.
 */
export const fileAction = {
  async prepare(row: ActionRow, deed: FileDeed): Promise<ActionEnd> {
    const { before, after } = await wantedIn(row, deed);
    return { tag: 'ok', output: diffOf(deed.path, before, after) };
  },
  async act(row: ActionRow, deed: FileDeed, means: Means): Promise<ActionEnd> {
    const { folder, madeAt, clients } = means;
    if (row.isInterrupted) await removeLeftovers(deed.path);
    const { before, after, checks } = await wantedIn(row, deed);
    const place = placeOf(row, deed, folder);
    // An earlier process may have stored the previous text already, with or without changing the file.
    const earlier = await findKeptChange(place, row.id);
    if (before === after) return { tag: 'ok', output: row.output, kept: keptOf(earlier) };
    if (earlier !== undefined) await forget(earlier, place.kept);
    const output = [diffOf(deed.path, before, after)];
    const onUnchecked: Readers['onUnchecked'] = (read) => output.push(english('apply.unchecked', { ...read }));
    const readers = { clients, onUnchecked };
    const change = { file: deed.path, before, after, ...(checks && { checks }) };
    const made = await makeChanges([change], { ...place, readers }, madeAt());
    if (made.tag === 'error') throw refused(made.error);
    return { tag: 'ok', output: output.join('\n'), kept: keptOf(made.value) };
  },
  async undo(row: ActionRow, deed: FileDeed, means: Means): Promise<ActionEnd> {
    if (row.isInterrupted) await removeLeftovers(deed.path);
    const place = placeOf(row, deed, means.folder);
    const kept = row.kept as Kept | null;
    const change = await findKeptChange(place, row.id);
    if (change !== undefined) {
      const now = await systemFiles.read(deed.path, [dirname(deed.path)]);
      const undone = await undoChange(change, place);
      if (undone.tag === 'error') throw refused(undone.error);
      return { tag: 'ok', output: diffOf(deed.path, now.tag === 'ok' ? now.text : null, oldTextIn(change)) };
    }
    // Nothing to undo: `act` changed nothing, or the file has its previous text again.
    if (kept === null || (await isAsBefore(kept).catch(() => false))) return { tag: 'ok', output: '' };
    throw new StepFailed(phrase('acted.setGone', { file: printable(deed.path, 200) }), false);
  },
} as const;

async function wantedIn({ advice }: ActionRow, { path, as }: FileDeed) {
  // The output shows the text. Another user may replace the file by a link to one that only the daemon can read.
  const read = await systemFiles.read(path, [dirname(path)]);
  if (read.tag === 'error' && read.code !== 'ENOENT')
    throw new StepFailed(phrase('acted.unreadable', { file: printable(path, 200), code: read.code }), true);
  const before = read.tag === 'ok' ? read.text : null;
  return { before, ...valueFrom(await renderAdvice(advice, as, before)) };
}

function keptOf(change: KeptChange | undefined): Kept | null {
  const [file] = change?.files ?? [];
  return file === undefined ? null : { file: file.file, beforeSha256: file.beforeSha256 };
}

function oldTextIn({ files }: KeptChange): string | null {
  const before = files[0]?.before ?? null;
  return before === null ? null : Buffer.from(before, 'base64').toString('utf8');
}

function placeOf({ id }: ActionRow, { path }: FileDeed, folder: string): ChangePlace {
  return { roots: [dirname(path)], kept: `${folder}/files`, isExact: true, owner: id };
}

function refused({ file, because }: ChangeRefused): StepFailed {
  return new StepFailed(phrase('acted.refused', { file: printable(file, 200), because }), true);
}
