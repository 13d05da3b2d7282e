import { describe, expect, it } from 'vitest';
import type { ActionRow, ActionRule } from '../../../../src/core/action.ts';
import { limits } from '../../../../src/core/limits.ts';
import { adviceTo, ruleOf } from './advice.ts';
import { broken, done, engine, id } from './engine-run.ts';

describe('an action that follows advice', () => {
  it('is planned, prepared, carried out and accepted, once', () => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo());
    one.turns(10);
    expect(one.steps).toEqual([`prepare ${id}`, `act ${id}`]);
    expect(one.results()).toEqual([`planned ${id}`, `done ${id}`]);
    expect(one.accepted()).toEqual(['advice00000000000001']);
    expect(one.row(id)).toMatchObject({ state: 'done', kept: 7, attempts: 1, isInterrupted: false });
  });
  it('is stored before it begins: the order of a step comes with its row', () => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo());
    one.turns(4);
    for (const { orders, rows } of one.outputs)
      for (const { row } of orders) expect(rows.map((each) => each.id)).toContain(row.id);
  });
  it('goes back when the advice ends, and by failback; what it did last is put back first', () => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo());
    one.turns(3);
    one.wants(adviceTo({ id: 'advice00000000000002', to: 'c' }));
    one.turns(3);
    one.wants(adviceTo({ id: 'advice00000000000003', cause: 'failback', to: 'a', issuedAtMs: 1_006_000 }));
    one.turns(8);
    expect(one.steps.slice(4)).toEqual(['undo advice00000000000002.ci', `undo ${id}`]);
    expect(one.accepted()).toContain('advice00000000000003');
    expect(one.rows().map(({ state }) => state)).toEqual(['undone', 'undone']);
  });
  it('leaves a failback alone that it had no part in', () => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo({ cause: 'failback' }));
    one.turns(5);
    expect(one.steps).toEqual([]);
    expect(one.accepted()).toEqual([]);
  });
  it('does nothing while nothing is known', () => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo());
    one.turns(3);
    one.wants(undefined);
    one.turns(5);
    expect(one.rows().map(({ state }) => state)).toEqual(['done']);
  });
  it('only shows what it would do in a dry run, and neither accepts nor undoes', () => {
    const one = engine([ruleOf({ mode: 'dry-run' })]);
    one.wants(adviceTo());
    one.turns(5);
    one.wants(null);
    one.turns(5);
    expect(one.steps).toEqual([`prepare ${id}`]);
    expect(one.row(id)).toMatchObject({ state: 'planned', output: 'diff' });
    expect(one.accepted()).toEqual([]);
  });
});

describe('trouble', () => {
  it('is tried again, later each time, and then given up', () => {
    const one = engine([ruleOf()]);
    one.ends((step) => (step === 'act' ? broken : done));
    one.wants(adviceTo());
    one.turns(200);
    expect(one.steps.filter((step) => step.startsWith('act'))).toHaveLength(limits.actionAttempts);
    expect(one.results()).toEqual([`planned ${id}`, `failed ${id}`]);
    expect(one.row(id)).toMatchObject({ state: 'failed', because: { key: 'acted.time' } });
  });
  it('a change whose undo fails stays in force, is reported once, and its undo is retried each hour until it succeeds', () => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo());
    one.turns(3);
    one.ends(() => ({ ...broken, retry: false }));
    one.wants(null);
    one.turns(5);
    expect(one.row(id)).toMatchObject({ state: 'done', because: { key: 'acted.time' }, undoneBy: 'failback' });
    expect(one.steps.filter((step) => step.startsWith('undo'))).toHaveLength(1);
    one.after(limits.actionUndoMs);
    one.turns(3);
    one.after(limits.actionUndoMs);
    one.ends(() => done);
    one.turns(3);
    expect(one.results()).toEqual([`planned ${id}`, `done ${id}`, `failed ${id}`, `undone ${id}`]);
    expect(one.row(id)).toMatchObject({ state: 'undone', because: null });
  });
  it('an order that was not begun is decided again: not under the brake, nor for an advice that is over', () => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo());
    one.turns(1);
    one.ends(() => 'hangs');
    one.turns(1);
    expect(one.steps).toEqual([`prepare ${id}`, `act ${id}`]);
    one.is({ isStopped: true });
    one.turn({ unbegun: [id] });
    one.turns(3);
    expect(one.row(id)).toMatchObject({ state: 'running', attempts: 0 });
    one.is({ isStopped: false });
    one.wants(null);
    one.turns(3);
    expect(one.steps).toHaveLength(2);
    expect(one.row(id)).toMatchObject({ state: 'held', held: 'over' });
  });
  it('decides nothing while the daemon ends, and takes what has ended', () => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo());
    one.turn();
    one.turn({ isStopping: true });
    expect(one.row(id)).toMatchObject({ state: 'running', attempts: 0 });
    expect(one.steps).toEqual([`prepare ${id}`]);
  });
  it.each<[string, Partial<ActionRule>]>([
    ['a dry run', { mode: 'dry-run' }],
    ['another file', { deed: { kind: 'file', path: '/etc/other.env', as: 'env' } }],
    ['a program', { deed: { kind: 'command', argv: ['x'], cwd: '/' } }],
  ])('a prepared row is not carried out by a rule that has become %s', (_, over) => {
    const first = engine([ruleOf()]);
    first.wants(adviceTo());
    first.turn();
    first.is({ isStopped: true });
    first.turns(2);
    const second = engine([ruleOf(over)], first.rows());
    second.wants(adviceTo());
    second.turn();
    expect(second.row(id)).toMatchObject({ state: 'held', held: 'over' });
    expect(second.steps).toEqual([]);
  });
  it('an undo goes to no other place than the change', () => {
    const first = engine([ruleOf()]);
    first.wants(adviceTo());
    first.turns(3);
    const second = engine([ruleOf({ deed: { kind: 'file', path: '/srv/ci/goproxy.env', as: 'env' } })], first.rows());
    second.turns(3);
    expect(second.steps).toEqual([]);
    expect(second.row(id)).toMatchObject({ state: 'done', because: { key: 'acted.otherPlace' } });
    expect(second.results()).toEqual([`failed ${id}`]);
  });
  it('one undo of a program names where the first of its changes began', () => {
    const one = engine([ruleOf({ deed: { kind: 'command', argv: ['x'], cwd: '/' } })]);
    one.wants(adviceTo());
    one.turns(3);
    const chain = { before: 'https://b.example.net|direct', after: 'https://c.example.org|direct' };
    one.wants(adviceTo({ id: 'advice00000000000002', from: 'b', to: 'c', chain }));
    one.turns(3);
    one.wants(null);
    one.turns(3);
    const undone = one.outputs.flatMap(({ orders }) => orders.filter(({ step }) => step === 'undo'));
    expect(undone.map(({ row }) => [row.advice.from, row.advice.to, row.advice.chain.before])).toEqual([
      ['a', 'c', 'https://a.example.com,direct'],
    ]);
    expect(one.rows().map(({ state }) => state)).toEqual(['undone', 'undone']);
  });
  it('an advice that ends while the action is prepared is not followed any more', () => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo());
    one.turn();
    one.wants(null);
    one.turns(4);
    expect(one.steps).toEqual([`prepare ${id}`]);
    expect(one.row(id)).toMatchObject({ state: 'held', held: 'over' });
  });
  it('what a killed process had begun is found, said, and carried out again under the same id', () => {
    const first = engine([ruleOf()]);
    first.ends((step) => (step === 'act' ? 'hangs' : done));
    first.wants(adviceTo());
    first.turns(3);
    expect(first.row(id)).toMatchObject({ state: 'running', attempts: 1 });
    const second = engine([ruleOf()], first.rows());
    second.wants(adviceTo());
    second.turns(3);
    expect(second.steps).toEqual([`act ${id}`]);
    expect(second.row(id)).toMatchObject({ state: 'done', attempts: 2, isInterrupted: true });
  });
  it('what it had begun for an advice that is over is put back', () => {
    const first = engine([ruleOf()]);
    first.ends((step) => (step === 'act' ? 'hangs' : done));
    first.wants(adviceTo());
    first.turns(3);
    const second = engine([ruleOf()], first.rows());
    second.turns(3);
    expect(second.steps).toEqual([`undo ${id}`]);
    expect(second.row(id)).toMatchObject({ state: 'undone', isInterrupted: true });
  });
  it('a kill while it waits to begin loses nothing', () => {
    const first = engine([ruleOf()]);
    first.ends(() => 'hangs');
    first.wants(adviceTo());
    first.turn();
    const second = engine([ruleOf()], first.rows());
    second.wants(adviceTo());
    second.turns(4);
    expect(second.row(id)).toMatchObject({ state: 'done', isInterrupted: false });
  });
});

it('the journal is bounded, and keeps what can still be undone, what a limit counts and what an advice in force needs', () => {
  const first = engine([ruleOf()]);
  first.wants(adviceTo({ id: 'first' }));
  first.turns(3);
  const [done] = first.rows() as [ActionRow];
  const other = (name: string, over: Partial<ActionRow> = {}): ActionRow => ({
    ...done,
    id: `${name}.ci`,
    advice: adviceTo({ id: name }),
    state: 'failed',
    ...over,
  });
  const many = Array.from({ length: limits.actionRows }, (_, at) => other(`advice${at}`));
  const one = engine([ruleOf()], [done, other('wanted'), other('gone', { action: 'gone', state: 'done' }), ...many]);
  one.wants(adviceTo({ id: 'wanted' }));
  one.turn();
  expect(one.rows()).toHaveLength(limits.actionRows + 3);
  one.after(2 * limits.actionRegretMs);
  one.turn();
  expect(one.rows()).toHaveLength(limits.actionRows);
  expect([one.row('first.ci')?.state, one.row('wanted.ci')?.state]).toEqual(['done', 'failed']);
  expect(one.outputs.flatMap(({ dropped }) => dropped)).toEqual(['gone.ci', 'advice0.ci', 'advice1.ci']);
});
