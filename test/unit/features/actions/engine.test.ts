import { describe, expect, it } from 'vitest';
import type { ActionEnd, ActionRow, ActionRule, PlaceVotes } from '../../../../src/core/action.ts';
import type { Advice } from '../../../../src/core/advice.ts';
import { limits } from '../../../../src/core/limits.ts';
import { Secret } from '../../../../src/core/secret.ts';
import {
  type ActionInput,
  type ActionOutput,
  type ActionState,
  advanceActions,
  restoreActions,
} from '../../../../src/features/actions/engine.ts';
import { adviceTo, ruleOf } from './advice.ts';

const gitDeed: ActionRule['deed'] = {
  kind: 'git',
  repository: '/srv/r.git',
  branch: 'main',
  path: 'a',
  as: 'env',
  author: 'a <a@example.com>',
  isSigned: false,
  mergeRequest: null,
};
const storeDeed = {
  kind: 'http',
  url: new Secret('http://127.0.0.1:2379/v3/kv/txn'),
  method: 'POST',
  headers: {},
  body: { store: 'etcd' },
  key: '/a',
  as: null,
  allow: [],
} as const;
const done: ActionEnd = { tag: 'ok', output: 'diff', kept: 7 };
const broken: ActionEnd = { tag: 'failed', because: { key: 'acted.time', values: {} }, output: '', retry: true };

/** An engine on a clock of its own; each step is answered by `ends`, at once and in the next turn. */
function engine(rules: readonly ActionRule[], rows: readonly ActionRow[] = []) {
  let state: ActionState = restoreActions(rows);
  let nowMs = 1_000_000;
  let wanted: Advice | null | undefined = null;
  let answer: (step: string) => ActionEnd | 'hangs' = () => done;
  let situation: Pick<ActionInput, 'isStopped' | 'isSuspect' | 'lead'> = {
    isStopped: false,
    isSuspect: false,
    lead: 'alone',
  };
  let seen: PlaceVotes | null = null;
  const ended: ActionInput['ended'][number][] = [];
  const outputs: ActionOutput[] = [];
  const steps: string[] = [];
  const turn = (more: Partial<ActionInput> = {}): void => {
    nowMs += 1_000;
    const input = {
      rules,
      wanted: () => wanted,
      regretted: [],
      undo: [],
      unbegun: [],
      isStopping: false,
      ...situation,
      votes: () => seen,
      ended: ended.splice(0),
      ...more,
    };
    const [next, output] = advanceActions(state, input, { wallMs: nowMs, monotonicMs: nowMs });
    state = JSON.parse(JSON.stringify({ rows: [...next.rows], busy: [...next.busy] }), (key, value) =>
      key === 'rows' ? new Map(value) : key === 'busy' ? new Set(value) : value,
    );
    outputs.push(output);
    for (const { step, row } of output.orders) {
      steps.push(`${step} ${row.id}`);
      const end = answer(step);
      if (end !== 'hangs') ended.push({ id: row.id, step, end });
    }
  };
  return {
    turn,
    turns(count: number) {
      for (let at = 0; at < count; at += 1) turn();
    },
    wants(advice: Advice | null | undefined) {
      wanted = advice;
    },
    ends(by: typeof answer) {
      answer = by;
    },
    is(more: Partial<typeof situation>) {
      situation = { ...situation, ...more };
    },
    sees(votes: PlaceVotes | null) {
      seen = votes;
    },
    after(ms: number) {
      nowMs += ms;
    },
    steps,
    outputs,
    results: () => outputs.flatMap(({ results }) => results.map(({ result, row }) => `${result} ${row.id}`)),
    accepted: () => outputs.flatMap(({ accepted }) => accepted),
    rows: () => [...state.rows.values()],
    row: (id: string) => state.rows.get(id),
  };
}

const id = 'advice00000000000001.ci';
const kv = {
  kind: 'http',
  url: new Secret('http://127.0.0.1:2379/v3/kv/txn'),
  method: 'POST',
  headers: {},
  body: { store: 'etcd' },
  key: '/ci',
  as: null,
  allow: [],
} as const;

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

describe('the policy', () => {
  it.each<[string, Partial<ActionRule['when']>, Partial<Advice>, string | null]>([
    ['a cause that is not named', {}, { cause: 'lag' }, 'cause'],
    ['a named cause', {}, { cause: 'slower' }, null],
    ['confidence below', { confidence: 'high' }, { confidence: 'medium' }, 'confidence'],
    ['confidence as named', { confidence: 'high' }, { confidence: 'high' }, null],
    ['quiet hours', { quiet: { fromMinute: 0, toMinute: 60, urgent: 'hold' } }, {}, 'quiet'],
    ['other hours', { quiet: { fromMinute: 60, toMinute: 120, urgent: 'hold' } }, {}, null],
  ])('%s', (_, when, advice, held) => {
    const one = engine([ruleOf({}, when)]);
    one.wants(adviceTo(advice));
    one.turns(4);
    expect(one.row(id)?.held).toBe(held);
    expect(one.steps.length).toBe(held === null ? 2 : 0);
  });
  it.each<[string, PlaceVotes | null, string | null]>([
    ['the store does not respond', null, 'places_unknown'],
    ['two of three advise it', { votes: 2, known: 3 }, null],
    ['two advise it, the third is not known', { votes: 2, known: 2 }, null],
    ['one advises it, and two do not', { votes: 1, known: 3 }, 'places'],
    ['one advises it, and two are not known', { votes: 1, known: 1 }, 'places_unknown'],
    ['one advises it, one does not, one is not known', { votes: 1, known: 2 }, 'places_unknown'],
    ['no place is known', { votes: 0, known: 0 }, 'places_unknown'],
    ['none advises it', { votes: 0, known: 3 }, 'places'],
    ['none of two, one not known: one would not be enough', { votes: 0, known: 2 }, 'places'],
    ['the group has grown: 3 of 6 are less than 2 of 3', { votes: 3, known: 6 }, 'places'],
    ['the group has grown: 4 of 6 are 2 of 3', { votes: 4, known: 6 }, null],
  ])('2 of 3 places: %s', (_, seen, held) => {
    const one = engine([ruleOf({}, { places: { needed: 2, of: 3 } })]);
    one.wants(adviceTo());
    one.sees(seen);
    one.turns(4);
    expect(one.row(id)?.held).toBe(held);
    expect(one.steps.length).toBe(held === null ? 2 : 0);
  });
  it('waits for other places as long as it takes, and goes back without them', () => {
    const one = engine([ruleOf({}, { places: { needed: 2, of: 3 } })]);
    one.wants(adviceTo());
    one.turns(5);
    one.sees({ votes: 2, known: 3 });
    one.turns(3);
    expect(one.results()).toEqual([`held ${id}`, `planned ${id}`, `done ${id}`]);
    one.sees(null);
    one.wants(null);
    one.turns(3);
    expect(one.row(id)?.state).toBe('undone');
  });
  it.each(['standby', 'no_lease'] as const)('of a pair, %s: neither acts nor goes back', (lead) => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo());
    one.is({ lead });
    one.turns(4);
    expect([one.steps, one.row(id)?.held]).toEqual([[], lead]);
    one.is({ lead: 'holder' });
    one.turns(3);
    expect(one.row(id)?.state).toBe('done');
    one.is({ lead });
    one.wants(null);
    one.turns(3);
    expect(one.row(id)?.state).toBe('done');
    one.is({ lead: 'holder' });
    one.turns(3);
    expect(one.row(id)?.state).toBe('undone');
  });
  it('of a pair: a change that the lease forbids is no attempt, and is made as soon as the lease is held', () => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo());
    one.is({ lead: 'holder' });
    let isHeld = false;
    one.ends((step) =>
      step === 'act' && !isHeld ? { ...broken, because: { key: 'acted.notHolder', values: {} } } : done,
    );
    one.turns(40);
    expect(one.row(id)).toMatchObject({ state: 'running', output: 'diff' });
    expect(one.steps.length).toBeGreaterThan(limits.actionAttempts + 1);
    isHeld = true;
    one.turns(3);
    expect(one.row(id)).toMatchObject({ state: 'done', attempts: 1, because: null });
    expect(one.results()).toEqual([`planned ${id}`, `done ${id}`]);
  });
  it('of a pair: undoes what the other daemon had in force, the newest first, and not what that one has put back', () => {
    const [first, second] = [engine([ruleOf({ deed: kv })]), engine([ruleOf({ deed: kv })])];
    for (const [at, one] of [first, second].entries()) {
      one.wants(adviceTo({ id: `advice${String(at + 1).padStart(14, '0')}` }));
      one.is({ lead: at === 0 ? 'holder' : 'standby' });
      one.turns(4);
    }
    expect(first.rows().map(({ state, isShared }) => [state, isShared])).toEqual([['done', true]]);
    // The first is gone.
    second.is({ lead: 'holder' });
    second.turn({ adopted: first.rows() });
    second.turns(4);
    expect(
      second
        .rows()
        .map(({ id: of, state }) => `${of} ${state}`)
        .toSorted(),
    ).toEqual(['advice00000000000001.ci done', 'advice00000000000002.ci done']);
    second.wants(null);
    second.turns(6);
    expect(second.steps.slice(-2)).toEqual(['undo advice00000000000002.ci', 'undo advice00000000000001.ci']);
    // The first is back: what it did is put back already.
    first.wants(null);
    first.turn({ adopted: [] });
    expect(first.rows().map(({ state }) => state)).toEqual(['undone']);
    expect(first.steps.filter((step) => step.startsWith('undo'))).toEqual([]);
  });
  it('what is held runs as soon as it may, and is counted as held once', () => {
    const one = engine([ruleOf()]);
    one.is({ isSuspect: true });
    one.wants(adviceTo());
    one.turns(3);
    expect(one.results()).toEqual([`held ${id}`]);
    one.is({ isSuspect: false, isStopped: true });
    one.turns(3);
    expect(one.row(id)).toMatchObject({ state: 'held', held: 'stopped' });
    one.is({ isStopped: false });
    one.turns(3);
    expect(one.results()).toEqual([`held ${id}`, `planned ${id}`, `done ${id}`]);
  });
  it('holds past so many in an hour, and in a day', () => {
    const one = engine([ruleOf({}, { perHour: 2, perDay: 3 })]);
    const ids: string[] = [];
    for (let at = 0; at < 5; at += 1) {
      one.wants(adviceTo({ id: `advice${at}` }));
      one.turns(4);
      ids.push(String(one.row(`advice${at}.ci`)?.held));
      if (at === 2) one.after(3_600_000);
    }
    expect(ids).toEqual(['null', 'null', 'hour', 'null', 'day']);
  });
  it('the brake stops an undo too, and what was prepared', () => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo());
    one.turn();
    one.is({ isStopped: true });
    one.turns(3);
    expect(one.steps).toEqual([`prepare ${id}`]);
    one.is({ isStopped: false });
    one.turns(3);
    one.is({ isStopped: true });
    one.wants(null);
    one.turns(3);
    expect(one.row(id)?.state).toBe('done');
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
    expect(one.row('advice00000000000002.ci')?.held).toBe('regret');
    one.after(limits.actionRegretMs);
    one.turns(3);
    expect(one.row('advice00000000000002.ci')?.state).toBe('done');
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
