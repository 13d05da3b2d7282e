import { describe, expect, it } from 'vitest';
import type { Config } from '../../../src/core/config.ts';
import { createRandom } from '../../../src/io/random.ts';
import { createScheduler } from '../../../src/schedule/scheduler.ts';
import { expandTargets } from '../../../src/schedule/targets.ts';
import { at, config, every, mirror, plainCalendar } from './sample-config.ts';
import { live, minute, nothing, type Story } from './story.ts';

const hour = 60 * minute;

/** Projects times versions at three mirrors; artifacts each hour, all else never. */
function projects(count: number, versions: number, over: Partial<Config> = {}): Config {
  const never = every(1e12);
  return config(
    {
      mirrors: ['a', 'b', 'c'].map((name) => mirror(name)),
      modules: Array.from({ length: count * versions }, (_, i) => ({
        ecosystem: 'go',
        upstream: 'go',
        module: `example.com/p${i % count}`,
        version: `v1.${Math.floor(i / count)}.0`,
      })),
      ...over,
    },
    { info: never, list: never, latest: never, mod: never, sumdb: never },
  );
}

/** Lives of the daemon one after the other, on one wall clock, each knowing what answered before it. */
function lives(
  of: (life: number) => Config,
  spans: readonly { readonly fromMs: number; readonly toMs: number }[],
  bytes = 0,
): Story['started'] {
  const lastOk = new Map<string, number>();
  return spans.flatMap(({ fromMs, toMs }, life) => {
    const scheduler = createScheduler({
      config: of(life),
      targets: expandTargets(of(life)),
      seed: 'here',
      calendar: plainCalendar,
      random: createRandom(life),
      now: at(fromMs),
      lastOk: new Map(lastOk),
    });
    const middleMs = (fromMs + toMs) / 2;
    const asked = [
      { fromMs, toMs: middleMs },
      { fromMs: middleMs, toMs },
    ].flatMap((span, half) => {
      // A reload in the middle of each life: the same modules, in another order.
      const next = of(life);
      if (half === 1) {
        const other = { ...next, modules: next.modules.toReversed() };
        scheduler.replace(other, expandTargets(other), at(middleMs));
      }
      return live(
        scheduler,
        span,
        () => 500,
        ({ target }) => ({ ...nothing, wireBytes: target.step === 'zip' ? bytes : 0 }),
      ).started.filter(({ due }) => due.target.step === 'zip');
    });
    for (const { due, afterMs } of asked) lastOk.set(due.target.id, at(afterMs).wallMs);
    return asked;
  });
}

/** How many more times than another any artifact of a mirror had been asked, at the worst moment. */
function unevenness(asked: Story['started'], artifacts: number): number {
  const counts = new Map<string, Map<string, number>>();
  let worst = 0;
  for (const { due } of asked) {
    const { registry, id } = due.target;
    const own = counts.get(registry) ?? new Map<string, number>();
    counts.set(registry, own.set(id, (own.get(id) ?? 0) + 1));
    const least = own.size < artifacts ? 0 : Math.min(...own.values());
    worst = Math.max(worst, Math.max(...own.values()) - least);
  }
  return worst;
}

describe('artifacts on the schedule', () => {
  it.each([
    [1, 3],
    [2, 1],
    [5, 4],
    [12, 10],
  ])('%i projects x %i versions: each is asked once before any is asked twice', (count, versions) => {
    const of = () => projects(count, versions);
    const asked = lives(of, [{ fromMs: 0, toMs: 12 * hour }]);
    expect(unevenness(asked, count * versions)).toBe(1);
    expect(asked.length).toBeGreaterThanOrEqual(3 * 11 * count * versions);
    expect(asked.length).toBeLessThanOrEqual(3 * 13 * count * versions);
  });

  it('also over restarts and reloads', () => {
    const spans = [0, 47, 110, 240, 251, 400].map((from, i, all) => ({
      fromMs: from * minute,
      toMs: (all[i + 1] ?? 720) * minute - 1,
    }));
    const asked = lives(() => projects(5, 4), spans);
    expect(unevenness(asked, 20)).toBe(1);
  });

  it('what came due while no daemon ran is asked soon after, not an hour later', () => {
    const asked = lives(
      () => projects(5, 4),
      [
        { fromMs: 0, toMs: 90 * minute },
        { fromMs: 105 * minute, toMs: 165 * minute },
      ],
    );
    const late = asked.filter(({ afterMs }) => afterMs >= 105 * minute);
    const missed = asked.filter(({ afterMs }) => afterMs >= 30 * minute && afterMs < 45 * minute);
    expect(missed.length).toBeGreaterThan(3);
    for (const { due } of missed) {
      const again = late.find((one) => one.due.target.id === due.target.id);
      expect(again?.afterMs).toBeLessThan(112 * minute);
    }
  });

  it('an artifact whose turn came while its mirror was in doubt has it minutes later', () => {
    const one = projects(5, 4);
    const scheduler = createScheduler({
      config: one,
      targets: expandTargets(one),
      seed: 'here',
      calendar: plainCalendar,
      random: createRandom(1),
      now: at(0),
    });
    scheduler.doubt('a', true);
    const during = live(scheduler, { fromMs: 0, toMs: 10 * minute });
    const missed = during.skipped.filter(({ target }) => target.registry === 'a' && target.step === 'zip');
    expect(missed.length).toBeGreaterThan(1);
    expect(new Set(missed.map(({ target }) => target.id)).size).toBe(missed.length);
    scheduler.doubt('a', false);
    const after = live(scheduler, { fromMs: 10 * minute, toMs: 17 * minute });
    const asked = new Set(after.started.map(({ due }) => due.target.id));
    for (const { target } of missed) expect(asked).toContain(target.id);
  });

  it('where the budget is enough for half of them, it is enough for each in its time', () => {
    const mib = 2 ** 20;
    const over = { schedule: { ...projects(1, 1).schedule, bytesPerHour: 10 * mib } };
    const asked = lives(() => projects(5, 4, over), [{ fromMs: 0, toMs: 12 * hour }], mib);
    for (const name of ['a', 'b', 'c']) {
      const own = asked.filter(({ due }) => due.target.registry === name);
      const times = Map.groupBy(own, ({ due }) => due.target.id);
      expect(times.size).toBe(20);
      const counts = [...times.values()].map((list) => list.length);
      expect(Math.min(...counts)).toBeGreaterThanOrEqual(2);
    }
  });
});
