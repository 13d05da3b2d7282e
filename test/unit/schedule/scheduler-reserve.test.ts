import { describe, expect, it } from 'vitest';
import type { Due } from '../../../src/core/due.ts';
import type { Scheduler } from '../../../src/schedule/scheduling.ts';
import { expandTargets } from '../../../src/schedule/targets.ts';
import { at, config, every, mirror } from './sample-config.ts';

import { canaryOnly, live, minute, nothing, type Story, schedulerOf } from './story.ts';

describe('reserve', () => {
  const round = { id: 'r', moment: 0 };
  const sharing = canaryOnly({
    mirrors: [
      mirror('a', { url: 'https://one.example.com/a' }),
      mirror('b', { url: 'https://one.example.com/b' }),
      mirror('c'),
    ],
    schedule: { pace: every(30_000), perHost: 1, bytesPerHour: null },
  });
  const canaryOf = (registry: string) => {
    const target = expandTargets(sharing).find((one) => one.registry === registry && one.canary);
    if (target === undefined) throw new Error(`no canary of ${registry}`);
    return target;
  };
  const asked = (registry: string, purpose: 'confirm' | 'recheck' = 'confirm') => ({
    target: canaryOf(registry),
    connection: 'cold' as const,
    purpose,
    timeoutMs: 1_500,
    round: purpose === 'confirm' ? round : null,
  });
  /** A scheduler at 31.5 s whose one slot on the host of a and b is taken; the Due that has it. */
  function busy(): { scheduler: Scheduler; holder: Due } {
    const scheduler = schedulerOf(sharing);
    for (let afterMs = 0; afterMs <= 31_500; afterMs += 100) {
      const { start } = scheduler.advance(at(afterMs));
      for (const due of start) if (due.target.registry === 'c') scheduler.finished(due, nothing, at(afterMs));
      const holder = start.find(({ target }) => target.registry !== 'c');
      if (holder !== undefined) return { scheduler, holder };
    }
    throw new Error('nothing started');
  }

  it('gives a confirming slot on top of perHost, one for each upstream on a host', () => {
    const { scheduler } = busy();
    const due = scheduler.reserve(asked('a'), at(32_000));
    expect(due).toEqual({
      ...asked('a'),
      probeId: expect.stringMatching(/^[0-9a-z]{20}$/),
      plannedAtMs: at(32_000).monotonicMs,
    });
    expect(scheduler.reserve(asked('b'), at(32_000))).toBeNull();
    expect(scheduler.reserve(asked('c'), at(32_000))).not.toBeNull();
    if (due !== null) scheduler.finished(due, nothing, at(33_000));
    expect(scheduler.reserve(asked('b'), at(33_000))).not.toBeNull();
  });

  it('starts one light probe beside downloads that take all slots, and no third download', () => {
    const two = canaryOnly({ mirrors: [mirror('a')], schedule: { ...sharing.schedule, perHost: 2 } });
    const scheduler = schedulerOf(two);
    const reserve = (weight: 'light' | 'heavy') => {
      const target = expandTargets(two).find((one) => one.weight === weight);
      if (target === undefined) throw new Error(`no ${weight} target`);
      return scheduler.reserve({ ...asked('a', 'recheck'), target }, at(0));
    };
    const download = reserve('heavy');
    expect(download).not.toBeNull();
    expect(reserve('heavy')).not.toBeNull();
    expect(reserve('heavy')).toBeNull();
    expect(reserve('light')).not.toBeNull();
    expect(reserve('light')).toBeNull();
    expect(scheduler.advance(at(1_000)).start).toEqual([]);
    if (download !== null) scheduler.finished(download, nothing, at(2_000));
    // One download and the light probe have both slots.
    expect(scheduler.advance(at(2_000)).start).toEqual([]);
  });

  it('gives no more than four of them at once on one host, however many upstreams are on it', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const mirrors = names.map((name) => mirror(name, { upstream: name, url: `https://one.example.com/${name}` }));
    const modules = sharing.modules.flatMap((module) => names.map((upstream) => ({ ...module, upstream })));
    const crowded = canaryOnly({ mirrors, modules });
    const scheduler = schedulerOf(crowded);
    const reserve = (registry: string) => {
      const target = expandTargets(crowded).find((one) => one.registry === registry && one.canary);
      if (target === undefined) throw new Error(`no canary of ${registry}`);
      return scheduler.reserve({ ...asked('a'), target }, at(0));
    };
    const dues = names.map(reserve);
    expect(dues.map((due) => due?.target.registry ?? null)).toEqual(['a', 'b', 'c', 'd', null]);
    expect(reserve('a')).toBeNull();
    if (dues[2] != null) scheduler.finished(dues[2], nothing, at(100));
    expect(reserve('e')).not.toBeNull();
  });

  it('leaves the ordinary slots as they are', () => {
    const { scheduler, holder } = busy();
    const due = scheduler.reserve(asked('a'), at(32_000));
    scheduler.finished(holder, nothing, at(32_000));
    expect(due).not.toBeNull();
    expect(live(scheduler, { fromMs: 32_000, toMs: 62_000 }).started.length).toBeGreaterThanOrEqual(2);
  });

  const away: readonly (readonly [name: string, hold: (scheduler: Scheduler, holder: Due) => void, isNull: boolean])[] =
    [
      [
        'throttled',
        (scheduler, holder) => scheduler.finished(holder, { wireBytes: 0, retryAfterMs: minute }, at(32_000)),
        true,
      ],
      ['paused by a person', (scheduler) => scheduler.pause('a', at(minute).wallMs), true],
      ['a pause that is over', (scheduler) => scheduler.pause('a', at(31_999).wallMs), false],
      ['in doubt, which is what rounds are for', (scheduler) => scheduler.doubt('a', true), false],
    ];
  it.each(away)('confirming: %s', (_name, hold, isNull) => {
    const { scheduler, holder } = busy();
    hold(scheduler, holder);
    expect(scheduler.reserve(asked('a'), at(32_000)) === null).toBe(isNull);
  });

  it('knows no mirror that is not configured', () => {
    const target = { ...canaryOf('a'), registry: 'unknown' };
    expect(schedulerOf(sharing).reserve({ ...asked('a'), target }, at(0))).toBeNull();
  });

  it('gives a second look an ordinary slot', () => {
    const { scheduler } = busy();
    expect(scheduler.reserve(asked('c', 'recheck'), at(32_000))?.purpose).toBe('recheck');
    expect(scheduler.inFlight()).toBe(2);
  });

  it('keeps a second look, once, until a slot is free, ahead of what else waits', () => {
    const { scheduler, holder } = busy();
    expect(scheduler.reserve(asked('a', 'recheck'), at(32_000))).toBeNull();
    expect(scheduler.reserve(asked('a', 'recheck'), at(32_000))).toBeNull();
    expect(scheduler.advance(at(32_000)).start.filter(({ target }) => target.registry !== 'c')).toEqual([]);
    scheduler.finished(holder, nothing, at(33_000));
    const [due, ...more] = scheduler.advance(at(33_000)).start.filter(({ target }) => target.registry !== 'c');
    expect(due).toMatchObject({ purpose: 'recheck', target: { registry: 'a' }, plannedAtMs: at(33_000).monotonicMs });
    expect(more).toEqual([]);
  });

  it('keeps a second look over a Retry-After and a pause', () => {
    const { scheduler, holder } = busy();
    scheduler.finished(holder, { wireBytes: 0, retryAfterMs: minute }, at(32_000));
    expect(scheduler.reserve(asked('a', 'recheck'), at(32_000))).toBeNull();
    scheduler.pause('a', at(3 * minute).wallMs);
    const story = live(scheduler, { fromMs: 32_000, toMs: 4 * minute });
    const rechecks = story.started.filter(({ due }) => due.purpose === 'recheck');
    expect(rechecks.length).toBe(1);
    expect(rechecks[0]?.afterMs).toBeGreaterThanOrEqual(3 * minute);
  });
});

describe('replace', () => {
  const modules = (...names: string[]) =>
    names.map((module) => ({ ecosystem: 'go' as const, upstream: 'go', module, version: 'v1.0.0' }));
  const walls = (story: Story, registry: string) =>
    story.started
      .filter(({ due }) => due.target.registry === registry && due.target.canary)
      .map(({ afterMs }) => Math.round(afterMs));

  it('keeps the phase of unchanged series, drops removed ones, begins new ones', () => {
    const before = canaryOnly({ mirrors: [mirror('a'), mirror('b')] });
    const after = canaryOnly({ mirrors: [mirror('a'), mirror('c')] });
    const [kept, changed] = [schedulerOf(before), schedulerOf(before)];
    live(kept, { fromMs: 0, toMs: minute });
    live(changed, { fromMs: 0, toMs: minute });
    changed.replace(after, expandTargets(after), at(minute));
    const story = live(changed, { fromMs: minute, toMs: 3 * minute });
    expect(walls(story, 'a')).toEqual(walls(live(kept, { fromMs: minute, toMs: 3 * minute }), 'a'));
    expect([walls(story, 'a').length, walls(story, 'b').length, walls(story, 'c').length]).toEqual([4, 0, 4]);
  });

  it('never doubles what is in flight, also where its pace changed', () => {
    const before = canaryOnly();
    const after = canaryOnly({ schedule: { pace: every(20_000), perHost: 2, bytesPerHour: null } });
    const scheduler = schedulerOf(before);
    const running: Due[] = [];
    for (let afterMs = 0; afterMs <= 31_500; afterMs += 100)
      if (running.length === 0) running.push(...scheduler.advance(at(afterMs)).start);
    scheduler.replace(after, expandTargets(after), at(31_500));
    const held = live(scheduler, { fromMs: 31_500, toMs: 91_500 });
    expect(held.started).toEqual([]);
    expect(held.skipped.map(({ because }) => because)).toEqual(['overrun', 'overrun', 'overrun']);
    for (const due of running) scheduler.finished(due, nothing, at(91_500));
    expect(live(scheduler, { fromMs: 91_500, toMs: 151_500 }).started.length).toBe(3);
  });

  it('takes new deadlines, slots and budgets at once', () => {
    const before = canaryOnly();
    const after = canaryOnly({ schedule: { pace: every(30_000, 3_000), perHost: 2, bytesPerHour: null } });
    const scheduler = schedulerOf(before);
    scheduler.replace(after, expandTargets(after), at(0));
    expect(live(scheduler, { fromMs: 0, toMs: minute }).started.map(({ due }) => due.timeoutMs)).toEqual([
      3_000, 3_000,
    ]);
  });

  it('keeps pauses, and waits no longer for a Retry-After', () => {
    const one = canaryOnly({ mirrors: [mirror('a'), mirror('b')] });
    const scheduler = schedulerOf(one);
    scheduler.pause('a', at(10 * minute).wallMs);
    live(
      scheduler,
      { fromMs: 0, toMs: minute },
      () => 0,
      () => ({ wireBytes: 0, retryAfterMs: 20 * minute }),
    );
    scheduler.replace(one, expandTargets(one), at(minute));
    const story = live(scheduler, { fromMs: minute, toMs: 5 * minute });
    expect(new Set(story.skipped.map(({ because, target }) => `${target.registry} ${because}`))).toEqual(
      new Set(['a paused']),
    );
    expect(story.started.filter(({ due }) => due.target.registry === 'b').length).toBe(8);
  });

  it('forgets what waited and is gone', () => {
    const names = Array.from({ length: 10 }, (_, n) => `m/${n}`);
    const schedule = { pace: every(1e12), perHost: 1, bytesPerHour: null };
    const slow = { list: every(10_000), info: every(1e12), latest: every(1e12), zip: every(1e12) };
    const before = config({ modules: modules(...names), schedule }, slow);
    const after = config({ modules: modules('m/0', 'm/new'), schedule }, slow);
    const scheduler = schedulerOf(before);
    const [holder] = startUntil(scheduler, 11_000);
    scheduler.replace(after, expandTargets(after), at(11_000));
    if (holder !== undefined) scheduler.finished(holder, nothing, at(11_000));
    const story = live(scheduler, { fromMs: 11_000, toMs: minute });
    expect(story.started.length).toBeGreaterThan(5);
    expect(new Set(story.started.map(({ due }) => due.target.module))).toEqual(new Set(['m/0', 'm/new']));
  });

  /** Starts without ever ending anything. */
  function startUntil(scheduler: Scheduler, toMs: number): Due[] {
    const started: Due[] = [];
    for (let afterMs = 0; afterMs <= toMs; afterMs += 500) started.push(...scheduler.advance(at(afterMs)).start);
    return started;
  }
});
