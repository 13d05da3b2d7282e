import { describe, expect, test } from 'vitest';
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
      /^a, the preferred mirror, is healthy again; the switch away from it was advised at 2026-03-01 \d\d:\d\d UTC\./,
    );
    // Some 48 clean answers of its canary, of info and of list, and ten minutes in which it was as fast as b.
    expect(delay(stage, 1_920 + hour)).toBeGreaterThan(600);
    // Its downloads come every 310 s, and seven of the last eight must be fast for a mean near that of b.
    expect(delay(stage, 1_920 + hour)).toBeLessThanOrEqual(7 * 310);
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
