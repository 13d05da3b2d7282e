import { type ActionRow, type ActionRule, actionPlaceOf } from '../../core/action.ts';
import type { Advice } from '../../core/advice.ts';
import { limits } from '../../core/limits.ts';
import type { Upstream } from '../../core/mirror.ts';
import type { Now } from '../../core/ports.ts';

/** True if `by` renews `advice`: it is newer, and differs only in id, state and times. */
export function isRenewed(advice: Advice, by: Advice): boolean {
  if (advice.id === by.id || by.issuedAtMs <= advice.issuedAtMs || advice.to !== by.to) return false;
  const textOf = (one: Advice): string =>
    JSON.stringify({ ...one, id: '', issuedAtMs: 0, expiresAtMs: 0, settledAtMs: 0, state: '' });
  return textOf(advice) === textOf(by);
}

/**
 * Returns the rows to drop if there are more than `limits.actionRows`: ended or held rows that are not needed, oldest
 * first.
 */
export function surplusOf(rows: readonly ActionRow[], isNeeded: (row: ActionRow) => boolean): readonly ActionRow[] {
  const over = rows.length - limits.actionRows;
  if (over <= 0) return [];
  return rows
    .filter((row) => (row.endedAtMs !== null || row.held !== null) && !isNeeded(row))
    .sort((a, b) => a.plannedAtMs - b.plannedAtMs)
    .slice(0, over);
}

/**
 * True if the rule no longer has the kind or the target (`place`) of the row. Then an undo would change another file,
 * repository or value.
 */
export function isElsewhere({ kind, place }: ActionRow, { deed }: ActionRule): boolean {
  return kind !== deed.kind || (place !== undefined && place !== actionPlaceOf(deed));
}

/**
 * True if clients are back at their previous mirror: the change of this row was undone after the advice was issued, for
 * a return (failback) or after a regret.
 */
export function isBackSince({ state, undoneBy, endedAtMs }: ActionRow, { issuedAtMs }: Advice): boolean {
  return state === 'undone' && undoneBy !== 'operator' && (endedAtMs ?? 0) >= issuedAtMs;
}

export function isSameUpstream(a: Upstream, b: Upstream): boolean {
  return a.ecosystem === b.ecosystem && a.upstream === b.upstream;
}

/** Creates a row of the journal. */
export function newRow(
  rule: ActionRule,
  advice: Advice,
  as: Pick<ActionRow, 'state' | 'held'> & Partial<Pick<ActionRow, 'nextAtMs' | 'heldFor'>>,
  { wallMs }: Now,
): ActionRow {
  return {
    id: `${advice.id}.${rule.name}`,
    action: rule.name,
    kind: rule.deed.kind,
    mode: rule.mode,
    advice,
    plannedAtMs: wallMs,
    endedAtMs: null,
    attempts: as.state === 'held' || rule.mode === 'dry-run' ? 0 : 1,
    nextAtMs: null,
    ...as,
    because: null,
    output: '',
    kept: null,
    isInterrupted: false,
    undoneBy: null,
    place: actionPlaceOf(rule.deed),
  };
}
