import type { ActionEnd, ActionResult, ActionRow, ActionRule, ActionStep } from '../../core/action.ts';
import { isUndoable } from '../../core/action.ts';
import type { Advice } from '../../core/advice.ts';
import type { EcosystemId } from '../../core/mirror.ts';
import type { Now } from '../../core/ports.ts';
import type { Situation } from './policy.ts';
import { isSameUpstream } from './rows.ts';

/** The rows of the action journal by id. `busy`: the ids of rows whose current step is running. */
export interface ActionState {
  readonly rows: ReadonlyMap<string, ActionRow>;
  readonly busy: ReadonlySet<string>;
}

export interface ActionInput extends Situation {
  readonly rules: readonly ActionRule[];
  /** Returns the advice in force. `null`: none; `undefined`: not known now. */
  wanted(ecosystem: EcosystemId, upstream: string): Advice | null | undefined;
  /** Ids of advice that an audit found wrong: the previous mirror performed better. */
  readonly regretted: readonly string[];
  readonly ended: readonly { readonly id: string; readonly step: ActionStep; readonly end: ActionEnd }[];
  /** Ids of rows whose ordered step could not start. */
  readonly unbegun: readonly string[];
  readonly isStopping: boolean;
  readonly undo: readonly string[];
  /** True if the mirror is down now. */
  isDown(registry: string): boolean;
}

export interface ActionOutput {
  readonly rows: readonly ActionRow[];
  readonly dropped: readonly string[];
  /** Steps to run after `rows` are stored. */
  readonly orders: readonly { readonly step: ActionStep; readonly row: ActionRow; readonly rule: ActionRule }[];
  readonly results: readonly { readonly result: ActionResult; readonly row: ActionRow }[];
  readonly accepted: readonly string[];
  /**
   * Accepted advice whose change was undone after a regret. `back`: the advice that is in force again; `null`: the
   * declared chain is.
   */
  readonly reverted: readonly { readonly advice: Advice; readonly back: Advice | null }[];
}

/** One pass of the engine: its input, the rows so far, and the output so far. */
export interface Turn {
  readonly input: ActionInput;
  readonly now: Now;
  readonly rules: ReadonlyMap<string, ActionRule>;
  readonly rows: Map<string, ActionRow>;
  readonly busy: Set<string>;
  readonly changed: Set<string>;
  readonly orders: ActionOutput['orders'][number][];
  readonly results: ActionOutput['results'][number][];
  readonly accepted: Set<string>;
  readonly reverted: ActionOutput['reverted'][number][];
}

export function openTurn(state: ActionState, input: ActionInput, now: Now): Turn {
  return {
    input,
    now,
    rules: new Map(input.rules.map((rule) => [rule.name, rule])),
    rows: new Map(state.rows),
    busy: new Set(state.busy),
    changed: new Set(),
    orders: [],
    results: [],
    accepted: new Set(),
    reverted: [],
  };
}

export function recordRow(turn: Turn, row: ActionRow, result: ActionResult | null = null): ActionRow {
  turn.rows.set(row.id, row);
  turn.changed.add(row.id);
  if (result !== null) turn.results.push({ result, row });
  return row;
}

export function requestStep(turn: Turn, step: ActionStep, row: ActionRow, rule: ActionRule): void {
  turn.busy.add(row.id);
  turn.orders.push({ step, row: step === 'undo' ? withFirstChain(turn, row) : row, rule });
}

export function rowsOfRule(turn: Turn, rule: ActionRule): ActionRow[] {
  return [...turn.rows.values()].filter(({ action }) => action === rule.name);
}

/** Returns the rows of the same action and upstream that are in force: undoable or undoing. The newest is first. */
export function rowsInForce(turn: Turn, row: Pick<ActionRow, 'action' | 'advice'>): ActionRow[] {
  return [...turn.rows.values()]
    .filter((one) => one.action === row.action && isSameUpstream(one.advice, row.advice))
    .filter((one) => one.state === 'undoing' || isUndoable(one))
    .sort((a, b) => b.plannedAtMs - a.plannedAtMs || (a.id < b.id ? 1 : -1));
}

/**
 * Returns the rows that one undo reverts. An undo of kind `command` reverts all switches of its action at an upstream,
 * or all bypasses, at once. An undo of another kind reverts only its own row.
 */
export function rowsUndoneWith(turn: Turn, row: ActionRow): readonly ActionRow[] {
  return row.kind === 'command'
    ? rowsInForce(turn, row).filter(({ advice }) => (advice.bypass == null) === (row.advice.bypass == null))
    : [row];
}

/**
 * Returns the row for an undo, with the mirror and chain from before the first change, because a mirror used in between
 * may be down.
 */
function withFirstChain(turn: Turn, row: ActionRow): ActionRow {
  const first = rowsUndoneWith(turn, row).at(-1)?.advice ?? row.advice;
  const chain = { ...row.advice.chain, before: first.chain.before };
  return { ...row, advice: { ...row.advice, from: first.from, chain } };
}

/** Returns the mirror that clients use again after an undo of this row. */
export function returnMirrorOf(turn: Turn, row: ActionRow): string {
  return withFirstChain(turn, row).advice.from;
}
