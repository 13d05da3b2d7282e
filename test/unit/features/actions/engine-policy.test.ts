import { describe, expect, it } from 'vitest';
import type { ActionRule, PlaceVotes } from '../../../../src/core/action.ts';
import type { Advice } from '../../../../src/core/advice.ts';
import { adviceTo, ruleOf } from './advice.ts';
import { engine, id } from './engine-run.ts';

/** The advised mirror, which serves wrong bytes of some items. */
const wrongBytes = { registry: 'b', scoreSeconds: 1, gate: 'mismatch', sum: null, bound: null } as const;

/** The reason of a proposal whose trouble is over. */

describe('the policy', () => {
  it.each<[string, Partial<ActionRule['when']>, Partial<Advice>, string | null]>([
    ['a cause that is not named', {}, { cause: 'lag' }, 'cause'],
    ['a named cause', {}, { cause: 'slower' }, null],
    ['confidence below', { confidence: 'high' }, { confidence: 'medium' }, 'confidence'],
    ['confidence as named', { confidence: 'high' }, { confidence: 'high' }, null],
    ['quiet hours', { quiet: { fromMinute: 0, toMinute: 60, urgent: 'hold' } }, {}, 'quiet'],
    ['other hours', { quiet: { fromMinute: 60, toMinute: 120, urgent: 'hold' } }, {}, null],
    ['a cause that is over', {}, { phase: 'over' }, 'over'],
    ['the last choice', { confidence: 'low' }, { confidence: 'low', candidates: [wrongBytes] }, 'last_choice'],
  ])('%s', (_, when, advice, held) => {
    const one = engine([ruleOf({}, when)]);
    one.wants(adviceTo(advice));
    one.turns(4);
    expect(one.row(id)?.held).toBe(held);
    expect(one.steps.length).toBe(held === null ? 2 : 0);
  });
  it.each<[string, ActionRule['when']['causes'], string | null]>([
    ['is followed by an action for outages', ['outage'], null],
    ['is not followed by an action for other causes', ['lag'], 'cause'],
  ])('advice of another cause, whose mirror has an outage since, %s', (_, causes, held) => {
    const one = engine([ruleOf({}, { causes })]);
    one.wants(adviceTo({ cause: 'unreliable' }));
    one.turns(2);
    expect(one.row(id)?.held).toBe('cause');
    one.is({ citesOutage: ({ cause }) => cause === 'unreliable' });
    one.turns(2);
    expect(one.row(id)?.held).toBe(held);
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
    // The hour ends for the first of two changes; the day, for the first of three.
    const firstMs = one.row('advice0.ci')?.plannedAtMs ?? 0;
    expect([2, 4].map((at) => one.row(`advice${at}.ci`)?.nextAtMs)).toEqual([
      firstMs + 3_600_000,
      firstMs + 24 * 3_600_000,
    ]);
  });
  it('held past the limit, its cause over: a higher limit does not start it, but trouble that returns does', () => {
    const begun = engine([ruleOf({}, { perHour: 1 })]);
    begun.wants(adviceTo());
    begun.turns(4);
    begun.wants(adviceTo({ id: 'advice2', to: 'c' }));
    begun.turns(2);
    expect(begun.row('advice2.ci')?.held).toBe('hour');
    begun.wants(adviceTo({ id: 'advice2', to: 'c', phase: 'over' }));
    begun.turns(2);
    // A reload raises the limit.
    const one = engine([ruleOf({}, { perHour: 9 })], begun.rows());
    one.wants(adviceTo({ id: 'advice2', to: 'c', phase: 'over' }));
    one.turns(5);
    expect([one.steps, one.accepted(), one.row('advice2.ci')?.held]).toEqual([[], [], 'over']);
    one.wants(adviceTo({ id: 'advice2', to: 'c' }));
    one.turns(4);
    expect(one.row('advice2.ci')?.state).toBe('done');
  });
  it('prepared, and stopped before its change: it is not made once its cause is over', () => {
    const one = engine([ruleOf()]);
    one.wants(adviceTo());
    one.turn();
    one.is({ isStopped: true });
    one.turns(2);
    one.wants(adviceTo({ phase: 'over' }));
    one.is({ isStopped: false });
    one.turns(4);
    expect([one.steps, one.row(id)]).toEqual([[`prepare ${id}`], expect.objectContaining({ held: 'over' })]);
    one.wants(adviceTo());
    one.turns(4);
    expect(one.row(id)?.state).toBe('done');
  });
  it.each<[string, readonly (string | null)[]]>([
    ['comes and goes', ['b', null]],
    ['names another mirror', ['b', 'c']],
    ['names another mirror, and goes', ['b', null, 'c', null, 'd']],
  ])('advice that each minute %s: hours of it change no more than the limits allow', (_, mirrors) => {
    const one = engine([ruleOf({}, { perHour: 3, perDay: 7 })]);
    const changesAt: number[] = [];
    for (let minute = 0; minute < 4 * 60; minute += 1) {
      const to = mirrors[minute % mirrors.length] ?? null;
      one.wants(to === null ? null : adviceTo({ id: `advice${minute}`, to }));
      const before = one.steps.length;
      one.turns(5);
      one.after(55_000);
      const acts = one.steps.slice(before).filter((step) => step.startsWith('act '));
      changesAt.push(...acts.map(() => minute));
    }
    const inHour = (from: number) => changesAt.filter((at) => at >= from && at < from + 60).length;
    expect(changesAt.map(inHour).every((count) => count <= 3)).toBe(true);
    expect(changesAt).toHaveLength(7);
    expect(one.steps.filter((step) => step.startsWith('undo ')).length).toBeLessThanOrEqual(7);
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
