import { describe, expect, it } from 'vitest';
import type { ActionRow, ActionStep } from '../../../../src/core/action.ts';
import { newRow } from '../../../../src/features/actions/rows.ts';
import { adviceTo, ruleOf } from './advice.ts';
import { done, engine, id } from './engine-run.ts';

type State = ActionRow['state'];

const rule = ruleOf({ deed: { kind: 'command', argv: ['x'], cwd: '/' } });

function rowIn(state: State, over: Partial<ActionRow> = {}): ActionRow {
  const now = { wallMs: 900_000, monotonicMs: 900_000 };
  const isOpen = state === 'planned' || state === 'running' || state === 'undoing';
  return {
    ...newRow(rule, adviceTo(), { state, held: state === 'held' ? 'quiet' : null }, now),
    attempts: 1,
    endedAtMs: isOpen || state === 'held' ? null : now.wallMs,
    ...over,
  };
}

const ran = { because: { key: 'acted.exit', values: {} } } as const;
const broken = { tag: 'failed', ...ran, output: '', retry: false } as const;
const rows: Readonly<Record<string, ActionRow>> = {
  held: rowIn('held', { attempts: 0 }),
  planned: rowIn('planned'),
  'running, not begun': rowIn('running', { attempts: 0 }),
  running: rowIn('running'),
  done: rowIn('done'),
  'failed before its program ran': rowIn('failed', { because: { key: 'acted.start', values: {} } }),
  'failed after its program ran': rowIn('failed', ran),
  undoing: rowIn('undoing', { undoneBy: 'failback' }),
  undone: rowIn('undone', { undoneBy: 'failback' }),
};

const stepOf: Readonly<Partial<Record<State, ActionStep>>> = { planned: 'prepare', running: 'act', undoing: 'undo' };

/** The state after an event; `null`: no step is under way whose end could come. */
function after(row: ActionRow, event: 'succeeds' | 'fails' | 'over' | 'undo'): State | null | undefined {
  const one = engine([rule], [row]);
  one.wants(undefined);
  const step = stepOf[row.state];
  if (event === 'succeeds' || event === 'fails') {
    if (step === undefined) return null;
    one.turn({ ended: [{ id, step, end: event === 'succeeds' ? done : broken }] });
  } else if (event === 'over') {
    one.wants(null);
    one.turn();
  } else one.turn({ undo: [id] });
  return one.row(id)?.state;
}

describe('every state of a row at every event: its step succeeds or fails for good, its advice is over, an undo is wanted', () => {
  it.each<[string, State | null, State | null, State, State]>([
    ['held', null, null, 'held', 'held'],
    ['planned', 'running', 'failed', 'held', 'planned'],
    ['running, not begun', 'done', 'failed', 'held', 'running'],
    ['running', 'done', 'failed', 'undoing', 'running'],
    ['done', null, null, 'undoing', 'undoing'],
    ['failed before its program ran', null, null, 'failed', 'failed'],
    ['failed after its program ran', null, null, 'undoing', 'undoing'],
    ['undoing', 'undone', 'done', 'undoing', 'undoing'],
    ['undone', null, null, 'undone', 'undone'],
  ])('%s', (name, ...want) => {
    const row = rows[name] as ActionRow;
    const events = ['succeeds', 'fails', 'over', 'undo'] as const;
    expect(events.map((event) => after(row, event))).toEqual(want);
  });

  it('a dry run ends as planned', () => {
    const shown = { ...rowIn('planned'), mode: 'dry-run' } as const;
    const one = engine([ruleOf({ mode: 'dry-run' })], [shown]);
    one.wants(undefined);
    one.turn({ ended: [{ id, step: 'prepare', end: done }] });
    expect(one.row(id)).toMatchObject({ state: 'planned', output: 'diff' });
    expect(one.row(id)?.endedAtMs).not.toBeNull();
  });
});
