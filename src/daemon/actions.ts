import {
  type ActionEnd,
  type ActionNews,
  type ActionRow,
  type ActionStep,
  type Actor,
  isUndoable,
} from '../core/action.ts';
import type { AdviceChange } from '../core/advice.ts';
import type { Now, Row } from '../core/ports.ts';
import { advanceActions, restoreActions } from '../features/actions/engine.ts';
import type { ActionOutput, ActionState } from '../features/actions/turn.ts';
import { isSoundRow } from '../state/row-shapes.ts';
import type { Stages } from './assemble.ts';
import type { Absorb, News } from './news.ts';

export type Actions = ReturnType<typeof createActions>;

/** Without news, the engine runs at most once in this time, milliseconds. */
const everyMs = 250;

/**
 * The engine of `features/actions` in the daemon's loop.
 * @param restored  the rows of table `action`
 * @param ended  requests a turn of the loop
 */
export function createActions(s: Stages, actor: Actor | null, restored: readonly Row[], ended: () => void) {
  let state: ActionState = restoreActions(restored.map(({ value }) => value as ActionRow));
  for (const { id, isInterrupted } of state.rows.values())
    if (isInterrupted) s.log.warn('an action was interrupted; it is carried out again', { action: id });
  let isStopped = actor?.isStopped() ?? false;
  if (isStopped) s.log.warn('actions are stopped');
  let isClosed = false;
  let inFlight = 0;
  let atMs = Number.NEGATIVE_INFINITY;
  const ends: { readonly id: string; readonly step: ActionStep; readonly end: ActionEnd }[] = [];
  const undos: string[] = [];
  /** Ids of advice that `accept` found regretted, for the next turn. */
  const regrets: string[] = [];
  const orders: ActionOutput['orders'][number][] = [];
  const unbegun: string[] = [];

  function accept(id: string, now: Now, absorb: Absorb): void {
    const done = s.advisor.accept(id, now);
    if (done.tag === 'error') return;
    absorb.advise(done.value);
    regrets.push(...regrettedIn(done.value.changes));
    const advice = done.value.changes.find((change) => change.advice.id === id)?.advice;
    if (advice === undefined) return;
    const { ecosystem, upstream, from, to } = advice;
    s.answers.told({ kind: 'accepted', ecosystem, upstream, from, to }, now);
  }

  return {
    /** Updates the journal, accepts advice, decides what `begin` starts. @param isStopping  nothing new starts */
    turn(advised: readonly AdviceChange[], news: News, now: Now, absorb: Absorb, isStopping: boolean): void {
      const rules = actor === null ? [] : (s.config.onAdvice ?? []);
      if (rules.length === 0) return;
      if (ends.length + undos.length + advised.length === 0 && now.monotonicMs - atMs < everyMs) return;
      atMs = now.monotonicMs;
      const lead = actor?.lead(s.config.pair) ?? 'alone';
      const shared = lead === 'holder' ? actor?.takeShared() : null;
      const [next, out] = advanceActions(
        state,
        {
          rules,
          isStopped,
          isSuspect: s.detector.vantage().suspect !== false,
          lead,
          adopted: shared?.flatMap(rowIn) ?? null,
          votes({ ecosystem, upstream, from, to }) {
            const { fleet, labels } = s.config;
            const move = { ecosystem, upstream, from, to };
            return fleet === undefined ? null : (actor?.votes(fleet, labels?.group ?? '', move) ?? null);
          },
          regretted: [...regrettedIn(advised), ...regrets.splice(0)],
          ended: ends.splice(0),
          undo: undos.splice(0),
          unbegun: unbegun.splice(0),
          isStopping,
          wanted(ecosystem, upstream) {
            const set = s.advisor.remedy(ecosystem, upstream);
            return set.kind === 'set' ? set.advice : set.state === 'suspect' ? undefined : null;
          },
        },
        now,
      );
      news.acted.push(...toldOf(out, state));
      state = next;
      news.rows.push(
        ...out.rows.map((row): Row => ({ table: 'action', key: row.id, atMs: row.plannedAtMs, value: row })),
      );
      for (const row of out.rows)
        if (lead === 'holder' && row.isShared)
          actor?.share(row.id, ['running', 'done', 'undoing'].includes(row.state) ? JSON.stringify(row) : null);
      news.deletes.push(...out.dropped.map((key) => ({ table: 'action' as const, key })));
      news.actions.push(...out.results);
      orders.push(...out.orders);
      for (const id of out.accepted) accept(id, now, absorb);
    },
    /** Starts the decided steps. @param isStored  false: the journal could not be written, so none starts */
    begin(isStored: boolean): void {
      for (const { step, row, rule } of orders.splice(0)) {
        // Advice, rule or `actions stop` may change until the next turn, which decides again.
        if (!isStored || actor === null || isClosed) {
          unbegun.push(row.id);
          continue;
        }
        inFlight += 1;
        void actor.run(step, row, rule).then((end) => {
          inFlight -= 1;
          if (isClosed) return;
          ends.push({ id: row.id, step, end });
          ended();
        });
      }
    },
    /** The journal, newest first. */
    list: (): readonly ActionRow[] =>
      [...state.rows.values()].sort((a, b) => b.plannedAtMs - a.plannedAtMs || (a.id < b.id ? 1 : -1)),
    isStopped: () => isStopped,
    /** Stops or resumes all actions. @returns whether that survives a restart */
    stop(wanted: boolean): boolean {
      isStopped = wanted;
      atMs = Number.NEGATIVE_INFINITY;
      s.log.warn(wanted ? 'actions are stopped' : 'actions run again');
      return actor?.keepStopped(wanted) ?? false;
    },
    undo(id: string): 'ok' | 'unknown' | 'not_done' {
      const row = state.rows.get(id);
      if (row === undefined) return 'unknown';
      // `undoing`: the requested undo is already under way.
      if (row.state !== 'undoing' && (!isUndoable(row) || state.busy.has(id))) return 'not_done';
      undos.push(id);
      return 'ok';
    },
    inFlight: () => inFlight,
    /** Ends running actions; the next start of the daemon carries them out again. */
    async close(): Promise<void> {
      isClosed = true;
      await actor?.close();
    },
  };
}

/** The action news for receivers: no plans, no dry runs, and held actions only where an operator may be needed. */
function toldOf({ results, rows }: ActionOutput, before: ActionState): readonly ActionNews[] {
  const held = rows.filter(({ id, held }) => isForPeople(held) && before.rows.get(id)?.held !== held);
  return [
    ...results.flatMap(({ result, row }) => (result === 'planned' || result === 'held' ? [] : { result, row })),
    ...held.map((row) => ({ result: 'held' as const, row })),
  ].filter(({ row }) => row.mode === 'auto');
}

function isForPeople(held: ActionRow['held']): boolean {
  return held === 'stopped' || held === 'regret' || held === 'hour' || held === 'day';
}

/** Parses a row that the other daemon of the pair stored; empty if this build does not know its form. */
function rowIn(text: string): readonly ActionRow[] {
  try {
    const value = JSON.parse(text) as ActionRow;
    return isSoundRow({ table: 'action', key: value.id, atMs: value.plannedAtMs, value }) ? [value] : [];
  } catch {
    return [];
  }
}

function regrettedIn(changes: readonly AdviceChange[]): readonly string[] {
  return changes.flatMap(({ change, advice }) => (change === 'regretted' ? [advice.id] : []));
}
