import type { ActionRow, ActionRule } from '../../core/action.ts';
import type { Advice } from '../../core/advice.ts';
import type { Upstream } from '../../core/mirror.ts';
import { holdOf, pauseOf } from './policy.ts';
import { isBackSince, isElsewhere, isRenewed, isSameUpstream, newRow } from './rows.ts';
import { advanceRow, stopUndo, undoRow } from './steps.ts';
import { recordRow, requestStep, returnMirrorOf, rowsInForce, rowsOfRule, type Turn } from './turn.ts';

/** Compares the rows of one rule and upstream with the advice in force, and requests at most one next step. */
export function followAdvice(turn: Turn, rule: ActionRule, target: Upstream): void {
  const wanted = turn.input.wanted(target.ecosystem, target.upstream);
  const stored = rowsOfRule(turn, rule).filter(({ advice }) => isSameUpstream(advice, target));
  if (wanted === undefined || stored.some(({ id }) => turn.busy.has(id))) return;
  const mine = stored.map((row) =>
    wanted !== null && !['held', 'failed'].includes(row.state) && isRenewed(row.advice, wanted)
      ? renewRow(turn, row, wanted, rule)
      : row,
  );
  const open = mine.find((row) => row.endedAtMs === null && row.state !== 'held');
  if (open !== undefined) return advanceOpen(turn, open, wanted, rule);
  const [newest] = mine.length === 0 ? [] : rowsInForce(turn, mine[0] as ActionRow);
  const mayUndo = pauseOf(rule, turn.input, turn.now) === null && (newest?.nextAtMs ?? 0) <= turn.now.wallMs;
  if (newest?.undoneBy === 'operator' && mayUndo) return undoRow(turn, newest.id, 'operator');
  if (newest?.undoneBy === 'regret' && mayUndo && !turn.input.isDown(returnMirrorOf(turn, newest)))
    return undoRow(turn, newest.id, 'regret');
  if (wanted !== null && wanted.cause !== 'failback') return beginRow(turn, mine, wanted, rule);
  // If only a bypass (a client setting that avoids the broken part) ends, an earlier switch to another mirror stays.
  const isDue = newest !== undefined && (wanted?.bypass == null || newest.advice.bypass != null);
  if (isDue && mayUndo) undoRow(turn, newest.id, newest.undoneBy ?? 'failback');
  else if (!isDue && wanted !== null && rule.accepts && mine.some((one) => isBackSince(one, wanted)))
    turn.accepted.add(wanted.id);
}

/** Makes a row refer to the renewed advice, which has a new id and the same content. */
function renewRow(turn: Turn, row: ActionRow, wanted: Advice, rule: ActionRule): ActionRow {
  if (row.state === 'done' && rule.accepts && wanted.state === 'proposed') turn.accepted.add(wanted.id);
  return recordRow(turn, { ...row, advice: wanted });
}

/**
 * Requests the next step of an open row of the action journal. If its advice has ended, or the rule has another mode or
 * target now, the row ends as `held`, or its change is undone. A row whose step `act` has not begun also ends as `held`
 * if the trouble is over.
 */
function advanceOpen(turn: Turn, open: ActionRow, wanted: Advice | null, rule: ActionRule): void {
  const isOther = open.mode !== rule.mode || isElsewhere(open, rule);
  const hasBegun = open.state === 'running' && open.attempts > 0;
  const isOver =
    open.state !== 'undoing' && (isOther || open.advice.id !== wanted?.id || (!hasBegun && wanted?.phase === 'over'));
  // During a pause only an undo that an operator requested continues.
  const isPaused = pauseOf(rule, turn.input, turn.now) !== null;
  if (isPaused && (open.state !== 'undoing' || open.undoneBy !== 'operator')) return;
  if (!isOver)
    return open.state === 'undoing' && isElsewhere(open, rule) ? stopUndo(turn, open) : advanceRow(turn, open, rule);
  // The step `act` may have made its change already, so the change is undone.
  if (hasBegun) {
    const back = { ...open, state: 'undoing', undoneBy: 'failback', attempts: 0 } as const;
    if (isElsewhere(open, rule)) stopUndo(turn, back);
    else advanceRow(turn, back, rule);
  } else recordRow(turn, { ...open, state: 'held', held: 'over', endedAtMs: turn.now.wallMs }, 'held');
}

/** Adds a planned row for the advice. If the policy does not allow the change now, the row is `held` instead. */
function beginRow(turn: Turn, mine: readonly ActionRow[], wanted: Advice, rule: ActionRule): void {
  const { input, now } = turn;
  const row = mine.find(({ advice }) => advice.id === wanted.id);
  if (row !== undefined && row.state !== 'held') return;
  const rows = rowsOfRule(turn, rule);
  const { held, nextAtMs } = holdOf(rule, wanted, rows, input, now);
  if (held === null) {
    const planned = recordRow(turn, newRow(rule, wanted, { state: 'planned', held }, now), 'planned');
    return requestStep(turn, 'prepare', planned, rule);
  }
  if (row?.held === held && row.nextAtMs === nextAtMs) return;
  const heldFor = [...new Set([...(row?.heldFor ?? []), held])];
  const next = newRow(rule, wanted, { state: 'held', held, nextAtMs, heldFor }, now);
  recordRow(turn, next, row === undefined ? 'held' : null);
}
