import { describe, expect, test } from 'vitest';
import { pairOf } from '../../../../src/advise/comparison/choose.ts';
import { Contest, dropFailures, moveTo, patienceOf } from '../../../../src/advise/comparison/contest.ts';
import { recordOf } from '../../../../src/advise/comparison/costs.ts';
import { healthBound } from '../../../../src/advise/comparison/home.ts';
import { recordTime } from '../../../../src/advise/comparison/patience.ts';
import { dropOutdated } from '../../../../src/advise/receive.ts';
import type { View } from '../../../../src/advise/view.ts';
import { around, bad, lasts, moment, momentsOf, took } from './answers.ts';

describe('another head', () => {
  const by = around({ a: 'a,direct', b: 'b,direct', c: 'c,direct' });

  test('all pairs begin anew, what is known of the mirrors stays', () => {
    const contest = new Contest('a');
    momentsOf(contest, by, 0, 4, { a: 1_000, b: 200 });
    contest.odd = { light: 'mod' };
    moveTo(contest, 'a', 'a');
    expect(contest.pairs.size).toBe(1);
    moveTo(contest, 'b', 'a');
    expect([contest.pairs.size, contest.odd, contest.health, contest.head]).toEqual([0, {}, 0, 'b']);
    expect(recordOf(contest, 'a').light).toHaveLength(4);
    expect(pairOf(contest, 'b', 'a').time.light.seen).toBe(4);
  });

  test('back at a home that is well, the failures of its last trouble do not count again', () => {
    const back = (health: number): number => {
      const contest = new Contest('b');
      momentsOf(contest, by, 0, 4, { a: 'x', b: 200 });
      momentsOf(contest, by, 120_000, 4, { a: 200, b: 200 });
      contest.health = health;
      moveTo(contest, 'a', 'a');
      return recordOf(contest, 'a').light.filter(({ bad }) => bad).length;
    };
    expect([back(healthBound), back(0)]).toEqual([0, 4]);
  });
});

describe('failures over the other address family are dropped', () => {
  const chains = around({ a: 'a,direct', b: 'b,a,direct', c: 'c,a,direct' });

  test('those of another mirror leave what the head has just failed', () => {
    const contest = new Contest('a');
    contest.outcomes.push(...moment(contest, chains, 1_000, { a: 'x', b: 90, c: 90 }));
    const found = (name: string): View =>
      ({
        now: { wallMs: 0, monotonicMs: 2_000 },
        mirrors: [{ name }],
        standingOf: () => ({ oneFamily: 'known' }),
        group: { contest, late: { held: new Map(), oneFamily: new Map() } },
      }) as unknown as View;
    dropOutdated(found('b'), false);
    expect(contest.outcomes.map(({ bad }) => bad)).toEqual([true]);
    dropOutdated(found('a'), false);
    expect(contest.outcomes).toEqual([]);
  });

  test('a good download after the last light response counts as the last', () => {
    const contest = new Contest('a');
    moment(contest, chains, 1_000, { b: 'x' });
    moment(contest, chains, 2_000, { b: 90 }, { question: 'zip', isHeavy: true });
    moment(contest, chains, 3_000, { b: 'x' });
    dropFailures(contest, 'b', 2_500);
    expect(took(lasts(contest)['b'])).toBe(90);
  });

  test('a later failure in the same moment is not merely late', () => {
    const contest = new Contest('a');
    for (let at = 0; at < 40; at += 1)
      for (const name of ['a', 'b', 'c']) recordTime(patienceOf(contest, name, 'light'), 200);
    moment(contest, chains, 1_000, { b: 'x' }, { isGivenUp: true, isScheduled: false });
    expect(lasts(contest)['b']?.late).toBeGreaterThan(0);
    dropFailures(contest, 'b', 0);
    moment(contest, chains, 2_000, { b: 'x', a: 90, c: 90 }, { isScheduled: false });
    expect(lasts(contest)['b']).toEqual(bad(2_000, { isScheduled: false }));
  });
});
