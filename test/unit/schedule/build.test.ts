import { describe, expect, it } from 'vitest';
import type { Config } from '../../../src/core/config.ts';
import type { Due } from '../../../src/core/due.ts';
import { limits } from '../../../src/core/limits.ts';
import { at, config } from './sample-config.ts';
import { live, minute, nothing, type Story, schedulerOf } from './story.ts';

/** One mirror with four modules: a canary each 30 s, 3 `mod` and 12 others each 5 min. */
const modules = ['a', 'b', 'c', 'd'].map((name) => ({
  ecosystem: 'go' as const,
  upstream: 'go',
  module: `example.com/${name}`,
  version: 'v1.0.0',
}));
const one = (over: Partial<Config> = {}): Config => config({ modules, ...over });
const overH2 = () => ({ ...nothing, protocol: '2' as const });

const isLight = ({ due }: Story['started'][number]): boolean => due.target.weight === 'light';
const buildsOf = (story: Story): ReadonlyMap<string, readonly Story['started'][number][]> =>
  Map.groupBy(
    story.started.filter(({ due }) => due.build !== undefined),
    ({ due }) => due.build?.id ?? '',
  );

const starts = (story: Story, id: string): number => story.started.filter(({ due }) => due.target.id === id).length;

describe('builds', () => {
  const hours = 10;
  const story = live(schedulerOf(one()), { fromMs: 0, toMs: hours * 60 * minute }, () => 0, overH2);

  it('are a cold canary and up to seven warm light probes that start in the same moment', () => {
    const builds = [...buildsOf(story).values()];
    expect(builds.length).toBeGreaterThan(hours);
    for (const build of builds) {
      const [first, ...rest] = build;
      expect(first?.due).toMatchObject({ connection: 'cold', purpose: 'scheduled', target: { canary: true } });
      expect(new Set(rest.map(({ due }) => `${due.connection} ${due.purpose} ${due.target.weight}`))).toEqual(
        new Set(['warm build light']),
      );
      expect(new Set(build.map(({ afterMs }) => afterMs)).size).toBe(1);
      expect(build.every(({ due }) => due.build?.size === build.length)).toBe(true);
      expect(build.length).toBeLessThanOrEqual(limits.buildStreams);
    }
  });

  it('take one probe in ten of each target, in place of one alone', () => {
    const alone = live(schedulerOf(one()), { fromMs: 0, toMs: hours * 60 * minute });
    const ids = new Set(story.started.filter(isLight).map(({ due }) => due.target.id));
    expect(ids.size).toBeGreaterThan(12);
    for (const id of ids) {
      const inBuilds = story.started.filter(({ due }) => due.target.id === id && due.build !== undefined).length;
      expect(Math.abs(starts(story, id) - starts(alone, id))).toBeLessThanOrEqual(1);
      expect(inBuilds).toBeGreaterThan(0);
      expect(inBuilds).toBeLessThanOrEqual(Math.ceil(starts(story, id) / limits.buildEvery) + 1);
    }
    expect(story.skipped).toEqual([]);
  });

  it('are of the same moments after the same start', () => {
    const again = live(schedulerOf(one()), { fromMs: 0, toMs: 60 * minute }, () => 0, overH2);
    const momentsOf = (lived: Story): readonly string[] =>
      lived.started
        .filter(({ due, afterMs }) => due.build !== undefined && afterMs <= 60 * minute)
        .map(({ due, afterMs }) => `${afterMs} ${due.target.id}`);
    expect(momentsOf(again)).toEqual(momentsOf(story));
    expect(momentsOf(again).length).toBeGreaterThan(0);
  });

  it('are not made of a mirror that speaks HTTP/1.1, or whose protocol is not known', () => {
    for (const result of [() => nothing, () => ({ ...nothing, protocol: '1.1' as const })]) {
      const lived = live(schedulerOf(one()), { fromMs: 0, toMs: 120 * minute }, () => 0, result);
      expect(buildsOf(lived).size).toBe(0);
    }
  });

  it('leave no turn for the places that they left', () => {
    const scheduler = schedulerOf(one());
    let [afterMs, idle] = [0, 0];
    while (afterMs < 120 * minute) {
      const { start, wakeAtMs } = scheduler.advance(at(afterMs));
      for (const due of start) scheduler.finished(due, overH2(), at(afterMs));
      if (start.length === 0 && wakeAtMs - at(afterMs).monotonicMs < minute) idle += 1;
      afterMs = Math.max(wakeAtMs - at(0).monotonicMs, afterMs + 0.001);
    }
    // The first turn alone, before anything is due.
    expect(idle).toBeLessThanOrEqual(1);
  });

  it('take one slot of the host', () => {
    const lone = one({ schedule: { ...one().schedule, perHost: 1 } });
    const lived = live(schedulerOf(lone), { fromMs: 0, toMs: 120 * minute }, () => 200, overH2);
    const largest = Math.max(...[...buildsOf(lived).values()].map(({ length }) => length));
    expect(largest).toBe(limits.buildStreams);
  });

  it('are not made while the mirror asked us to wait, nor over the budget of bytes', () => {
    const throttled = (due: Due) => ({ ...overH2(), retryAfterMs: due.target.step === 'list' ? 3_600_000 : null });
    const waiting = live(schedulerOf(one()), { fromMs: 0, toMs: 120 * minute }, () => 0, throttled);
    expect(buildsOf(waiting).size).toBe(0);
    const poor = one({ schedule: { ...one().schedule, bytesPerHour: 1_000 } });
    const rich = (): ReturnType<typeof overH2> => ({ ...overH2(), wireBytes: 1_000 });
    const spent = live(schedulerOf(poor), { fromMs: 0, toMs: 120 * minute }, () => 0, rich);
    expect(spent.started.filter(({ due }) => due.purpose === 'build')).toEqual([]);
    expect(spent.started.length).toBeGreaterThan(200);
  });

  it('are not made while the mirror is in doubt', () => {
    const scheduler = schedulerOf(one());
    live(scheduler, { fromMs: 0, toMs: 4 * minute }, () => 0, overH2);
    scheduler.doubt('a', true);
    expect(live(scheduler, { fromMs: 4 * minute, toMs: 30 * minute }, () => 0, overH2).started).toEqual([]);
  });

  it('come again after one pace where one failed', () => {
    const failing = (due: Due) => ({ ...overH2(), isFailed: due.purpose === 'build' });
    const lived = live(schedulerOf(one()), { fromMs: 0, toMs: 60 * minute }, () => 0, failing);
    const [first = [], second = []] = [...buildsOf(lived).values()].map((build) => build.map(({ afterMs }) => afterMs));
    const gapMs = (second[0] ?? Number.POSITIVE_INFINITY) - (first[0] ?? 0);
    expect(gapMs).toBeLessThanOrEqual(11 * minute);
  });
});
