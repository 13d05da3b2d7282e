import type { ActionRow, ActionRule } from '../../core/action.ts';
import type { Advice } from '../../core/advice.ts';
import type { Upstream } from '../../core/mirror.ts';
import { heldBy, pauseOf } from './policy.ts';
import { isBackSince, isElsewhere, isRenewed, isSameUpstream, newRow } from './rows.ts';
import { advanceRow, stopUndo, undoRow } from './steps.ts';
import { recordRow, requestStep, rowsInForce, rowsOfRule, type Turn } from './turn.ts';

/** Brings the rows of one rule and upstream closer to the advice in force, by at most one step. */
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
  if ((newest?.undoneBy === 'regret' || newest?.undoneBy === 'operator') && mayUndo)
    return undoRow(turn, newest.id, newest.undoneBy);
  if (wanted !== null && wanted.cause !== 'failback') return beginRow(turn, mine, wanted, rule);
  // The end of a bypass leaves earlier mirror switches in force.
  const isDue = newest !== undefined && (wanted?.bypass == null || newest.advice.bypass != null);
  if (isDue && mayUndo) undoRow(turn, newest.id, 'failback');
  else if (!isDue && wanted !== null && rule.accepts && mine.some((one) => isBackSince(one, wanted)))
    turn.accepted.add(wanted.id);
}

/** Lets a row refer to the renewed advice, which has another id and the same content. */
function renewRow(turn: Turn, row: ActionRow, wanted: Advice, rule: ActionRule): ActionRow {
  if (row.state === 'done' && rule.accepts && wanted.state === 'proposed') turn.accepted.add(wanted.id);
  return recordRow(turn, { ...row, advice: wanted });
}

/** Advances an open row. It ends the row if the advice is over, or if the rule now has another mode or place. */
function advanceOpen(turn: Turn, open: ActionRow, wanted: Advice | null, rule: ActionRule): void {
  const isOther = open.mode !== rule.mode || isElsewhere(open, rule);
  const isOver = open.state !== 'undoing' && (isOther || open.advice.id !== wanted?.id);
  // A pause stops what mirrorwatch decides, not an undo that an operator requested.
  const isPaused = pauseOf(rule, turn.input, turn.now) !== null;
  if (isPaused && (open.state !== 'undoing' || open.undoneBy !== 'operator')) return;
  if (!isOver)
    return open.state === 'undoing' && isElsewhere(open, rule) ? stopUndo(turn, open) : advanceRow(turn, open, rule);
  // A started step may have made its change, so it is undone.
  if (open.attempts > 0 && open.state === 'running') {
    const back = { ...open, state: 'undoing', undoneBy: 'failback', attempts: 0 } as const;
    if (isElsewhere(open, rule)) stopUndo(turn, back);
    else advanceRow(turn, back, rule);
  } else recordRow(turn, { ...open, state: 'held', held: 'over', endedAtMs: turn.now.wallMs }, 'held');
}

/** Plans a row for the advice. If the policy does not allow the change now, the row becomes `held`. */
function beginRow(turn: Turn, mine: readonly ActionRow[], wanted: Advice, rule: ActionRule): void {
  const { input, now } = turn;
  const row = mine.find(({ advice }) => advice.id === wanted.id);
  if (row !== undefined && row.state !== 'held') return;
  const held = heldBy(rule, wanted, rowsOfRule(turn, rule), input, now);
  const inPair = input.lead === 'holder';
  if (held === null)
    requestStep(
      turn,
      'prepare',
      recordRow(turn, newRow(rule, wanted, { state: 'planned', held }, now, inPair), 'planned'),
      rule,
    );
  else if (row?.held !== held)
    recordRow(turn, newRow(rule, wanted, { state: 'held', held }, now, inPair), row === undefined ? 'held' : null);
}
