import { describe, expect, test } from 'vitest';
import type { Mirror } from '../../../src/core/mirror.ts';
import { sampleConfig } from '../../support/sample-config.ts';
import { abc, all, calm, chain, delay, failing, hour, open, Rounds, type World } from './rounds.ts';
import { mirror } from './stage.ts';

describe('a standing proposal is weighed again', () => {
  const ab = [mirror('a'), mirror('b')];
  test.each<[string, readonly Mirror[], World, readonly string[]]>([
    ['b is slower now, a well again, nobody else: withdrawn', ab, all(200, { b: 1_500 }), ['withdrawn slower b']],
    ['b fails one in four, a well again: withdrawn', ab, failing('b', 0.25, 1), ['withdrawn slower b']],
    [
      'b is slower now, a still slow: another one',
      abc,
      all(200, { a: 1_500, b: 1_500 }),
      ['superseded slower b', 'proposed slower c'],
    ],
    ['b dies, a still slow', abc, all(200, { a: 1_500, b: 'refused' }), ['superseded slower b', 'proposed slower c']],
    ['b as slow as a: home', ab, all(1_500), ['withdrawn slower b']],
    ['all as it was', abc, all(200, { a: 1_500 }), []],
  ])('%s', (_name, mirrors, world, want) => {
    const stage = calm(mirrors);
    stage.live(600, all(200, { a: 1_500 }));
    expect(stage.story()).toEqual(['proposed slower b']);
    stage.live(1_200, world);
    expect(stage.story().slice(1)).toEqual(want);
  });

  test('b dies, and c is slower than a, which clients still use: withdrawn', () => {
    const stage = calm();
    stage.live(600, all(200, { a: 1_500, c: 4_000 }));
    expect(stage.story()).toEqual(['proposed slower b']);
    stage.live(300, all(200, { a: 1_500, b: 'refused', c: 4_000 }));
    expect(stage.story().slice(1)).toEqual(['withdrawn slower b']);
  });

  test('a at 680 ms is given for b, which then takes 900: not for 110 minutes', () => {
    const stage = calm();
    stage.live(600, all(200, { a: 680 }));
    expect(stage.story()).toEqual(['proposed slower b']);
    stage.live(1_800, all(900, { a: 680, c: 3_000 }));
    expect(stage.story().slice(1)).toEqual(['withdrawn slower b']);
  });
});

describe('7.5 × slower for good', () => {
  const short = { advise: { ...sampleConfig().advise, ttlMs: 2 * hour * 1_000 } };
  test.each<[string, boolean, readonly string[]]>([
    ['proposed', false, ['reminded slower b', 'superseded slower b', 'proposed slower b']],
    ['accepted', true, ['reminded slower b', 'superseded slower b', 'accepted slower b']],
  ])('what was %s stands past ttl, reissued with a reminder before', (state, accepts, life) => {
    const stage = new Rounds(chain, abc, all(200), short);
    stage.live(1_800);
    stage.live(600, all(200, { a: 1_500 }));
    if (accepts) stage.accept(open(stage).id);
    const told = stage.changes.length;
    stage.live(5 * hour);
    expect(stage.story().slice(told)).toEqual([...life, ...life]);
    const [begun, first, second] = stage.changes.filter((one) => one.change === state).map((one) => one.atSeconds);
    expect([(first ?? 0) - (begun ?? 0), (second ?? 0) - (first ?? 0)]).toEqual([
      expect.closeTo(2 * hour, -1.1),
      expect.closeTo(2 * hour, -1.1),
    ]);
    expect(stage.advisor.remedy('go', 'go')).toMatchObject({
      kind: 'set',
      chain: 'https://b.example.com,https://a.example.com,direct',
    });
  });
});

describe('flapping, 8 s down and 8 s up', () => {
  const down = (at: number, phase: number): boolean => (at + phase) % 16 < 8;
  const one: World = (name, step, at) => all(200, name === 'a' && down(at, 0) ? { a: 'refused' } : {})(name, step, at);
  const two: World = (name, step, at) =>
    all(200, (name === 'a' && down(at, 0)) || (name === 'b' && down(at, 8)) ? { [name]: 'refused' } : {})(
      name,
      step,
      at,
    );

  test.each<[string, World, readonly Mirror[], number, number]>([
    ['one of three', one, abc, 1, 1],
    ['one of two', one, [mirror('a'), mirror('b')], 1, 1],
    ['two of two, in turn', two, [mirror('a'), mirror('b')], 3, 4],
    ['two of three, in turn', two, abc, 3, 3],
  ])('%s: few notices in two minutes, and damped', (_name, world, mirrors, soon, later) => {
    const stage = calm(mirrors);
    stage.live(120, world);
    expect(stage.changes.length).toBeLessThanOrEqual(soon);
    stage.live(hour);
    expect(stage.changes.length).toBeLessThanOrEqual(later);
  });

  test('home again only after it has been well for long', () => {
    const stage = calm();
    stage.live(hour, one);
    stage.live(hour, all(200));
    expect(stage.story()).toEqual(['proposed outage b', 'withdrawn outage b']);
    // 98 clean answers, as its last were bad.
    expect(delay(stage, 1_800 + hour)).toBeGreaterThan(1_800);
  });
});

describe('dismissed advice', () => {
  const slow: World = (name, step, at) => (name === 'a' && step !== 'zip' ? 1_500 : all(200)(name, step, at));
  const dismissed = (accepted: 'nothing' | 'b'): Rounds => {
    const stage = calm();
    if (accepted === 'b') {
      stage.live(60, all(200, { a: 'refused' }));
      stage.accept(open(stage).id);
      stage.live(600, all(200, { a: 'refused', b: 1_500 }));
    } else stage.live(600, slow);
    stage.dismiss(open(stage).id, hour * 1_000);
    return stage;
  };

  test('stays silent for its time, though it would pay, and comes again after', () => {
    const stage = dismissed('nothing');
    expect(stage.story()).toEqual(['proposed slower b', 'dismissed slower b']);
    expect(stage.advisor.remedy('go', 'go')).toEqual({ kind: 'nothing', state: 'right' });
    stage.live(hour - 5);
    expect(stage.story()).toHaveLength(2);
    stage.live(600);
    expect(stage.story().slice(2)).toEqual(['proposed slower b']);
  });

  test('is silent of this move for this cause alone', () => {
    const stage = dismissed('nothing');
    stage.live(60, all(200, { a: 'refused' }));
    expect(stage.story().slice(2)).toEqual(['proposed outage b']);
  });

  test('the remedy says what stood before', () => {
    const stage = dismissed('b');
    expect(stage.advisor.remedy('go', 'go')).toMatchObject({
      kind: 'set',
      chain: 'https://b.example.com,direct',
    });
  });

  test('over a restart', () => {
    const stage = dismissed('nothing');
    stage.restart();
    stage.live(hour - 5);
    expect(stage.story()).toEqual(['proposed slower b', 'dismissed slower b']);
    stage.live(600);
    expect(stage.story().slice(2)).toEqual(['proposed slower b']);
  });
});

describe('those who follow without accepting', () => {
  const told = (accepts: boolean): readonly (readonly [number, string])[] => {
    const stage = calm();
    const accept = (): void => {
      if (accepts) for (const one of stage.advisor.list()) if (one.state === 'proposed') stage.accept(one.id);
    };
    for (let i = 0; i < 6; i += 1) {
      stage.live(15, all(200, { a: 'refused' }));
      accept();
      stage.live(105);
      for (let left = 0; left < 60; left += 1) {
        stage.live(60, all(200));
        accept();
      }
    }
    return stage.changes
      .filter((one) => one.change === 'proposed' || one.change === 'withdrawn')
      .map((one) => [one.atSeconds, one.change === 'withdrawn' || one.cause === 'failback' ? 'home' : 'away'] as const);
  };

  test('are moved as often, and wait as long', () => {
    const moves = told(true);
    expect(told(false)).toEqual(moves);
    expect(moves.map(([, where]) => where).join(' ')).toBe(Array.from({ length: 6 }, () => 'away home').join(' '));
  });
});
