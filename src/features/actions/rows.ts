import type { ActionRow, ActionRule } from '../../core/action.ts';
import { placeOf } from '../../core/action-place.ts';
import type { Advice } from '../../core/advice.ts';
import { limits } from '../../core/limits.ts';
import type { EcosystemId } from '../../core/mirror.ts';

/** True for an advice that took the place of another at the end of its lifetime, with nothing else changed. */
export function isRenewed(advice: Advice, by: Advice): boolean {
  if (advice.id === by.id || by.issuedAtMs <= advice.issuedAtMs || advice.to !== by.to) return false;
  const told = (one: Advice): string =>
    JSON.stringify({ ...one, id: '', issuedAtMs: 0, expiresAtMs: 0, settledAtMs: 0, state: '' });
  return told(advice) === told(by);
}

/** How a program may end that has done half of its work. */
const halfDone: readonly string[] = ['acted.exit', 'acted.time', 'acted.output'];

/** True for a row with something to put back: it is done, or a program that ran has failed. */
export function isUndoable({ kind, state, because }: ActionRow): boolean {
  return state === 'done' || (kind === 'command' && state === 'failed' && halfDone.includes(because?.key ?? ''));
}

/** The oldest rows past the bound that nothing waits for, and that are not needed. */
export function surplusOf(rows: readonly ActionRow[], isNeeded: (row: ActionRow) => boolean): readonly ActionRow[] {
  const over = rows.length - limits.actionRows;
  if (over <= 0) return [];
  return rows
    .filter((row) => (row.endedAtMs !== null || row.held !== null) && !isNeeded(row))
    .sort((a, b) => a.plannedAtMs - b.plannedAtMs)
    .slice(0, over);
}

/** True where the rule names another place by now than the one that was changed. */
export function isElsewhere({ kind, place }: ActionRow, { deed }: ActionRule): boolean {
  return kind !== deed.kind || (place !== undefined && place !== placeOf(deed));
}

/** True for a row that was put back because of that advice. */
export function isBackSince({ state, undoneBy, endedAtMs }: ActionRow, { issuedAtMs }: Advice): boolean {
  return state === 'undone' && undoneBy === 'failback' && (endedAtMs ?? 0) >= issuedAtMs;
}

/** True for two of one upstream. */
export function isSameUpstream(
  a: { readonly ecosystem: EcosystemId; readonly upstream: string },
  b: typeof a,
): boolean {
  return a.ecosystem === b.ecosystem && a.upstream === b.upstream;
}
