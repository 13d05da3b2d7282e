import {
  type ActionEnd,
  type ActionResult,
  type ActionRow,
  type ActionRule,
  type ActionStep,
  isUndoable,
} from '../../core/action.ts';
import type { Advice } from '../../core/advice.ts';
import { limits } from '../../core/limits.ts';
import type { EcosystemId } from '../../core/mirror.ts';
import type { Now } from '../../core/ports.ts';
import { phrase } from '../../words/tell.ts';
import { heldBy, pauseOf, type Situation } from './policy.ts';
import { isBackSince, isElsewhere, isRenewed, isSameUpstream, newRow, surplusOf } from './rows.ts';

/** Rows of the action journal by id. `busy`: ids of rows with an ordered step that has not ended. */
export interface ActionState {
  readonly rows: ReadonlyMap<string, ActionRow>;
  readonly busy: ReadonlySet<string>;
}

export interface ActionInput extends Situation {
  readonly rules: readonly ActionRule[];
  /** The advice in force. `null`: none; `undefined`: not known now. */
  wanted(ecosystem: EcosystemId, upstream: string): Advice | null | undefined;
  /** Ids of advice whose mirror did worse than the mirror that clients left. */
  readonly regretted: readonly string[];
  readonly ended: readonly { readonly id: string; readonly step: ActionStep; readonly end: ActionEnd }[];
  /** Ids of rows whose ordered step did not start. */
  readonly unbegun: readonly string[];
  readonly isStopping: boolean;
  /** The rows that the previous lease holder shared, after a takeover; else absent or `null`. */
  readonly adopted?: readonly ActionRow[] | null;
  readonly undo: readonly string[];
}

export interface ActionOutput {
  readonly rows: readonly ActionRow[];
  readonly dropped: readonly string[];
  /** Steps to run after `rows` are stored. */
  readonly orders: readonly { readonly step: ActionStep; readonly row: ActionRow; readonly rule: ActionRule }[];
  readonly results: readonly { readonly result: ActionResult; readonly row: ActionRow }[];
  readonly accepted: readonly string[];
}

/** Makes the state from stored rows, and marks each begun `act` or `undo` as interrupted. */
export function restoreActions(rows: readonly ActionRow[]): ActionState {
  const hasBegun = ({ state, attempts }: ActionRow): boolean =>
    attempts > 0 && (state === 'running' || state === 'undoing');
  return {
    rows: new Map(rows.map((row) => [row.id, hasBegun(row) ? { ...row, isInterrupted: true, nextAtMs: null } : row])),
    busy: new Set(),
  };
}

/** Records finished steps, then follows the advice in force as far as the policy allows. */
export function advanceActions(state: ActionState, input: ActionInput, now: Now): [ActionState, ActionOutput] {
  const turn = openTurn(state, input, now);
  for (const { id, step, end } of input.ended) turn.end(id, step, end);
  for (const id of input.unbegun) turn.takeBack(id);
  if (input.adopted != null) turn.adopt(input.adopted);
  if (input.isStopping) return turn.close();
  for (const id of input.undo) turn.undo(id, 'operator');
  for (const id of input.regretted) turn.regret(id);
  for (const rule of input.rules) for (const target of rule.targets) turn.follow(rule, target);
  return turn.close();
}

function openTurn(state: ActionState, input: ActionInput, now: Now) {
  const rows = new Map(state.rows);
  const busy = new Set(state.busy);
  const changed = new Set<string>();
  const orders: ActionOutput['orders'][number][] = [];
  const results: ActionOutput['results'][number][] = [];
  const accepted = new Set<string>();
  const rulesByName = new Map(input.rules.map((rule) => [rule.name, rule]));

  const put = (row: ActionRow, result: ActionResult | null = null): ActionRow => {
    rows.set(row.id, row);
    changed.add(row.id);
    if (result !== null) results.push({ result, row });
    return row;
  };
  const order = (step: ActionStep, row: ActionRow, rule: ActionRule): void => {
    busy.add(row.id);
    orders.push({ step, row: step === 'undo' ? backAsOne(row) : row, rule });
  };
  const rowsOf = (rule: ActionRule): ActionRow[] => [...rows.values()].filter(({ action }) => action === rule.name);
  /** The undoable and undoing rows of the same action and upstream, the newest first. */
  const inForce = (row: Pick<ActionRow, 'action' | 'advice'>): ActionRow[] =>
    [...rows.values()]
      .filter((one) => one.action === row.action && isSameUpstream(one.advice, row.advice))
      .filter((one) => one.state === 'undoing' || isUndoable(one))
      .sort((a, b) => b.plannedAtMs - a.plannedAtMs || (a.id < b.id ? 1 : -1));

  /** The rows that one undo reverts: a program reverts all mirror switches, or all bypasses, of an upstream at once. */
  const undoneWith = (row: ActionRow): readonly ActionRow[] =>
    row.kind === 'command'
      ? inForce(row).filter(({ advice }) => (advice.bypass == null) === (row.advice.bypass == null))
      : [row];
  /** The row for an undo, with mirror and chain from before the first change: a mirror used in between may be down. */
  function backAsOne(row: ActionRow): ActionRow {
    const first = undoneWith(row).at(-1)?.advice ?? row.advice;
    const chain = { ...row.advice.chain, before: first.chain.before };
    return { ...row, advice: { ...row.advice, from: first.from, chain } };
  }

  function takeBack(id: string): void {
    const row = rows.get(id);
    if (row === undefined || !busy.delete(id)) return;
    const least = row.state === 'planned' && row.mode === 'auto' ? 1 : 0;
    put({ ...row, attempts: Math.max(least, row.attempts - 1) });
  }

  function end(id: string, step: ActionStep, ended: ActionEnd): void {
    busy.delete(id);
    const row = rows.get(id);
    if (row === undefined) return;
    const { output } = ended;
    const kept = ended.kept === undefined ? row.kept : ended.kept;
    if (ended.tag === 'failed') return fail({ ...row, kept }, step, ended);
    if (step === 'prepare') {
      const isShown = row.mode === 'dry-run';
      const next = isShown ? ({ endedAtMs: now.wallMs } as const) : ({ state: 'running', attempts: 0 } as const);
      return void put({ ...row, output, kept, ...next });
    }
    const well = { because: null, endedAtMs: now.wallMs, nextAtMs: null };
    if (step === 'act') {
      put({ ...row, ...well, state: 'done', output, kept }, 'done');
      if (rulesByName.get(row.action)?.accepts) accepted.add(row.advice.id);
      return;
    }
    const { undoneBy } = row;
    for (const one of undoneWith(row))
      if (one === row) put({ ...one, ...well, state: 'undone', undoneBy, output }, 'undone');
      else put({ ...one, ...well, state: 'undone', undoneBy });
  }

  function fail(
    row: ActionRow,
    step: ActionStep,
    { because, output, retry }: Extract<ActionEnd, { tag: 'failed' }>,
  ): void {
    // No failure of the step: it is tried again later, and this attempt does not count.
    if (because.key === 'acted.notHolder')
      return void put({ ...row, because, attempts: row.attempts - 1, nextAtMs: now.wallMs + limits.actionLeaseMs });
    const again = retry && row.attempts < limits.actionAttempts;
    const nextAtMs = again ? now.wallMs + limits.actionRetryMs * 4 ** Math.max(0, row.attempts - 1) : null;
    const failed = { ...row, because, output, nextAtMs };
    if (again) put(step === 'prepare' ? { ...failed, attempts: Math.max(1, row.attempts) } : failed);
    else if (step === 'undo')
      // A later turn may undo the row again; only the first failure is reported.
      put(
        { ...failed, state: 'done', nextAtMs: now.wallMs + limits.actionUndoMs, endedAtMs: now.wallMs },
        row.attempts > limits.actionAttempts ? null : 'failed',
      );
    else put({ ...failed, state: 'failed', endedAtMs: now.wallMs }, 'failed');
  }

  function undo(id: string, by: NonNullable<ActionRow['undoneBy']>): void {
    const row = rows.get(id);
    const rule = row === undefined ? undefined : rulesByName.get(row.action);
    // A failed undo waits for its next attempt; a request of an operator starts it at once.
    const undoneBy = row?.undoneBy === 'regret' ? 'regret' : by;
    if (row?.state === 'undoing' && !busy.has(id)) return void put({ ...row, undoneBy, nextAtMs: null });
    if (row === undefined || rule === undefined || !isUndoable(row) || busy.has(id)) return;
    // Attempts count on after a failed undo, so that the next failure is not reported again.
    const attempts =
      row.because === null || row.state === 'failed' ? 1 : Math.max(row.attempts, limits.actionAttempts) + 1;
    const next = put({ ...row, state: 'undoing', undoneBy: by, attempts, nextAtMs: null, endedAtMs: null });
    if (isElsewhere(row, rule)) refuse(next);
    else order('undo', next, rule);
  }

  /** Fails an undo because the rule names another place now, and the undo would change that place. */
  function refuse(row: ActionRow): void {
    fail(row, 'undo', { tag: 'failed', because: phrase('acted.otherPlace'), output: row.output, retry: false });
  }

  /** Marks the done or undone rows of an advice that clients regret: the mirror that they left did better. */
  function regret(adviceId: string): void {
    for (const row of rows.values())
      if ((row.state === 'done' || row.state === 'undone') && row.advice.id === adviceId)
        put({ ...row, undoneBy: 'regret' });
  }

  /** Takes over the rows that the previous holder shared. A shared row that is done only here counts as undone. */
  function adopt(theirs: readonly ActionRow[]): void {
    const known = new Set(theirs.map(({ id }) => id));
    for (const row of rows.values())
      if (row.isShared && row.state === 'done' && !known.has(row.id))
        put({ ...row, state: 'undone', undoneBy: row.undoneBy ?? 'failback', endedAtMs: now.wallMs });
    for (const row of theirs)
      if (!rows.has(row.id)) put({ ...row, state: 'done', because: null, nextAtMs: null, endedAtMs: now.wallMs });
  }

  function goOn(row: ActionRow, rule: ActionRule): void {
    if (row.nextAtMs !== null && row.nextAtMs > now.wallMs) return;
    const step = row.state === 'undoing' ? 'undo' : row.state === 'running' ? 'act' : 'prepare';
    order(step, put({ ...row, attempts: row.attempts + 1, nextAtMs: null }), rule);
  }

  /** Lets a row refer to the renewed advice, which has another id and the same content. */
  function renew(row: ActionRow, wanted: Advice, rule: ActionRule): ActionRow {
    if (row.state === 'done' && rule.accepts && wanted.state === 'proposed') accepted.add(wanted.id);
    return put({ ...row, advice: wanted });
  }

  function follow(rule: ActionRule, target: ActionRule['targets'][number]): void {
    const { ecosystem, upstream } = target;
    const wanted = input.wanted(ecosystem, upstream);
    const stored = rowsOf(rule).filter(({ advice }) => isSameUpstream(advice, target));
    if (wanted === undefined || stored.some(({ id }) => busy.has(id))) return;
    const mine = stored.map((row) =>
      wanted !== null && !['held', 'failed'].includes(row.state) && isRenewed(row.advice, wanted)
        ? renew(row, wanted, rule)
        : row,
    );
    const open = mine.find((row) => row.endedAtMs === null && row.state !== 'held');
    const paused = pauseOf(rule, input, now);
    if (open !== undefined) {
      const isOther = open.mode !== rule.mode || isElsewhere(open, rule);
      const isOver = open.state !== 'undoing' && (isOther || open.advice.id !== wanted?.id);
      // A pause stops what mirrorwatch decides, not an undo that an operator requested.
      if (paused !== null && (open.state !== 'undoing' || open.undoneBy !== 'operator')) return;
      if (!isOver) return open.state === 'undoing' && isElsewhere(open, rule) ? refuse(open) : goOn(open, rule);
      // A started step may have made its change, so it is undone.
      if (open.attempts > 0 && open.state === 'running') {
        const back = { ...open, state: 'undoing', undoneBy: 'failback', attempts: 0 } as const;
        if (isElsewhere(open, rule)) refuse(back);
        else goOn(back, rule);
      } else put({ ...open, state: 'held', held: 'over', endedAtMs: now.wallMs }, 'held');
      return;
    }
    const [newest] = mine.length === 0 ? [] : inForce(mine[0] as ActionRow);
    const mayUndo = paused === null && (newest?.nextAtMs ?? 0) <= now.wallMs;
    if ((newest?.undoneBy === 'regret' || newest?.undoneBy === 'operator') && mayUndo)
      return undo(newest.id, newest.undoneBy);
    if (wanted === null || wanted.cause === 'failback') {
      // The end of a bypass leaves earlier mirror switches in force.
      const isDue = newest !== undefined && (wanted?.bypass == null || newest.advice.bypass != null);
      if (isDue && mayUndo) undo(newest.id, 'failback');
      else if (!isDue && wanted !== null && rule.accepts && mine.some((one) => isBackSince(one, wanted)))
        accepted.add(wanted.id);
      return;
    }
    const row = mine.find(({ advice }) => advice.id === wanted.id);
    if (row !== undefined && row.state !== 'held') return;
    const held = heldBy(rule, wanted, rowsOf(rule), input, now);
    const inPair = input.lead === 'holder';
    if (held !== null) {
      if (row?.held !== held)
        put(newRow(rule, wanted, { state: 'held', held }, now, inPair), row === undefined ? 'held' : null);
      return;
    }
    order('prepare', put(newRow(rule, wanted, { state: 'planned', held: null }, now, inPair), 'planned'), rule);
  }

  function close(): [ActionState, ActionOutput] {
    const isNeeded = (row: ActionRow): boolean => {
      const { attempts, plannedAtMs, endedAtMs, advice } = row;
      // Recent rows count against the limits per hour and per day, and show a regret.
      if (attempts > 0 && now.wallMs - Math.max(plannedAtMs, endedAtMs ?? 0) < limits.actionRegretMs) return true;
      if (isUndoable(row)) return rulesByName.has(row.action);
      // Without its row, an advice in force would be followed again.
      return input.wanted(advice.ecosystem, advice.upstream)?.id === advice.id;
    };
    const dropped = surplusOf([...rows.values()], isNeeded).map(({ id }) => id);
    for (const id of dropped) rows.delete(id);
    const kept = [...changed].flatMap((id) => rows.get(id) ?? []);
    return [
      { rows, busy },
      { rows: kept, dropped, orders, results, accepted: [...accepted] },
    ];
  }

  return { end, takeBack, undo, regret, adopt, follow, close };
}
