import { type ActionRow, type ActionRule, isUndoable } from '../../core/action.ts';
import type { Advice } from '../../core/advice.ts';
import { limits } from '../../core/limits.ts';
import type { Upstream } from '../../core/mirror.ts';
import type { Now } from '../../core/ports.ts';
import { findHoldEndMs, heldBy, pauseOf } from './policy.ts';
import { isBackSince, isElsewhere, isRenewed, isSameUpstream, newRow, surplusOf } from './rows.ts';
import { advanceRow, closeStep, releaseStep, stopUndo, undoRow } from './steps.ts';
import {
  type ActionInput,
  type ActionOutput,
  type ActionState,
  openTurn,
  recordRow,
  requestStep,
  returnMirrorOf,
  rowsInForce,
  rowsOfRule,
  type Turn,
} from './turn.ts';

/** Compares the rows of one rule and upstream with the advice in force, and requests at most one next step. */
function followAdvice(turn: Turn, rule: ActionRule, target: Upstream): void {
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
  const held = heldBy(rule, wanted, rows, input, now);
  if (held === null)
    return requestStep(
      turn,
      'prepare',
      recordRow(turn, newRow(rule, wanted, { state: 'planned', held }, now), 'planned'),
      rule,
    );
  const nextAtMs = findHoldEndMs(held, rule, wanted, rows, now);
  if (row?.held === held && row.nextAtMs === nextAtMs) return;
  const heldFor = [...new Set([...(row?.heldFor ?? []), held])];
  const next = newRow(rule, wanted, { state: 'held', held, nextAtMs, heldFor }, now);
  recordRow(turn, next, row === undefined ? 'held' : null);
}

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
