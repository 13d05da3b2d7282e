import {
  type ActionChange,
  type ActionEnd,
  type ActionRow,
  type ActionStep,
  type Actor,
  type HeldReason,
  isUndoable,
} from '../core/action.ts';
import type { AdviceChange } from '../core/advice.ts';
import type { Now, Row } from '../core/ports.ts';
import { isDownNow, openOutagesOf } from '../core/standing.ts';
import { advanceActions, restoreActions } from '../features/actions/engine.ts';
import type { ActionInput, ActionOutput, ActionState } from '../features/actions/turn.ts';
import type { Stages } from './assemble.ts';
import type { Absorb, TurnChanges } from './news.ts';

/** If nothing changed, the engine of the actions runs at most once in this time, milliseconds. */
const everyMs = 250;

/** Runs the engine of `features/actions` (automatic actions on advice) in the daemon's loop. */
export class Actions {
  readonly #stages: Stages;
  readonly #actor: Actor | null;
  readonly #ended: () => void;
  #state: ActionState;
  #isStopped: boolean;
  #isClosed = false;
  #inFlight = 0;
  #atMs = Number.NEGATIVE_INFINITY;
  readonly #ends: { readonly id: string; readonly step: ActionStep; readonly end: ActionEnd }[] = [];
  readonly #undos: string[] = [];
  /**
   * Ids of regretted advice (an audit found the previous mirror better) that an acceptance or an undo reported. The next
   * turn reads them.
   */
  readonly #regrets: string[] = [];
  readonly #orders: ActionOutput['orders'][number][] = [];
  readonly #unbegun: string[] = [];

  /**
   * @param restored  the rows of table `action`
   * @param ended     called when a step has ended, to request a turn of the main loop
   */
  constructor(stages: Stages, actor: Actor | null, restored: readonly Row[], ended: () => void) {
    this.#stages = stages;
    this.#actor = actor;
    this.#ended = ended;
    this.#state = restoreActions(restored.map(({ value }) => value as ActionRow));
    for (const { id, isInterrupted } of this.#state.rows.values())
      if (isInterrupted) stages.log.warn('an action was interrupted; it is carried out again', { action: id });
    this.#isStopped = actor?.isStopped() ?? false;
    if (this.#isStopped) stages.log.warn('actions are stopped');
  }

  /**
   * Updates the journal, accepts advice, and decides which steps `begin` starts.
   * @param isStopping  true: no new action starts
   */
  turn(advised: readonly AdviceChange[], changes: TurnChanges, now: Now, absorb: Absorb, isStopping: boolean): void {
    const rules = this.#actor === null ? [] : (this.#stages.config.onAdvice ?? []);
    if (rules.length === 0) return;
    if (this.#ends.length + this.#undos.length + advised.length === 0 && now.monotonicMs - this.#atMs < everyMs) return;
    this.#atMs = now.monotonicMs;
    const before = this.#state;
    const [next, out] = advanceActions(before, this.#inputOf(rules, advised, isStopping), now);
    this.#state = next;
    changes.acted.push(...changesOf(out, before));
    changes.rows.push(
      ...out.rows.map((row): Row => ({ table: 'action', key: row.id, atMs: row.plannedAtMs, value: row })),
    );
    changes.deletes.push(...out.dropped.map((key) => ({ table: 'action' as const, key })));
    changes.actions.push(...out.results);
    this.#orders.push(...out.orders);
    for (const id of out.accepted) this.#accept(id, now, absorb);
    for (const { advice, back } of out.reverted) {
      const reverted = this.#stages.advisor.undo(advice, back, now);
      absorb.advise(reverted);
      this.#regrets.push(...regrettedIn(reverted.changes));
    }
  }

  /**
   * Starts the steps of actions that `turn` decided on. @param isStored  false: the journal could not be written, so no
   * step starts
   */
  begin(isStored: boolean): void {
    for (const { step, row, rule } of this.#orders.splice(0)) {
      // The step is not started now. The next turn decides about it again, because advice, rule or `actions stop` may
      // change.
      if (!isStored || this.#actor === null || this.#isClosed) {
        this.#unbegun.push(row.id);
        continue;
      }
      this.#inFlight += 1;
      void this.#actor.run(step, row, rule).then((end) => {
        this.#inFlight -= 1;
        if (this.#isClosed) return;
        this.#ends.push({ id: row.id, step, end });
        this.#ended();
      });
    }
  }

  /** Returns the journal of actions, newest first. */
  list(): readonly ActionRow[] {
    return [...this.#state.rows.values()].sort((a, b) => b.plannedAtMs - a.plannedAtMs || (a.id < b.id ? 1 : -1));
  }

  isStopped(): boolean {
    return this.#isStopped;
  }

  /** Stops or resumes all actions. @returns true if the setting also holds after a restart of the daemon */
  stop(wanted: boolean): boolean {
    this.#isStopped = wanted;
    this.#atMs = Number.NEGATIVE_INFINITY;
    this.#stages.log.warn(wanted ? 'actions are stopped' : 'actions run again');
    return this.#actor?.keepStopped(wanted) ?? false;
  }

  undo(id: string): 'ok' | 'unknown' | 'not_done' {
    const row = this.#state.rows.get(id);
    if (row === undefined) return 'unknown';
    // In state `undoing`, the requested undo is already under way.
    if (row.state !== 'undoing' && (!isUndoable(row) || this.#state.busy.has(id))) return 'not_done';
    this.#undos.push(id);
    return 'ok';
  }

  inFlight(): number {
    return this.#inFlight;
  }

  /** Ends running actions; the next start of the daemon carries them out again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#actor?.close();
  }

  #inputOf(rules: ActionInput['rules'], advised: readonly AdviceChange[], isStopping: boolean): ActionInput {
    const { detector, advisor, config } = this.#stages;
    const actor = this.#actor;
    const standingOf = (name: string) => detector.standings().find(({ registry }) => registry === name);
    return {
      rules,
      isStopped: this.#isStopped,
      isSuspect: detector.vantage().suspect !== false,
      votes({ ecosystem, upstream, from, to }) {
        const { fleet, labels } = config;
        const move = { ecosystem, upstream, from, to };
        return fleet === undefined ? null : (actor?.votes(fleet, labels?.group ?? '', move) ?? null);
      },
      regretted: [...regrettedIn(advised), ...this.#regrets.splice(0)],
      ended: this.#ends.splice(0),
      undo: this.#undos.splice(0),
      unbegun: this.#unbegun.splice(0),
      isStopping,
      isDown(registry) {
        const standing = standingOf(registry);
        return standing !== undefined && isDownNow(standing);
      },
      citesOutage({ from, evidence }) {
        return openOutagesOf(standingOf(from) ?? null).some(({ id }) => evidence.findings.includes(id));
      },
      wanted(ecosystem, upstream) {
        const set = advisor.remedy(ecosystem, upstream);
        return set.kind === 'set' ? set.advice : set.state === 'suspect' ? undefined : null;
      },
    };
  }

  #accept(id: string, now: Now, absorb: Absorb): void {
    const { advisor, responses } = this.#stages;
    const done = advisor.accept(id, now);
    if (done.tag === 'error') return;
    absorb.advise(done.value);
    this.#regrets.push(...regrettedIn(done.value.changes));
    const advice = done.value.changes.find((change) => change.advice.id === id)?.advice;
    if (advice === undefined) return;
    const { ecosystem, upstream, from, to } = advice;
    responses.command({ kind: 'accepted', ecosystem, upstream, from, to }, now);
  }
}

/**
 * Returns the changes of actions that receivers get: no plans and no dry runs. Held actions are included only if an
 * operator may be needed, and once for each reason.
 */
function changesOf({ results, rows }: ActionOutput, before: ActionState): readonly ActionChange[] {
  const held = rows.filter(({ id, held }) => {
    const earlier = before.rows.get(id);
    return held !== null && isForPeople(held) && earlier?.held !== held && earlier?.heldFor?.includes(held) !== true;
  });
  return [
    ...results.flatMap(({ result, row }) => (result === 'planned' || result === 'held' ? [] : { result, row })),
    ...held.map((row) => ({ result: 'held' as const, row })),
  ].filter(({ row }) => row.mode === 'auto');
}

function isForPeople(held: HeldReason): boolean {
  return held === 'stopped' || held === 'regret' || held === 'hour' || held === 'day';
}

function regrettedIn(changes: readonly AdviceChange[]): readonly string[] {
  return changes.flatMap(({ change, advice }) => (change === 'regretted' ? [advice.id] : []));
}
