import { type ActionEnd, type ActionRow, type ActionRule, type ActionStep, isUndoable } from '../../core/action.ts';
import { limits } from '../../core/limits.ts';
import { phrase } from '../../words/tell.ts';
import { isElsewhere } from './rows.ts';
import { recordRow, requestStep, rowsInForce, rowsUndoneWith, type Turn } from './turn.ts';

/** Records the result of a step that the engine ordered. */
export function closeStep(turn: Turn, id: string, step: ActionStep, ended: ActionEnd): void {
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
export function releaseStep(turn: Turn, id: string): void {
  const row = turn.rows.get(id);
  if (row === undefined || !turn.busy.delete(id)) return;
  const least = row.state === 'planned' && row.mode === 'auto' ? 1 : 0;
  recordRow(turn, { ...row, attempts: Math.max(least, row.attempts - 1) });
}

export function undoRow(turn: Turn, id: string, by: NonNullable<ActionRow['undoneBy']>): void {
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
export function stopUndo(turn: Turn, row: ActionRow): void {
  failStep(turn, row, 'undo', {
    tag: 'failed',
    because: phrase('acted.otherPlace'),
    output: row.output,
    retry: false,
  });
}

/** Requests the next step of an open row, unless the row waits for its next attempt. */
export function advanceRow(turn: Turn, row: ActionRow, rule: ActionRule): void {
  if (row.nextAtMs !== null && row.nextAtMs > turn.now.wallMs) return;
  const step = row.state === 'undoing' ? 'undo' : row.state === 'running' ? 'act' : 'prepare';
  requestStep(turn, step, recordRow(turn, { ...row, attempts: row.attempts + 1, nextAtMs: null }), rule);
}
