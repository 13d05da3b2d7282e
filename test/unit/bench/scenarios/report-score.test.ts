import { describe, expect, it } from 'vitest';
import { chainOf } from '../../../../bench/scenarios/players/chain.ts';
import { judgedMoves, scoreOf } from '../../../../bench/scenarios/report/score.ts';
import type { Move, Played } from '../../../../bench/scenarios/world.ts';
import { incident, tinyWorld } from './tiny-world.ts';

const minute = 60_000;
const steady = (tookMs: number) => [{ fromMs: 0, tookMs }];
/** `a` costs 2 s a build, 300 from minute 20 to 50; `b` always 4, `c` always 3. */
const troubled = () =>
  tinyWorld({
    courses: {
      a: [...steady(200), { fromMs: 20 * minute, tookMs: null }, { fromMs: 50 * minute, tookMs: 200 }],
      b: steady(400),
      c: steady(300),
    },
    chain: 'a,b,direct',
    minutes: 80,
    incidents: [incident(20, 50)],
  });
const move = (atMinute: number, chain: string): Move => ({
  atMs: atMinute * minute,
  upstream: 'go',
  chain: chainOf(chain),
  why: 'test',
});
const played = (...moves: Move[]): Played => ({ moves, notices: [], probes: { scheduled: 10, extra: 5 } });

describe('what a play cost', () => {
  it('no client moves: 50 min at 2 s, 30 at 300; the best has 3 in those', () => {
    const score = scoreOf(troubled(), 'never', played());
    expect(score.cost).toBeCloseTo((50 * 2 + 30 * 300) / 80, 9);
    expect(score.bestCost).toBeCloseTo((50 * 2 + 30 * 3) / 80, 9);
    expect(score.incidentCost).toBeCloseTo(300, 9);
    expect(score.incidentBest).toBeCloseTo(3, 9);
    expect(score).toMatchObject({ incidents: 1, costlyIncidents: 1, missed: 1, delays: [], moves: 0, probes: 15 });
  });
  it('a move after five minutes to the second best, home ten minutes after the end', () => {
    const score = scoreOf(troubled(), 'p', played(move(25, 'b,a,direct'), move(60, 'a,b,direct')));
    expect(score.cost).toBeCloseTo((20 * 2 + 5 * 300 + 35 * 4 + 20 * 2) / 80, 9);
    expect(score).toMatchObject({ missed: 0, delays: [300], moves: 2, harmful: 0, needless: 0 });
  });
  it('help after 21 minutes comes too late, after 19 it does not', () => {
    expect(scoreOf(troubled(), 'p', played(move(41, 'c,a,b,direct'))).missed).toBe(1);
    expect(scoreOf(troubled(), 'p', played(move(39, 'c,a,b,direct'))).missed).toBe(0);
  });
});

describe('moves by truth', () => {
  const judge = (...moves: Move[]) =>
    judgedMoves(troubled(), moves).map(({ staying, moving, isHarmful, isNeedless, isHome, isFalse }) => ({
      staying,
      moving,
      isHarmful,
      isNeedless,
      isHome,
      isFalse,
    }));
  it('away from what is well: twice as dear, harmful and needless', () =>
    expect(judge(move(2, 'b,a,direct'))).toEqual([
      { staying: 2, moving: 4, isHarmful: true, isNeedless: true, isHome: false, isFalse: false },
    ]));
  it('home while home is dead is harmful, though home', () =>
    expect(judge(move(21, 'b,a,direct'), move(30, 'a,b,direct'))[1]).toEqual({
      staying: 4,
      moving: 300,
      isHarmful: true,
      isNeedless: true,
      isHome: true,
      isFalse: false,
    }));
  it('home once home is well is neither', () =>
    expect(judge(move(21, 'b,a,direct'), move(55, 'a,b,direct'))[1]).toMatchObject({
      isHarmful: false,
      isNeedless: false,
    }));
  it('a move to the chain in force is none', () => expect(judge(move(5, 'a,b,direct'))).toEqual([]));
  it('the mean is over the next ten minutes: a move five minutes ahead of the fault', () => {
    const [ahead] = judge(move(15, 'b,a,direct'));
    // Points of 10 s from the one behind the move on: 29 of them before the fault.
    expect(ahead?.staying).toBeCloseTo((29 * 2 + 31 * 300) / 60, 9);
  });
  it('a reload that declares another chain puts clients there', () => {
    const world = troubled();
    const setup = { ...world.setup, chains: { go: 'c,direct' } };
    const reloaded = { ...world, events: [{ atMs: 10 * minute, kind: 'reload' as const, setup }] };
    const [, second] = judgedMoves(reloaded, [move(5, 'b,a,direct'), move(11, 'b,c,direct')]);
    expect(second).toMatchObject({ staying: 3, moving: 4 });
    expect(scoreOf(reloaded, 'never', played()).cost).toBeCloseTo((10 * 2 + 70 * 3) / 80, 9);
  });
});

describe('calm', () => {
  it('a departure to a chain that fails less often is not needless', () => {
    const courses = { a: steady(2000), b: steady(200) };
    const calm = tinyWorld({ courses, chain: 'a,b', minutes: 60, isCalm: true });
    const score = scoreOf(calm, 'p', played(move(10, 'b,a')));
    expect(score).toMatchObject({ calmDepartures: 1, calmNeedless: 0 });
  });

  it('counts departures by upstream-year and moves as false', () => {
    const calm = tinyWorld({ courses: { a: steady(200), b: steady(202) }, chain: 'a,b', minutes: 60, isCalm: true });
    const score = scoreOf(calm, 'p', {
      ...played(move(10, 'b,a'), move(20, 'a,b')),
      notices: [{ atMs: 1, what: 'spike opened: a' }],
    });
    expect(score).toMatchObject({
      calmDepartures: 1,
      calmNeedless: 1,
      needless: 1,
      needlessFalse: 1,
      harmful: 0,
      spikes: 1,
      incidents: 0,
    });
    expect(score.calmYears).toBeCloseTo(1 / (24 * 365.25), 12);
    expect(score.mirrorMonths).toBeCloseTo(24 / (24 * 365.25), 12);
  });
});
