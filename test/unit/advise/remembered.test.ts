import { describe, expect, it, test } from 'vitest';
import type { Group } from '../../../src/advise/group.ts';
import { type ChainRow, openLedger } from '../../../src/advise/ledger.ts';
import { pruneRemoved } from '../../../src/advise/observe.ts';
import { newProbing } from '../../../src/advise/probing.ts';
import { newContest } from '../../../src/advise/tests/contest.ts';
import type { Target } from '../../../src/core/mirror.ts';
import { kill, only, recover, warm } from './outage.ts';
import { mirror, Stage } from './stage.ts';

describe('a settled answer is news to decide on', () => {
  it('where it failed, or confirms; not where all is well at its pace', () => {
    const stage = new Stage('https://a.example.com,direct', [mirror('a'), mirror('b')]);
    expect(stage.sample('a', 200)).toBe(false);
    expect(stage.sample('a', 'refused')).toBe(true);
    expect(stage.sample('a', 200, { round: 'r' })).toBe(true);
    expect(stage.sample('a', 'refused', { step: 'list' })).toBe(false);
  });

  it('never where a person asked by hand: that is no measure', () => {
    const stage = warm();
    for (let i = 0; i < 6; i += 1) {
      stage.pass(2);
      expect(stage.sample('a', 'refused', { purpose: 'once' })).toBe(false);
      for (const name of ['b', 'c']) stage.sample(name, 200, { purpose: 'once' });
      stage.consider();
    }
    expect(stage.story()).toEqual([]);
    expect(stage.advisor.rank('go', 'go').map(({ sum }) => sum)).toEqual([null, 0, 0]);
  });
});

describe('what is stored of a group', () => {
  const group = (upstream: string, moves: Group['moves']): Group =>
    ({
      ...{ kind: { id: 'go' }, upstream, declared: null, chain: null, open: null, accepted: null, audit: null },
      ...{ muted: [], lookedBack: [], probing: newProbing(), moves },
    }) as unknown as Group;
  const at = { wallMs: 1_000_000, monotonicMs: 10_000 };

  test('each has a row of its own in one turn', () => {
    const ledger = openLedger(at, { id: () => 'id' });
    for (const one of ['go', 'corp', 'go']) ledger.touch(group(one, { departures: [], lastMs: null, accept: null }));
    expect(ledger.turn().rows.map(({ table, key }) => [table, key])).toEqual([
      ['chain', 'go/go'],
      ['chain', 'go/corp'],
    ]);
  });

  test('moves by the wall clock: the monotonic one begins anew with the next process', () => {
    const ledger = openLedger(at, { id: () => 'id' });
    const departures = [false, true, false].map((isOfTime, place) => ({ atMs: 1_000 * (place + 2), isOfTime }));
    ledger.touch(group('go', { departures, lastMs: 9_500, accept: null }));
    const row = ledger.turn().rows[0]?.value as ChainRow;
    expect([row.departuresAtMs, row.slowDeparturesAtMs, row.lastMoveAtMs]).toEqual([
      [992_000, 994_000],
      [993_000],
      999_500,
    ]);
  });

  it('over a restart: how long clients have been away', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.accept(only(stage).id);
    stage.pass(600);
    stage.restart();
    stage.paces(6, { a: 'refused', b: 200, c: 200 });
    recover(stage, 98);
    const back = stage.advisor.list().find(({ cause }) => cause === 'failback');
    // 10 min, and 107 paces.
    expect(back?.reason).toContain('is healthy again, 64 min after clients left it');
  });
});

describe('after a reload', () => {
  const group = (): Group => {
    const contest = newContest('a');
    const probing = newProbing();
    const { targets, sizes } = probing;
    for (const question of ['mod m@v1', 'zip m@v1', 'mod gone@v1'])
      targets.set(question, new Map(['a', 'b'].map((name) => [name, { registry: name } as Target])));
    targets.set('mod only-b@v1', new Map([['b', { registry: 'b' } as Target]]));
    for (const question of targets.keys())
      contest.moments.latest.set(
        question,
        new Map(['a', 'b'].map((registry) => [registry, { registry, question } as never])),
      );
    sizes.set('zip m@v1', 300_000).set('mod gone@v1', 1);
    return { contest, probing, late: { asides: new Map() } } as unknown as Group;
  };

  it('what is asked still, of whom is watched still, is kept, and nothing else', () => {
    const made = group();
    pruneRemoved(made, new Set(['a']), (question) => !question.includes('gone'));
    expect([...made.probing.targets].map(([question, asked]) => [question, [...asked.keys()]])).toEqual([
      ['mod m@v1', ['a']],
      ['zip m@v1', ['a']],
    ]);
    expect([...made.probing.sizes]).toEqual([['zip m@v1', 300_000]]);
    expect([...made.contest.moments.latest].map(([question, latest]) => [question, [...latest.keys()]])).toEqual([
      ['mod m@v1', ['a']],
      ['zip m@v1', ['a']],
    ]);
  });
});
