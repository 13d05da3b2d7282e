import { describe, expect, test } from 'vitest';
import type { Mirror } from '../../../src/core/mirror.ts';
import { sampleConfig } from '../../support/sample-config.ts';
import { abc, all, calm, chain, delay, failing, hour, open, Rounds, type World } from './rounds.ts';
import { mirror } from './stage.ts';

describe('failback to what is 5 × slower', () => {
  const away = (accepts: boolean): Rounds => {
    const stage = calm();
    stage.live(120, all(200, { a: 'refused' }));
    expect(stage.story()).toEqual(['proposed outage b']);
    if (accepts) stage.accept(open(stage).id);
    return stage;
  };

  test.each<[string, boolean, World]>([
    ['accepted', true, all(200, { a: 1_000 })],
    ['followed without a word', false, all(200, { a: 1_000 })],
    [
      'with a lucky minute in each ten',
      true,
      (n, s, at) => all(200, n === 'a' && at % 600 >= 60 ? { a: 1_000 } : {})(n, s, at),
    ],
    ['15 ms slower a request', true, all(200, { a: 225 })],
    ['as fast, and failing one in ten', true, failing('a', 0.1, 3)],
    ['as fast but for its artifacts', true, (n, s, at) => (n === 'a' && s === 'zip' ? 'cut' : all(200)(n, s, at))],
  ])('not proposed in three hours: %s', (_name, accepts, world) => {
    const stage = away(accepts);
    const told = stage.changes.length;
    stage.live(3 * hour, world);
    expect(stage.story().slice(told)).toEqual([]);
  });

  test('proposed once it has proven itself', () => {
    const stage = away(true);
    stage.live(hour, all(200, { a: 1_000 }));
    stage.live(hour, all(200));
    expect(stage.story().slice(2)).toEqual(['proposed failback a']);
    expect(stage.advisor.list()[0]?.reason).toMatch(
      /^a, the preferred mirror, is healthy again; the last switch was advised \d\d min ago\./,
    );
    // Some 48 clean answers of its canary, of info and of list, and ten minutes in which it was as fast as b.
    expect(delay(stage, 1_920 + hour)).toBeGreaterThan(600);
    // Its downloads come every 310 s, and seven of the last eight must be fast for a mean near that of b.
    expect(delay(stage, 1_920 + hour)).toBeLessThanOrEqual(7 * 310);
  });
});

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

describe('slow spells of three minutes, and other mirrors at which builds take longer than at home', () => {
  const spell = 3 * 60;
  /** At home requests take 200 ms, in a spell 900 ms; at the others 450 ms. */
  const world = (isSlow: boolean): World => all(450, { a: isSlow ? 900 : 200 });
  const departures = (stage: Rounds): number => stage.story().filter((one) => one === 'proposed slower b').length;

  /** Three spells, 50 minutes apart: clients leave home twice, and go back within 50 minutes. */
  const begun = (): Rounds => {
    const stage = new Rounds(chain, abc, world(false));
    stage.live(1_800);
    for (let n = 0; n < 3; n += 1) {
      stage.live(spell, world(true));
      stage.live(50 * 60, world(false));
    }
    return stage;
  };

  test('the third spell moves nobody', () => {
    const stage = begun();
    expect(stage.story()).toEqual(Array(2).fill(['proposed slower b', 'withdrawn slower b']).flat());
  });

  test('slowness that lasts does, after `advise.hold`, and over a restart', () => {
    const stage = begun();
    stage.restart();
    const from = stage.seconds;
    expect(stage.advisor.noAdvice().waiting).toEqual([]);
    stage.live(300, world(true));
    expect(stage.advisor.noAdvice().waiting).toMatchObject([
      {
        registry: 'a',
        text: 'a is slow. When clients left it in its last slow spells, builds took longer. So a switch waits until the slowness has lasted 10 min.',
      },
    ]);
    stage.live(600, world(true));
    expect(stage.advisor.noAdvice().waiting).toEqual([]);
    expect(departures(stage)).toBe(1 + 2);
    expect(delay(stage, from)).toBeGreaterThanOrEqual(590);
    expect(delay(stage, from)).toBeLessThan(660);
  });

  test.each<[string, number, number]>([
    ['that was dismissed for three hours is not said to wait', 3, 0],
    ['is, when the dismissal has ended', 0.5, 1],
  ])('a switch %s', (_name, hours, waiting) => {
    const stage = begun();
    stage.live(900, world(true));
    stage.dismiss(open(stage).id, hours * hour * 1_000);
    stage.live(50 * 60, world(false));
    stage.live(300, world(true));
    expect(stage.advisor.noAdvice().waiting).toHaveLength(waiting);
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

describe('slow for three minutes of every half hour', () => {
  /** `a` takes five times as long from the tenth minute of each half hour on, but for its artifacts, asked on the hour. */
  const halfHours: World = (name, step, at) =>
    all(200, name === 'a' && at % 1_800 >= 600 && at % 1_800 < 780 ? { a: 1_000 } : {})(name, step, at);

  test('is gone back to once in six hours, not each time', () => {
    const stage = calm();
    stage.live(6 * hour, halfHours);
    const departures = stage.story().filter((said) => said === 'proposed slower b');
    expect(departures.length).toBeGreaterThan(0);
    expect(departures.length).toBeLessThanOrEqual(2);
  });

  test('is gone back to within three hours of its end', () => {
    const stage = calm();
    stage.live(3 * hour, halfHours);
    stage.live(3 * hour, all(200));
    expect(stage.advisor.list().filter(({ state }) => state === 'proposed')).toEqual([]);
  });
});

describe('slow for five minutes again and again, and faster than all others else', () => {
  test.each([60, 40])('every %s minutes: is gone back to within 25 minutes each time', (minutes) => {
    const period = 60 * minutes;
    const stage = calm();
    stage.live(6 * hour, (name, step, at) => {
      if (name === 'a' && at % period === 1_770) return { status: 500, kind: 'server' };
      return all(300, { a: at % period < 300 && step !== 'zip' ? 2_000 : 200 })(name, step, at);
    });
    const away = stage.changes.flatMap((one, place) =>
      one.change === 'proposed' ? [(stage.changes[place + 1]?.atSeconds ?? Infinity) - one.atSeconds] : [],
    );
    expect(away.length).toBe((6 * hour) / period);
    expect(Math.max(...away)).toBeLessThanOrEqual(1_500);
  });
});

describe('home that fails a request in most hours of the day', () => {
  const isFailing = (n: string, at: number): boolean => n === 'a' && at % 4_500 === 1_770;
  const fails: World = (n, s, at) => all(200, isFailing(n, at) ? { a: { status: 500, kind: 'server' } } : {})(n, s, at);
  /** The seconds until clients are back at home, after 18 hours of `before`, an outage of a minute, and then `after`. */
  const back = (before: World, after: World, over: { readonly failureCostMs?: number } = {}): number => {
    const stage = new Rounds(chain, abc, before, { advise: { ...sampleConfig().advise, ...over } });
    stage.live(18.5 * hour, before);
    stage.live(60, all(200, { a: 'refused' }));
    expect(stage.story()).toEqual(['proposed outage b']);
    const fromSeconds = stage.changes[0]?.atSeconds ?? 0;
    stage.live(5 * hour, after);
    expect(stage.story().slice(1)).toEqual(stage.changes.length === 1 ? [] : ['withdrawn outage b']);
    return delay(stage, fromSeconds);
  };

  test('is not gone back to while it fails', () => {
    expect(back(fails, fails)).toBe(Number.POSITIVE_INFINITY);
    // The same without the hours before: it has as few failures as the other mirror for more than an hour.
    expect(back(all(200), fails)).toBeLessThan(2 * hour);
  });

  test('is gone back to when it has not failed for three whole hours', () => {
    const seconds = back(fails, all(200));
    expect(seconds).toBeGreaterThan(hour);
    expect(seconds).toBeLessThanOrEqual(4 * hour + 1_500);
    expect(back(all(200), all(200))).toBeLessThan(hour);
  });

  test('is gone back to while it fails, if a build costs less there', () => {
    const faster: World = (n, s, at) => (n === 'a' ? fails(n, s, at) : all(230)(n, s, at));
    expect(back(fails, faster)).toBe(Number.POSITIVE_INFINITY);
    expect(back(fails, faster, { failureCostMs: 0 })).toBeLessThan(2 * hour);
  });

  test('is gone back to if the mirror in use has no recent times to compare with', () => {
    const stage = new Rounds(chain, [mirror('a'), mirror('b')], fails);
    stage.live(18.5 * hour);
    stage.live(60, all(200, { a: 'refused' }));
    expect(stage.story()).toEqual(['proposed outage b']);
    // Nothing is requested of it for eight hours.
    stage.mark('b', { throttledUntilMs: stage.at.wallMs + 8 * hour * 1_000 });
    stage.live(4 * hour, fails);
    expect(stage.story()).toEqual(['proposed outage b', 'withdrawn outage b']);
  });
});
