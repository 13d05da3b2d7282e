import { type ActionEnd, type ActionRow, type ActionRule, type ActionStep, isUndoable } from '../../core/action.ts';
import type { Advice } from '../../core/advice.ts';
import { limits } from '../../core/limits.ts';
import type { Upstream } from '../../core/mirror.ts';
import type { Now } from '../../core/ports.ts';
import { phrase } from '../../words/tell.ts';
import { findHoldEndMs, heldBy, pauseOf } from './policy.ts';
import { isBackSince, isElsewhere, isRenewed, isSameUpstream, newRow, surplusOf } from './rows.ts';
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
  rowsUndoneWith,
  type Turn,
} from './turn.ts';

/** Records the result of a step that the engine ordered. */
function closeStep(turn: Turn, id: string, step: ActionStep, ended: ActionEnd): void {
  turn.busy.delete(id);
  const row = turn.rows.get(id);
  if (row === undefined) return;
  const { output } = ended;
  const kept = ended.kept === undefined ? row.kept : ended.kept;
  if (ended.tag === 'failed') return failStep(turn, { ...row, kept }, step, ended);
  const endedAtMs = turn.now.wallMs;
  if (step === 'prepare') {
    const next = row.mode === 'dry-run' ? { endedAtMs } : ({ state: 'running', attempts: 0 } as const);
    return void recordRow(turn, { ...row, output, kept, ...next });
  }
  const well = { because: null, endedAtMs, nextAtMs: null };
  if (step === 'act') {
    recordRow(turn, { ...row, ...well, state: 'done', output, kept }, 'done');
    if (turn.rules.get(row.action)?.accepts) turn.accepted.add(row.advice.id);
    return;
  }
  const { undoneBy } = row;
  for (const one of rowsUndoneWith(turn, row))
    if (one === row) recordRow(turn, { ...one, ...well, state: 'undone', undoneBy, output }, 'undone');
    else recordRow(turn, { ...one, ...well, state: 'undone', undoneBy });
  revertAdvice(turn, row);
}

/**
 * Reports that clients have left the accepted advice of an undone row again. If an operator undid only one of several
 * actions that follow the advice, it stays in force.
 */
function revertAdvice(turn: Turn, row: ActionRow): void {
  const { advice, undoneBy } = row;
  const isFollowed = [...turn.rows.values()].some((one) => one.advice.id === advice.id && isUndoable(one));
  const isLeft = undoneBy === 'regret' || (undoneBy === 'operator' && !isFollowed);
  if (!isLeft || turn.rules.get(row.action)?.accepts !== true) return;
  // The failback stays proposed: the daemon also undoes the earlier changes, and then accepts it.
  if (turn.input.wanted(advice.ecosystem, advice.upstream)?.cause === 'failback') return;
  turn.reverted.push({ advice, back: rowsInForce(turn, row)[0]?.advice ?? null });
}

function failStep(
  turn: Turn,
  row: ActionRow,
  step: ActionStep,
  { because, output, retry }: Extract<ActionEnd, { tag: 'failed' }>,
): void {
  const { wallMs } = turn.now;
  const again = retry && row.attempts < limits.actionAttempts;
  const nextAtMs = again ? wallMs + limits.actionRetryMs * 4 ** Math.max(0, row.attempts - 1) : null;
  const failed = { ...row, because, output, nextAtMs };
  if (again) recordRow(turn, step === 'prepare' ? { ...failed, attempts: Math.max(1, row.attempts) } : failed);
  else if (step === 'undo')
    // The undo is tried again later. Only its first failure is reported.
    recordRow(
      turn,
      { ...failed, state: 'done', nextAtMs: wallMs + limits.actionUndoMs, endedAtMs: wallMs },
      row.attempts > limits.actionAttempts ? null : 'failed',
    );
  else recordRow(turn, { ...failed, state: 'failed', endedAtMs: wallMs }, 'failed');
}

/** Cancels an ordered step that did not start. Its attempt does not count. */
function releaseStep(turn: Turn, id: string): void {
  const row = turn.rows.get(id);
  if (row === undefined || !turn.busy.delete(id)) return;
  const least = row.state === 'planned' && row.mode === 'auto' ? 1 : 0;
  recordRow(turn, { ...row, attempts: Math.max(least, row.attempts - 1) });
}

function undoRow(turn: Turn, id: string, by: NonNullable<ActionRow['undoneBy']>): void {
  const row = turn.rows.get(id);
  const rule = row === undefined ? undefined : turn.rules.get(row.action);
  // A failed undo waits for its next attempt. If an operator requests the undo, it starts at once.
  const undoneBy = row?.undoneBy === 'regret' ? 'regret' : by;
  if (row?.state === 'undoing' && !turn.busy.has(id)) return void recordRow(turn, { ...row, undoneBy, nextAtMs: null });
  if (row === undefined || rule === undefined || !isUndoable(row) || turn.busy.has(id)) return;
  // After a failed undo the count of attempts continues, so that the next failure is not reported again.
  const attempts =
    row.because === null || row.state === 'failed' ? 1 : Math.max(row.attempts, limits.actionAttempts) + 1;
  const next = recordRow(turn, { ...row, state: 'undoing', undoneBy: by, attempts, nextAtMs: null, endedAtMs: null });
  if (isElsewhere(row, rule)) stopUndo(turn, next);
  else requestStep(turn, 'undo', next, rule);
}

/** Fails an undo, because the rule now names another target, and the undo would change that target instead. */
function stopUndo(turn: Turn, row: ActionRow): void {
  failStep(turn, row, 'undo', {
    tag: 'failed',
    because: phrase('acted.otherPlace'),
    output: row.output,
    retry: false,
  });
}

/** Requests the next step of an open row, unless the row waits for its next attempt. */
function advanceRow(turn: Turn, row: ActionRow, rule: ActionRule): void {
  if (row.nextAtMs !== null && row.nextAtMs > turn.now.wallMs) return;
  const step = row.state === 'undoing' ? 'undo' : row.state === 'running' ? 'act' : 'prepare';
  requestStep(turn, step, recordRow(turn, { ...row, attempts: row.attempts + 1, nextAtMs: null }), rule);
}

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
