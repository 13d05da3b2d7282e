import { type ActionRow, isUndoable } from '../../core/action.ts';
import { limits } from '../../core/limits.ts';
import type { Now } from '../../core/ports.ts';
import { followAdvice } from './follow.ts';
import { surplusOf } from './rows.ts';
import { closeStep, releaseStep, undoRow } from './steps.ts';
import { type ActionInput, type ActionOutput, type ActionState, openTurn, recordRow, type Turn } from './turn.ts';

// The states of a row of the action journal, and the events that change them. A cell names the next state; `–` means
// that the state does not change.
//
// | state   | step succeeds       | step fails for good | advice is over       | undo is wanted       |
// | ------- | ------------------- | ------------------- | -------------------- | -------------------- |
// | held    |                     |                     | –                    | –                    |
// | planned | `prepare`: running  | failed              | held                 | –                    |
// | running | `act`: done         | failed              | undoing [1]          | –                    |
// | done    |                     |                     | undoing              | undoing              |
// | failed  |                     |                     | undoing [2]          | undoing [2]          |
// | undoing | `undo`: undone      | done [3]            | –                    | –                    |
// | undone  |                     |                     | –                    | –                    |
//
// [1] If `act` has not begun, the next state is `held`, also while the advice stays but its trouble is over. [2] Only if
// a program may have done half of its work. [3] The undo is tried again each hour. The row of a dry run stays `planned`.
// When the policy allows a held row, it becomes `planned`. If the rule now names another file, repository or store, an
// undo fails at once.
// `test/unit/features/actions/engine-table.test.ts` tests every cell.

/**
 * Restores the state from stored rows of the action journal. A row whose step `act` or `undo` began before the restart
 * is marked as interrupted.
 */
export function restoreActions(rows: readonly ActionRow[]): ActionState {
  const hasBegun = ({ state, attempts }: ActionRow): boolean =>
    attempts > 0 && (state === 'running' || state === 'undoing');
  return {
    rows: new Map(rows.map((row) => [row.id, hasBegun(row) ? { ...row, isInterrupted: true, nextAtMs: null } : row])),
    busy: new Set(),
  };
}

/**
 * Records the results of finished steps. Then it requests the next steps that the advice in force needs, as far as the
 * policy allows.
 */
export function advanceActions(state: ActionState, input: ActionInput, now: Now): [ActionState, ActionOutput] {
  const turn = openTurn(state, input, now);
  for (const { id, step, end } of input.ended) closeStep(turn, id, step, end);
  for (const id of input.unbegun) releaseStep(turn, id);
  if (input.isStopping) return closeTurn(turn);
  for (const id of input.undo) undoRow(turn, id, 'operator');
  for (const id of input.regretted) markRegret(turn, id);
  for (const rule of input.rules) for (const target of rule.targets) followAdvice(turn, rule, target);
  return closeTurn(turn);
}

/** Marks the done or undone rows of an advice that an audit found wrong: the previous mirror performed better. */
function markRegret(turn: Turn, adviceId: string): void {
  for (const row of turn.rows.values())
    if ((row.state === 'done' || row.state === 'undone') && row.advice.id === adviceId)
      recordRow(turn, { ...row, undoneBy: 'regret' });
}

function closeTurn(turn: Turn): [ActionState, ActionOutput] {
  const { input, now, rules, rows, busy, changed, orders, results, accepted, reverted } = turn;
  const isNeeded = (row: ActionRow): boolean => {
    const { attempts, plannedAtMs, endedAtMs, advice } = row;
    // Recent rows are kept: they count against the limits per hour and per day. Also, an audit may still find that
    // their switch was wrong.
    if (attempts > 0 && now.wallMs - Math.max(plannedAtMs, endedAtMs ?? 0) < limits.actionRegretMs) return true;
    if (isUndoable(row)) return rules.has(row.action);
    // The row of an advice in force is kept: without it, the action would run again.
    return input.wanted(advice.ecosystem, advice.upstream)?.id === advice.id;
  };
  const dropped = surplusOf([...rows.values()], isNeeded).map(({ id }) => id);
  for (const id of dropped) rows.delete(id);
  const kept = [...changed].flatMap((id) => rows.get(id) ?? []);
  return [
    { rows, busy },
    { rows: kept, dropped, orders, results, accepted: [...accepted], reverted },
  ];
}
