import { describe, expect, it } from 'vitest';
import type { ActionEnd, ActionRule } from '../../../../src/core/action.ts';
import { limits } from '../../../../src/core/limits.ts';
import { Secret } from '../../../../src/core/secret.ts';
import { adviceTo, ruleOf } from './advice.ts';
import { broken, done, engine, gitDeed, id, storeDeed } from './engine-run.ts';

describe('undo and regret', () => {
  it('an operator undoes one, and it is not done again for that advice', () => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo());
    one.turns(3);
    one.turn({ undo: [id] });
    one.turns(5);
    expect(one.row(id)).toMatchObject({ state: 'undone', undoneBy: 'operator' });
    expect(one.steps).toEqual([`prepare ${id}`, `act ${id}`, `undo ${id}`]);
  });
  it.each<ActionRule['deed']>([
    { kind: 'file', path: '/etc/ci/goproxy.env', as: 'env' },
    { kind: 'command', argv: ['x'], cwd: '/' },
    gitDeed,
    storeDeed,
    { ...storeDeed, body: { template: new Secret('{{chain}}') } },
  ])('an operator undoes each kind by its id, under the brake as well', (deed) => {
    const one = engine([ruleOf({ deed })]);
    one.wants(adviceTo());
    one.turns(3);
    one.is({ isStopped: true });
    one.turn({ undo: [id] });
    one.turns(2);
    expect(one.row(id)).toMatchObject({ kind: deed.kind, state: 'undone', undoneBy: 'operator' });
  });
  it('what a failed step may have changed is kept for its undo', () => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo());
    one.ends((step) => (step.startsWith('act') ? { ...broken, kept: 9 } : done));
    one.turns(4);
    expect(one.row(id)).toMatchObject({ state: 'running', because: { key: 'acted.time' }, kept: 9 });
  });
  it('an undo that failed and waits is tried at once when an operator undoes it again', () => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo());
    one.turns(3);
    one.ends((step) => (step.startsWith('undo') ? broken : done));
    one.turn({ undo: [id] });
    one.turns(2);
    expect(one.row(id)).toMatchObject({ state: 'undoing', nextAtMs: expect.any(Number) });
    one.ends(() => done);
    one.turn({ undo: [id] });
    one.turns(2);
    expect(one.row(id)).toMatchObject({ state: 'undone', undoneBy: 'operator' });
  });
  it('an advice that is renewed is the one that was undone, and the one that was done', () => {
    const one = engine([ruleOf(), ruleOf({ name: 'other' })]);
    one.wants(adviceTo());
    one.turns(3);
    one.turn({ undo: [id] });
    one.turns(2);
    one.wants(adviceTo({ id: 'advice00000000000002', issuedAtMs: 86_400_000, expiresAtMs: 172_800_000 }));
    one.turns(5);
    one.wants(adviceTo({ id: 'advice00000000000003', issuedAtMs: 172_800_000, state: 'accepted' }));
    one.turns(5);
    expect(one.steps.filter((step) => !step.startsWith('prepare'))).toEqual([
      `act ${id}`,
      'act advice00000000000001.other',
      `undo ${id}`,
    ]);
    expect(one.rows().map(({ advice, state }) => `${advice.id} ${state}`)).toEqual([
      'advice00000000000003 undone',
      'advice00000000000003 done',
    ]);
    one.wants(adviceTo({ id: 'advice00000000000004', issuedAtMs: 172_900_000, reason: 'a is down again.' }));
    one.turns(3);
    expect(one.steps).toContain('act advice00000000000004.ci');
  });
  it('a regretted one is undone, and its like held back for a day', () => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo());
    one.turns(3);
    one.turn({ regretted: ['advice00000000000001'] });
    one.turns(3);
    expect(one.row(id)).toMatchObject({ state: 'undone', undoneBy: 'regret' });
    one.wants(adviceTo({ id: 'advice00000000000002' }));
    one.turns(3);
    expect(one.row('advice00000000000002.ci')).toMatchObject({
      held: 'regret',
      nextAtMs: (one.row(id)?.endedAtMs ?? 0) + limits.actionRegretMs,
    });
    one.after(limits.actionRegretMs);
    one.turns(3);
    expect(one.row('advice00000000000002.ci')?.state).toBe('done');
  });
  it('an undo after a regret ends the advice that it carried out: the earlier change counts again, or none', () => {
    const one = engine([ruleOf()]);
    const second = adviceTo({ id: 'advice00000000000002', from: 'b', to: 'c', state: 'accepted' });
    for (const advice of [adviceTo(), second]) {
      one.wants(advice);
      one.turns(4);
    }
    one.turn({ regretted: [second.id] });
    one.turns(3);
    expect(one.reverted()).toEqual([['advice00000000000002', 'advice00000000000001']]);
    // The daemon accepts the earlier advice again, with a new id.
    const again = adviceTo({ id: 'advice00000000000003', issuedAtMs: 9, state: 'accepted' });
    one.wants(again);
    one.turns(2);
    one.turn({ regretted: [again.id] });
    one.turns(3);
    expect(one.reverted()).toEqual([
      ['advice00000000000002', 'advice00000000000001'],
      ['advice00000000000003', null],
    ]);
    expect(one.rows().map(({ state }) => state)).toEqual(['undone', 'undone']);
  });
  it('ends no advice that it did not accept, and none that is replaced by a failback', () => {
    const [other, back] = [engine([ruleOf({ accepts: false })]), engine([ruleOf()])];
    for (const one of [other, back]) {
      one.wants(adviceTo());
      one.turns(4);
      if (one === back) one.wants(adviceTo({ id: 'advice2', cause: 'failback', from: 'b', to: 'a' }));
      one.turn({ regretted: ['advice00000000000001'] });
      one.turns(3);
      expect([one.row(id)?.state, one.row(id)?.undoneBy, one.reverted()]).toEqual(['undone', 'regret', []]);
    }
    expect(back.accepted()).toContain('advice2');
  });
  it('an operator ends the accepted advice by an undo; the same switch is then held, unless it comes later', () => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo());
    one.turns(4);
    one.turn({ undo: [id] });
    one.turns(3);
    expect(one.reverted()).toEqual([['advice00000000000001', null]]);
    const endedAtMs = one.row(id)?.endedAtMs ?? 0;
    one.wants(adviceTo({ id: 'advice00000000000002', issuedAtMs: endedAtMs + 599_999, reason: 'again' }));
    one.turns(3);
    expect(one.row('advice00000000000002.ci')).toMatchObject({ state: 'held', held: 'undone', nextAtMs: null });
    one.wants(adviceTo({ id: 'advice00000000000003', issuedAtMs: endedAtMs + 600_000, reason: 'later' }));
    one.turns(3);
    expect(one.row('advice00000000000003.ci')?.state).toBe('done');
  });
  it('an operator who undoes one of two actions ends no advice; the other undo does', () => {
    const one = engine([ruleOf(), ruleOf({ name: 'other' })]);
    one.wants(adviceTo());
    one.turns(4);
    one.turn({ undo: [id] });
    one.turns(3);
    expect(one.reverted()).toEqual([]);
    one.turn({ undo: ['advice00000000000001.other'] });
    one.turns(3);
    expect(one.reverted()).toEqual([['advice00000000000001', null]]);
  });
  it('an undo after a regret waits while the mirror that clients would return to is down', () => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo());
    one.turns(3);
    one.is({ isDown: (registry) => registry === 'a' });
    one.turn({ regretted: ['advice00000000000001'] });
    one.turns(5);
    expect([one.row(id)?.state, one.row(id)?.undoneBy]).toEqual(['done', 'regret']);
    one.is({ isDown: () => false });
    one.turns(3);
    expect([one.row(id)?.state, one.row(id)?.undoneBy]).toEqual(['undone', 'regret']);
  });
  it('a regret that comes after the failback holds its like back as well', () => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo());
    one.turns(3);
    one.wants(null);
    one.turns(3);
    one.turn({ regretted: ['advice00000000000001'] });
    one.wants(adviceTo({ id: 'advice00000000000002' }));
    one.turns(3);
    expect(one.row('advice00000000000002.ci')?.held).toBe('regret');
    expect(one.steps.filter((step) => step.startsWith('undo'))).toHaveLength(1);
  });
  it('a regret while actions are stopped is not lost', () => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo());
    one.turns(3);
    one.is({ isStopped: true });
    one.turn({ regretted: ['advice00000000000001'] });
    one.turns(2);
    expect(one.row(id)?.state).toBe('done');
    one.is({ isStopped: false });
    one.turns(3);
    expect(one.row(id)?.undoneBy).toBe('regret');
  });
  it.each([
    ['acted.exit', 'undone', 1],
    ['acted.time', 'undone', 1],
    ['acted.notRun', 'failed', 0],
  ] as const)('a program that failed may have done half of its work: %s', (key, state, undos) => {
    const one = engine([ruleOf({ deed: { kind: 'command', argv: ['x'], cwd: '/' } })]);
    const failed: ActionEnd = { tag: 'failed', because: { key, values: {} }, output: '', retry: false };
    one.ends((step) => (step === 'act' ? failed : done));
    one.wants(adviceTo());
    one.turns(5);
    expect(one.row(id)?.state).toBe('failed');
    one.wants(null);
    one.turns(5);
    expect(one.row(id)?.state).toBe(state);
    expect(one.steps.filter((step) => step.startsWith('undo'))).toHaveLength(undos);
  });
  it('a program goes back once for all that it did', () => {
    const command = ruleOf({ deed: { kind: 'command', argv: ['x'], cwd: '/' } });
    const one = engine([command]);
    one.wants(adviceTo());
    one.turns(3);
    one.wants(adviceTo({ id: 'advice00000000000002', to: 'c' }));
    one.turns(3);
    one.wants(null);
    one.turns(6);
    expect(one.steps.filter((step) => step.startsWith('undo'))).toEqual(['undo advice00000000000002.ci']);
    expect(one.rows().map(({ state }) => state)).toEqual(['undone', 'undone']);
  });
});
