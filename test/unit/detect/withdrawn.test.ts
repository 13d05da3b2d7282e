import { expect, it } from 'vitest';
import type { Config } from '../../../src/core/config.ts';
import type { Outcome } from '../../../src/core/failure.ts';
import type { Mirror, Target } from '../../../src/core/mirror.ts';
import type { Sample } from '../../../src/core/sample.ts';
import { createDetector } from '../../../src/detect/detector.ts';
import { severityOf } from '../../../src/notify/alerts.ts';
import { sampleTarget } from '../../support/sample-target.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom } from './world.ts';

const { module } = aTarget('a');
const origin: Mirror = { ...aMirror('origin'), role: 'origin' };
const minute = 60_000;

type Restored = Parameters<typeof createDetector>[0]['restored'];

type Lists = Readonly<Record<string, readonly string[]>>;

const gone: Outcome = { tag: 'failed', failure: { kind: 'absent', status: 404 } };

/** Mirrors that list versions of one module every five minutes. */
function play(mirrors: readonly Mirror[], over: Partial<Config> = {}, restored: Restored = [], fromMs = 0) {
  const targets = mirrors.map(({ name }) =>
    sampleTarget({ registry: name, module, version: null, step: 'list', canary: false }),
  );
  const items = mirrors.flatMap(({ name }) => [
    aTarget(name),
    aTarget(name, 'mod', 'example.com/other'),
    aTarget(name, 'zip', 'example.com/other'),
  ]);
  const config = { ...aConfig({ mirrors }), ...over };
  const detector = createDetector({
    config,
    targets: [...targets, ...items],
    restored,
    random: countingRandom(),
    now: at(fromMs),
  });
  let ms = fromMs;
  const rows = new Map(restored.map((row) => [`${row.table} ${row.key}`, row]));
  const told: string[] = [];
  const seconds: number[] = [];
  function take(target: Target, outcome: Outcome, facts: Sample['facts']): void {
    const turn = detector.take(aSample(aDue(target), ms - 100, 100, outcome, { facts }), at(ms));
    const ticked = detector.tick(at(ms));
    told.push(
      ...[...turn.findings, ...ticked.findings]
        .filter(({ finding }) => finding.kind !== 'vantage')
        .map(({ change, finding }) => `${change} ${finding.cause} ${finding.registry}`),
    );
    seconds.push(...[...turn.withdrawals, ...ticked.withdrawals].map((one) => one.seconds));
    for (const row of [...turn.rows, ...ticked.rows]) rows.set(`${row.table} ${row.key}`, row);
  }
  const standingOf = (name: string) => detector.standings().find(({ registry }) => registry === name);
  return {
    detector,
    told,
    seconds,
    rows: () => [...rows.values()],
    /**
     * Each of these mirrors lists its versions, this often.
     * @param older   how many older ones its lists leave out
     * @param yanked  what its list marks
     */
    list(lists: Lists, times = 1, older = 0, yanked: Lists = {}): void {
      for (let n = 0; n < times; n += 1) {
        ms += 5 * minute;
        for (const target of targets) {
          const newest = lists[target.registry];
          const marked = yanked[target.registry];
          if (newest === undefined) continue;
          const versions = { count: newest.length + older, newest, pre: [], ...(marked && { yanked: marked }) };
          take(target, { tag: 'ok' }, { contents: { versions } });
        }
      }
    },
    /** Each mirror serves its items, this often, but those that are absent: `registry step module`. */
    serve(absent: readonly string[], times = 1, facts: Sample['facts'] = {}): void {
      for (let n = 0; n < times; n += 1) {
        ms += 5 * minute;
        for (const target of items) {
          const { registry, step, module } = target;
          const isAbsent = absent.some((one) => `${registry} ${step} ${module}`.startsWith(one));
          take(target, isAbsent ? gone : { tag: 'ok' }, isAbsent ? facts : {});
        }
      }
    },
    follow(mirror: Mirror): void {
      const next = aConfig({ mirrors: mirrors.map((one) => (one.name === mirror.name ? mirror : one)) });
      detector.reconfigure(next, [...targets, ...items], at(ms));
    },
    state: (name: string) => standingOf(name)?.state,
    held: (name: string) => standingOf(name)?.withdrawn,
    withdrew: () => standingOf('origin')?.withdrew,
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
  const key = `${module}@1.1.0`;
  const lock = { pinned: { [ecosystem]: { [key]: 'h1:x' } }, pinnedAt: { [ecosystem]: { [key]: 'go.sum:7' } } };
  const world = play([origin, aMirror('a')], lock);
  world.list({ origin: all, a: all }, 2);
  world.list({ origin: without, a: all }, 14);
  const [finding] = world.detector.findings();
  expect(finding && severityOf(finding)).toBe('critical');
  expect(finding?.text).toContain(`go.sum:7 still needs ${key}.`);
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

it('takes a version for withdrawn that the origin marks, until the mirror marks it too', () => {
  const world = play([origin, aMirror('a'), aMirror('b')]);
  world.list({ origin: all, a: all, b: all }, 2);
  world.list({ origin: all, a: all, b: all }, 14, 0, { origin: ['1.1.0'], b: ['1.1.0'] });
  expect(world.told).toEqual(['opened withdrawn a']);
  expect([world.held('a'), world.held('b')]).toEqual([1, 0]);
  // Clients may install it if they pin it, so no front door refuses it.
  expect(world.withdrew()).toBeUndefined();
  world.list({ origin: all, a: all, b: all }, 1, 0, { origin: ['1.1.0'], a: ['1.1.0'], b: ['1.1.0'] });
  expect(world.told).toEqual(['opened withdrawn a', 'closed withdrawn a']);
  world.list({ origin: all, a: all, b: all }, 14);
  expect(world.held('a')).toBe(0);
});

it('counts only what the origin says for an hour: two responses, and then none, are not enough', () => {
  const world = play([origin, aMirror('a')]);
  world.list({ origin: all, a: all }, 2);
  world.list({ origin: without, a: all }, 2);
  world.list({ a: all }, 20);
  expect([world.told, world.held('a'), world.withdrew()]).toEqual([[], 0, undefined]);
});

it('says at the origin what it withdrew, and forgets it with another origin', () => {
  const world = play([origin, aMirror('a')]);
  world.list({ origin: all, a: all }, 2);
  world.list({ origin: without, a: all }, 14);
  expect(world.withdrew()).toEqual([`${module}@1.1.0`]);
  const moved = { ...origin, url: 'https://elsewhere.example.com' };
  world.follow(moved);
  world.list({ origin: without, a: all }, 14);
  expect([world.withdrew(), world.held('a')]).toEqual([undefined, 0]);
});

const zip = 'example.com/other';
const [atOrigin, atA] = [`origin zip ${zip}`, `a zip ${zip}`];

it('finds a mirror that still serves the file of a version that the origin serves no longer', () => {
  const world = play([origin, aMirror('a'), aMirror('b')]);
  world.serve([], 2);
  world.serve([atOrigin, `b zip ${zip}`], 12);
  expect(world.told.filter((one) => one.includes('withdrawn'))).toEqual([]);
  world.serve([atOrigin, `b zip ${zip}`], 2);
  expect(world.told.filter((one) => one.includes('withdrawn'))).toEqual(['opened withdrawn a']);
  expect([world.held('a'), world.held('b'), world.withdrew()]).toEqual([1, 0, [`${zip}@v1.0.0`]]);
  const again = play([origin, aMirror('a'), aMirror('b')], {}, world.rows(), 18 * 5 * minute);
  again.serve([atOrigin, `b zip ${zip}`, atA]);
  expect(again.told).toEqual(['closed withdrawn a']);
});

it('counts a file that the mirror serves although its index lacks the version', () => {
  const world = play([origin, aMirror('a')]);
  world.serve([], 2);
  world.serve([atOrigin, atA], 14, { isUnlisted: true });
  expect(world.held('a')).toBe(1);
});

it.each([
  ['the origin never served', [atOrigin], [], undefined],
  ['everything is gone from the origin', [], ['origin'], 0],
])('withdraws no file where %s', (_name, before, after, held) => {
  const world = play([origin, aMirror('a')]);
  world.serve(before, 2);
  world.serve([...before, ...after], 20);
  expect([world.held('a'), world.withdrew()]).toEqual([held, undefined]);
});

it('is no reason against a mirror that withdrew it too, though most still serve it', () => {
  const canary = 'mod example.com/a';
  const world = play([origin, aMirror('a'), aMirror('b'), aMirror('c')]);
  world.serve([], 3);
  world.serve([`origin ${canary}`], 14);
  expect(world.held('a')).toBe(1);
  world.told.length = 0;
  world.serve([`origin ${canary}`, `a ${canary}`], 6);
  expect(world.told).toEqual(['closed withdrawn a']);
  expect(world.state('a')).toBe('up');
  // The origin serves the version again: then it is withdrawn no longer.
  world.serve([]);
  expect(world.withdrew()).toBeUndefined();
});

it('is no reason any more once the hour is over', () => {
  const canary = 'mod example.com/a';
  const world = play([origin, aMirror('a'), aMirror('b'), aMirror('c')]);
  world.serve([], 3);
  world.serve([`origin ${canary}`, `a ${canary}`], 10);
  expect(world.told).toContain('opened absent a');
  world.serve([`origin ${canary}`, `a ${canary}`], 8);
  expect(world.told).toContain('closed absent a');
  expect(world.state('a')).toBe('up');
});

it('counts a 404 of a version that the origin only marks', () => {
  const world = play([origin, aMirror('a'), aMirror('b')]);
  world.list({ origin: all, a: all, b: all }, 14, 0, { origin: ['1.1.0'] });
  world.serve([], 2);
  world.serve(['a mod example.com/a'], 6);
  expect(world.state('a')).not.toBe('up');
});

it('stays withdrawn beside more yanked versions than are kept', () => {
  const world = play([origin, aMirror('a')]);
  const yanked = Array.from({ length: 90 }, (_, at) => `0.${at}.0`);
  const marked = { origin: yanked, a: yanked };
  world.list({ origin: [...yanked, ...all], a: [...yanked, ...all] }, 3, 0, marked);
  world.list({ origin: [...yanked, ...without], a: [...yanked, ...all] }, 14, 0, marked);
  expect([world.withdrew(), world.held('a')]).toEqual([[`${module}@1.1.0`], 1]);
});

it('says at the origin first what it withdrew last', () => {
  const world = play([origin, aMirror('a')]);
  world.list({ origin: all, a: all }, 2);
  world.list({ origin: without, a: all }, 2);
  world.list({ origin: ['1.0.0'], a: all }, 14);
  expect(world.withdrew()).toEqual([`${module}@1.2.0`, `${module}@1.1.0`]);
});
