import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import { at, config, every, mirror, someModules } from './sample-config.ts';

import { canaryOnly, live, minute, nothing, type Story, schedulerOf, steps } from './story.ts';

describe('reasons to skip', () => {
  const because = (story: Story) => [...new Set(story.skipped.map((skipped) => skipped.because))];

  it('paused: until its time, then on', () => {
    const scheduler = schedulerOf(canaryOnly());
    scheduler.pause('a', at(5 * minute).wallMs);
    const story = live(scheduler, { fromMs: 0, toMs: 10 * minute });
    expect(because(story)).toEqual(['paused']);
    expect(story.skipped.length).toBe(10);
    expect(story.started.length).toBe(10);
    expect(Math.min(...story.started.map(({ afterMs }) => afterMs))).toBeGreaterThanOrEqual(5 * minute);
  });

  it('paused: ended by hand', () => {
    const scheduler = schedulerOf(canaryOnly());
    scheduler.pause('a', Number.POSITIVE_INFINITY);
    expect(live(scheduler, { fromMs: 0, toMs: 5 * minute }).started).toEqual([]);
    scheduler.pause('a', null);
    expect(live(scheduler, { fromMs: 5 * minute, toMs: 10 * minute }).started.length).toBe(10);
  });

  it('in doubt: that mirror alone', () => {
    const scheduler = schedulerOf(canaryOnly({ mirrors: [mirror('a'), mirror('b')] }));
    scheduler.doubt('a', true);
    const story = live(scheduler, { fromMs: 0, toMs: 5 * minute });
    expect(because(story)).toEqual(['paused']);
    expect(new Set(story.started.map(({ due }) => due.target.registry))).toEqual(new Set(['b']));
    scheduler.doubt('a', false);
    expect(live(scheduler, { fromMs: 5 * minute, toMs: 10 * minute }).started.length).toBe(20);
  });

  it('maintenance: inside the window, also on request', () => {
    const windows = [{ cron: 'hourly', timeZone: null, forMs: 10 * minute }];
    const scheduler = schedulerOf(canaryOnly({ mirrors: [mirror('a', { maintenance: windows })] }), 30 * minute);
    const story = live(scheduler, { fromMs: 30 * minute, toMs: 90 * minute });
    expect(because(story)).toEqual(['maintenance']);
    expect(story.skipped.length).toBe(20);
    const inside = (afterMs: number) => afterMs >= 60 * minute && afterMs < 70 * minute;
    expect(story.skipped.every(({ afterMs }) => inside(afterMs))).toBe(true);
    expect(story.started.some(({ afterMs }) => inside(afterMs))).toBe(false);
    expect([scheduler.inMaintenance('a', at(125 * minute)), scheduler.inMaintenance('a', at(135 * minute))]).toEqual([
      true,
      false,
    ]);
    expect(scheduler.inMaintenance('unknown', at(125 * minute))).toBe(false);
  });

  it('throttled: the mirror that asked, until the time asked for, and no other of its host', () => {
    const urls = { a: 'https://one.example.com/a', b: 'https://one.example.com/b', c: 'https://two.example.com' };
    const scheduler = schedulerOf(
      canaryOnly({ mirrors: Object.entries(urls).map(([name, url]) => mirror(name, { url })) }),
    );
    let asked = false;
    const story = live(
      scheduler,
      { fromMs: 0, toMs: 10 * minute },
      () => 0,
      ({ target }) => {
        if (asked || target.registry !== 'a') return nothing;
        asked = true;
        return { wireBytes: 0, retryAfterMs: 4 * minute };
      },
    );
    expect(because(story)).toEqual(['throttled']);
    expect(new Set(story.skipped.map(({ target }) => target.registry))).toEqual(new Set(['a']));
    const first = story.started.find(({ due }) => due.target.registry === 'a')?.afterMs ?? 0;
    const away = (registry: string) =>
      story.started.filter(
        ({ due, afterMs }) => due.target.registry === registry && afterMs > first && afterMs < first + 4 * minute,
      );
    expect([away('a').length, away('b').length, away('c').length]).toEqual([0, 8, 8]);
    expect(story.started.some(({ due, afterMs }) => due.target.registry === 'a' && afterMs > first + 4 * minute)).toBe(
      true,
    );
  });

  it('throttled: says until when, and no longer afterwards', () => {
    const scheduler = schedulerOf(canaryOnly());
    const [due] = live(
      scheduler,
      { fromMs: 0, toMs: minute },
      () => 0,
      () => ({ wireBytes: 0, retryAfterMs: 4 * minute }),
    ).started;
    const untilMs = 4 * minute + (due?.afterMs ?? 0) + 0.001;
    expect(scheduler.throttledUntil('a', 'mod', at(4 * minute))).toBeCloseTo(at(untilMs).monotonicMs, 6);
    expect(scheduler.throttledUntil('a', 'list', at(4 * minute))).toBeNull();
    expect(scheduler.throttledUntil('a', 'mod', at(untilMs + 1))).toBeNull();
  });

  it('throttled without a time: backs off twice as long each time in a row', () => {
    const scheduler = schedulerOf(canaryOnly());
    const story = live(
      scheduler,
      { fromMs: 0, toMs: 120 * minute },
      () => 0,
      () => ({ wireBytes: 0, retryAfterMs: 0 }),
    );
    const gaps = story.started.map(({ afterMs }, n) => afterMs - (story.started[n - 1]?.afterMs ?? 0)).slice(1);
    expect(gaps.length).toBeGreaterThan(8);
    gaps.forEach((gap, n) => {
      const backOffMs = Math.min(limits.throttleMsMin * 2 ** n, limits.throttleMsMax);
      expect(gap).toBeGreaterThanOrEqual(backOffMs * 0.75);
      expect(gap).toBeLessThanOrEqual(backOffMs * 1.25 + 33_001);
    });
  });

  it('over budget: heavy steps first, light ones at the bound, the canary never', () => {
    const budget = config(
      { schedule: { pace: every(60_000), perHost: 2, bytesPerHour: 20_000_000 } },
      { zip: every(5 * minute), info: every(5 * minute), list: every(1e12), latest: every(1e12) },
    );
    const bytes = { mod: 100_000, info: 50_000, zip: 3_000_000 } as const;
    const scheduler = schedulerOf(budget);
    const story = live(
      scheduler,
      { fromMs: 0, toMs: 60 * minute },
      () => 0,
      ({ target }) => ({ wireBytes: bytes[target.step as keyof typeof bytes], retryAfterMs: null }),
    );
    expect(because(story)).toEqual(['over_budget']);
    expect(new Set(story.skipped.map(({ target }) => target.step))).toEqual(new Set(['zip']));
    expect([steps(story, 'zip').length, steps(story, 'info').length]).toEqual([4, 12]);
    expect(story.started.filter(({ due }) => due.target.canary).length).toBe(60);
    const tight = schedulerOf({ ...budget, schedule: { ...budget.schedule, bytesPerHour: 1_000_000 } });
    const starved = live(
      tight,
      { fromMs: 0, toMs: 60 * minute },
      () => 0,
      ({ target }) => ({ wireBytes: bytes[target.step as keyof typeof bytes], retryAfterMs: null }),
    );
    expect(new Set(starved.skipped.map(({ target }) => target.step))).toEqual(new Set(['zip', 'info']));
    expect(starved.started.filter(({ due }) => due.target.canary).length).toBe(60);
  });

  it('over budget: probes in flight count with what they are expected to move', () => {
    const modules = ['m/a', 'm/b'].map((module) => ({
      ecosystem: 'go' as const,
      upstream: 'go',
      module,
      version: 'v1.0.0',
    }));
    const one = config(
      { modules, schedule: { pace: every(1e12), perHost: 4, bytesPerHour: 2 * limits.heavyBytesGuess } },
      { zip: every(minute), mod: every(1e12), info: every(1e12), list: every(1e12), latest: every(1e12) },
    );
    const story = live(schedulerOf(one), { fromMs: 0, toMs: 5 * minute }, () => 1e9);
    expect(steps(story, 'zip').length).toBe(1);
    expect(because(story)).toEqual(expect.arrayContaining(['over_budget']));
  });

  it('sheds the share asked for as local, canaries half as often', () => {
    const modules = someModules(50);
    const one = config(
      { modules, schedule: { pace: every(5_000), perHost: 1_000, bytesPerHour: null } },
      { list: every(10_000) },
    );
    const scheduler = schedulerOf(one);
    scheduler.shed(0.4);
    const story = live(scheduler, { fromMs: 0, toMs: 60 * minute });
    expect(because(story)).toEqual(['local']);
    const share = (step: string) => {
      const skipped = story.skipped.filter(({ target }) => target.step === step).length;
      return skipped / (skipped + steps(story, step).length);
    };
    expect(share('list')).toBeGreaterThan(0.38);
    expect(share('list')).toBeLessThan(0.42);
    const canary = (one: { readonly canary: boolean }) => one.canary;
    const shed = story.skipped.filter(({ target }) => canary(target)).length / 720;
    expect(shed).toBeGreaterThan(0.13);
    expect(shed).toBeLessThan(0.27);
  });

  it.each([
    ['a share above the bound counts as nine tenths', 5, true],
    ['none', 0, false],
    ['a defect counts as none', Number.NaN, false],
  ])('sheds: %s', (_name, share, isShedding) => {
    const scheduler = schedulerOf(config({}, { list: every(10_000) }));
    scheduler.shed(share);
    const story = live(scheduler, { fromMs: 0, toMs: 60 * minute });
    expect(story.skipped.length > 0).toBe(isShedding);
    expect(steps(story, 'list').length).toBeGreaterThan(10);
  });

  it('suspended: drops what was missed, once per series, and starts no burst', () => {
    const mirrors = Array.from({ length: 50 }, (_, n) => mirror(`m${n}`));
    const scheduler = schedulerOf(canaryOnly({ mirrors }));
    live(scheduler, { fromMs: 0, toMs: minute });
    const turn = scheduler.advance(at(11 * minute));
    expect(turn.start).toEqual([]);
    expect(turn.skipped.length).toBe(50);
    for (const skipped of turn.skipped) {
      expect(skipped.because).toBe('local');
      expect(skipped.count).toBeGreaterThanOrEqual(19);
      expect(skipped.count).toBeLessThanOrEqual(21);
    }
    const after = live(scheduler, { fromMs: 11 * minute, toMs: 12 * minute });
    expect(after.started.length).toBe(100);
    expect(after.skipped).toEqual([]);
  });

  it('suspended: what waited for a slot is not wanted any more', () => {
    const modules = someModules(10);
    const one = config(
      { modules, schedule: { pace: every(30_000), perHost: 1, bytesPerHour: null } },
      { list: every(10_000) },
    );
    const scheduler = schedulerOf(one);
    const [first] = scheduler.advance(at(0)).start;
    expect(first).toBeUndefined();
    const running = [];
    for (let after = 0; after <= 12_000; after += 1_000) running.push(...scheduler.advance(at(after)).start);
    expect(running.length).toBe(1);
    const turn = scheduler.advance(at(10 * minute));
    expect(turn.start).toEqual([]);
    for (const due of running) scheduler.finished(due, nothing, at(10 * minute));
    expect(scheduler.advance(at(10 * minute)).start).toEqual([]);
    expect(turn.skipped.every(({ because: why }) => why === 'local')).toBe(true);
  });

  it('a little late is no suspend: the latest slot runs, those before it are local', () => {
    const one = canaryOnly({ schedule: { pace: every(500), perHost: 1, bytesPerHour: null } });
    const scheduler = schedulerOf(one);
    scheduler.advance(at(0));
    const turn = scheduler.advance(at(limits.suspendMs));
    expect(turn.start.length).toBe(1);
    expect(turn.skipped).toEqual([expect.objectContaining({ because: 'local', count: expect.any(Number) })]);
    expect(turn.skipped[0]?.count).toBeGreaterThanOrEqual(8);
  });
});
