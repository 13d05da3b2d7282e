import { expect, it } from 'vitest';
import type { Config } from '../../../src/core/config.ts';
import type { Mirror } from '../../../src/core/mirror.ts';
import { createDetector } from '../../../src/detect/detector.ts';
import { severityOf } from '../../../src/notify/alerts.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom } from './world.ts';

const origin: Mirror = { ...aMirror('origin'), role: 'origin' };
const minute = 60_000;

type Restored = Parameters<typeof createDetector>[0]['restored'];

/** Mirrors that list versions of one module every five minutes. */
function play(mirrors: readonly Mirror[], over: Partial<Config> = {}, restored: Restored = [], fromMs = 0) {
  const targets = mirrors.map(({ name }) => ({ ...aTarget(name), step: 'list', version: null }));
  const detector = createDetector({
    config: { ...aConfig({ mirrors }), ...over },
    targets,
    restored,
    random: countingRandom(),
    now: at(fromMs),
  });
  let ms = fromMs;
  const rows = new Map(restored.map((row) => [`${row.table} ${row.key}`, row]));
  const told: string[] = [];
  const seconds: number[] = [];
  return {
    detector,
    told,
    seconds,
    rows: () => [...rows.values()],
    /** Each mirror lists its versions, this often. @param older  how many older ones its lists leave out */
    list(lists: Readonly<Record<string, readonly string[]>>, times = 1, older = 0): void {
      for (let n = 0; n < times; n += 1) {
        ms += 5 * minute;
        for (const target of targets) {
          const newest = lists[target.registry] ?? [];
          const facts = { contents: { versions: { count: newest.length + older, newest, pre: [] } } };
          const turn = detector.take(aSample(aDue(target), ms - 100, 100, { tag: 'ok' }, { facts }), at(ms));
          told.push(
            ...turn.findings
              .filter(({ finding }) => finding.kind === 'lag')
              .map(({ change, finding }) => `${change} ${finding.cause} ${finding.registry}`),
          );
          seconds.push(...turn.withdrawals.map((one) => one.seconds));
          for (const row of [...turn.rows, ...detector.tick(at(ms)).rows]) rows.set(`${row.table} ${row.key}`, row);
        }
      }
    },
    held: (name: string) => detector.standings().find(({ registry }) => registry === name)?.withdrawn,
  };
}

const all = ['1.0.0', '1.1.0', '1.2.0'];
const without = ['1.0.0', '1.2.0'];

it('finds a version that the origin withdrew an hour ago, until the mirror withdraws it too', () => {
  const world = play([origin, aMirror('a'), aMirror('b')]);
  world.list({ origin: all, a: all, b: all }, 3);
  expect(world.held('a')).toBe(0);
  world.list({ origin: without, a: all, b: without }, 12);
  expect(world.told).toEqual([]);
  world.list({ origin: without, a: all, b: without });
  expect(world.told).toEqual(['opened withdrawn a']);
  expect(world.held('a')).toBe(1);
  expect(world.held('b')).toBe(0);
  const [finding] = world.detector.findings();
  expect(finding).toMatchObject({ actionable: false, scope: [{ version: '1.1.0', step: 'list' }] });
  expect(finding && severityOf(finding)).toBe('warning');
  world.list({ origin: without, a: without, b: without });
  expect(world.told).toEqual(['opened withdrawn a', 'closed withdrawn a']);
  expect(world.held('a')).toBe(0);
  expect(world.seconds).toEqual([65 * 60]);
});

it('is critical for a version that a configured lock file names', () => {
  const { ecosystem } = origin;
  const { module } = aTarget('a');
  const world = play([origin, aMirror('a')], { pinned: { [ecosystem]: { [`${module}@1.1.0`]: 'h1:x' } } });
  world.list({ origin: all, a: all }, 2);
  world.list({ origin: without, a: all }, 14);
  const [finding] = world.detector.findings();
  expect(finding && severityOf(finding)).toBe('critical');
  expect(finding?.text).toContain(`${module}@1.1.0`);
});

it.each<readonly [string, readonly Mirror[], Readonly<Record<string, readonly string[]>>, number]>([
  ['the origin lists again within the hour', [origin, aMirror('a')], { origin: without, a: all }, 6],
  [
    'most mirrors lack, without an origin',
    [aMirror('c'), aMirror('a'), aMirror('b')],
    { c: all, a: without, b: without },
    20,
  ],
])('takes no version for withdrawn that %s', (_name, mirrors, lists, times) => {
  const world = play(mirrors);
  const everywhere = Object.fromEntries(mirrors.map(({ name }) => [name, all]));
  world.list(everywhere, 2);
  world.list(lists, times);
  world.list(everywhere, 14);
  expect(world.told.filter((one) => one.includes('withdrawn'))).toEqual([]);
});

it('takes no version for withdrawn that only stands below the newest that the origin lists', () => {
  const world = play([origin, aMirror('a')]);
  world.list({ origin: all, a: all }, 2);
  const newer = ['1.1.0', '1.2.0', '1.3.0'];
  world.list({ origin: newer, a: newer }, 14, 1);
  expect(world.held('a')).toBe(0);
});

it('knows it after a restart', () => {
  const first = play([origin, aMirror('a')]);
  first.list({ origin: all, a: all }, 2);
  first.list({ origin: without, a: all }, 14);
  expect(first.told).toEqual(['opened withdrawn a']);
  const again = play([origin, aMirror('a')], {}, first.rows(), 17 * 5 * minute);
  again.list({ origin: without, a: all });
  expect(again.told).toEqual([]);
  again.list({ origin: without, a: without });
  expect(again.told).toEqual(['closed withdrawn a']);
});
