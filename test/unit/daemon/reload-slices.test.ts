import { describe, expect, test } from 'vitest';
import type { Config } from '../../../src/core/config.ts';
import type { Target } from '../../../src/core/mirror.ts';
import { atOnce, itemsPerSlice, overTurns, type Slices } from '../../../src/core/slices.ts';
import { dueSeriesOf } from '../../../src/daemon/assemble.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { makePlanInSlices } from '../../../src/export/boards.ts';
import { createRandom } from '../../../src/io/random.ts';
import { createScheduler } from '../../../src/schedule/scheduler.ts';
import { expandTargets, expandTargetsInSlices } from '../../../src/schedule/targets.ts';
import { ProbeStore } from '../../../src/state/board.ts';
import { at, config, mirror, plainCalendar } from '../schedule/sample-config.ts';

const one = config();
const large = config({ mirrors: Array.from({ length: 500 }, (_, place) => mirror(`m${place}`)) });
const targets = expandTargets(large);

/** A list that counts what is read of it. */
function counted<T>(items: readonly T[]): { readonly items: readonly T[]; readonly read: () => number } {
  let reads = 0;
  const proxy = new Proxy(items, {
    get(list, key, receiver) {
      if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1;
      return Reflect.get(list, key, receiver);
    },
  });
  return { items: proxy, read: () => reads };
}

/** What each slice of the work reads of a list. */
function readsOf<T, R>(items: readonly T[], work: (items: readonly T[]) => Slices<R>): readonly number[] {
  const list = counted(items);
  const slices = work(list.items);
  const reads: number[] = [];
  for (let before = 0, done = false; !done; before = list.read()) {
    done = slices.next().done === true;
    reads.push(list.read() - before);
  }
  return reads;
}

const scheduler = () =>
  createScheduler({
    config: one,
    targets: expandTargets(one),
    seed: 'here',
    calendar: plainCalendar,
    random: createRandom(1),
    now: at(0),
  });
const board = () => new ProbeStore([1], dueSeriesOf(one, expandTargets(one)));

describe('500 mirrors at a reload', () => {
  test.each<[string, readonly unknown[], (items: readonly never[]) => Slices<unknown>]>([
    ['the lines of /metrics', targets, (items: readonly Target[]) => makePlanInSlices(large, items)],
    ['the schedule', targets, (items: readonly Target[]) => scheduler().preparing(large, items)],
    ['the board', dueSeriesOf(large, targets), (items) => board().preparing(items)],
  ])('%s: no slice reads more than so many targets', (_, items, work) => {
    const reads = readsOf(items as readonly never[], work);
    expect(Math.max(...reads)).toBeLessThanOrEqual(itemsPerSlice + 1);
    expect(reads.length).toBeGreaterThanOrEqual(targets.length / itemsPerSlice);
  });

  test('targets are made in slices', async () => {
    let turns = 0;
    const made = await overTurns(expandTargetsInSlices(large, registry), async () => {
      turns += 1;
    });
    expect(made).toEqual(targets);
    expect(turns).toBeGreaterThanOrEqual(Math.floor(targets.length / itemsPerSlice) - 1);
  });

  test('what was prepared is put in force without another look at the targets', () => {
    const readBy = (replace: (wanted: readonly Target[], prepare: boolean) => void, prepare: boolean): number => {
      const list = counted(targets);
      replace(list.items, prepare);
      return list.read();
    };
    const onSchedule = (wanted: readonly Target[], prepare: boolean): void => {
      const made = scheduler();
      if (prepare) atOnce(made.preparing(large, wanted));
      made.replace(large, wanted, at(60_000));
    };
    expect(readBy(onSchedule, true)).toBe(readBy(onSchedule, false));
  });

  test('a schedule that was prepared plans every target as one that was not', () => {
    const plansOf = (prepare: (made: ReturnType<typeof scheduler>, next: Config) => void) => {
      const made = scheduler();
      prepare(made, large);
      made.replace(large, targets, at(60_000));
      return targets.map((target) => made.dueAtMs(target, 'cold'));
    };
    const unprepared = plansOf(() => undefined);
    expect(unprepared).not.toContain(null);
    expect(plansOf((made, next) => atOnce(made.preparing(next, targets)))).toEqual(unprepared);
    // Prepared for another configuration: of no use.
    expect(plansOf((made) => atOnce(made.preparing(one, targets)))).toEqual(unprepared);
  });

  test('a board that was prepared holds the same series', () => {
    const series = dueSeriesOf(large, targets);
    const ids = (prepare: boolean) => {
      const made = board();
      if (prepare) atOnce(made.preparing(series));
      made.replace(series);
      return [...made.series()].map(({ target, connection }) => `${target.id}|${connection}`);
    };
    expect(ids(true)).toEqual(ids(false));
    expect(ids(true).length).toBe(series.length);
  });
});
