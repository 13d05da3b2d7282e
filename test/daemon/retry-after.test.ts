import { afterEach, describe, expect, test } from 'vitest';
import { limits } from '../../src/core/limits.ts';
import { makeOciImage } from '../support/oci-image.ts';
import { ociAnswerOf } from '../support/oci-scripted.ts';
import { type Behaviour, refuses, type Script } from './scripted-wire.ts';
import { threeMirrors, well } from './three-mirrors.ts';
import { mirrorOf, told, when } from './told.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

afterEach(stopWorlds);

/** Two mirrors of one upstream share a host and a port; the third has its own. */
const mirrors = `
  - { name: a, ecosystem: go, url: "https://one.example.com/a", weight: 100 }
  - { name: b, ecosystem: go, url: "https://one.example.com/b", weight: 90 }
  - { name: c, ecosystem: go, url: "https://c.example.org", weight: 80 }`;
const clients = 'https://one.example.com/a,https://one.example.com/b,direct';
const yaml = threeMirrors({ mirrors, clients, every: '30s' });

const paceSeconds = 30;
const fromSeconds = 120;
const capSeconds = limits.throttleMsMax / 1_000;

/** The canary of `a` is answered so from then on, everything else as usual. */
const canaryOfA =
  (does: (since: number) => Behaviour | null): Script =>
  (asked) => {
    const sinceSeconds = asked.atMs / 1_000 - fromSeconds;
    const isIt = asked.registry === 'a' && asked.path.endsWith('.mod') && sinceSeconds >= 0;
    return (isIt ? does(sinceSeconds) : null) ?? well(asked);
  };

/** Seconds at which the canary of a mirror was asked from then on, counted from there. */
const canariesOf = ({ wire }: World, registry: string): readonly number[] =>
  wire.asked
    .filter((one) => one.registry === registry && one.path.endsWith('.mod') && one.atMs >= fromSeconds * 1_000)
    .map(({ atMs }) => Math.round(atMs / 1_000) - fromSeconds);

const start = async (script: Script, text = yaml): Promise<World> => startWorld({ yaml: text, script });

describe('a head that names a wait', () => {
  /** All mirrors are measured by then. */
  const calmSeconds = 600;
  const images = makeOciImage();
  const ociHead = `
vantage: here
listen: 127.0.0.1:10120
schedule: { every: 5s, timeout: 4s, perHost: 4 }
mirrors:
  - { name: a, ecosystem: oci, upstream: 127.0.0.9, url: "https://a.example.com", weight: 100 }
  - { name: b, ecosystem: oci, upstream: 127.0.0.9, url: "https://b.example.net", weight: 90 }
modules: { oci: [ "127.0.0.9/team/app:1" ] }
state: { path: /nowhere/state.db }
`;

  /** Every request to `a` is answered so from then on; a registry of images answers as a registry does. */
  function throttling(headers: Readonly<Record<string, string>>): Script {
    const image = ociAnswerOf(images, 'team/app');
    return (asked) => {
      if (asked.registry === 'a' && asked.atMs >= calmSeconds * 1_000) return { status: 429, headers: { ...headers } };
      return asked.path.startsWith('/v2/') ? { ...image(asked.path), afterMs: 40 } : well(asked);
    };
  }

  test.each(
    // Both sides of ten seconds and of a minute; an image takes the same way.
    [
      ...[1, 9, 10, 59, 61, 3_600].map((wait) => ['go', wait, yaml] as const),
      ...[1, 60].map((wait) => ['oci', wait, ociHead] as const),
    ],
  )('%s, Retry-After: %i: refused and left within 10 s of the first 429', async (_ecosystem, wait, text) => {
    const world = await start(throttling({ 'retry-after': `${wait}` }), text);
    await world.seconds(calmSeconds + 60);
    const [first] = world.wire.asked.filter(({ registry, atMs }) => registry === 'a' && atMs >= calmSeconds * 1_000);
    const sinceFirst = (what: string) => when(world, what) - (first?.atMs ?? Number.NaN) / 1_000;
    expect(sinceFirst('finding opened refusal a')).toBeLessThanOrEqual(10);
    expect(sinceFirst('advice proposed a → b')).toBeLessThanOrEqual(10);
  });
});

describe('a mirror that asks for a day of quiet', () => {
  const wish: Behaviour = { status: 429, headers: { 'retry-after': '86000' } };

  test.each([
    ['429', wish],
    ['503', { status: 503, headers: { 'retry-after': '86000' } }],
  ] as const)(
    'by %s is asked again after some minutes, at that slow pace, and again at its own once it answers',
    async (_name, wish) => {
      const world = await start(canaryOfA((since) => (since < 3 * capSeconds ? wish : null)));
      await world.seconds(fromSeconds + 4 * capSeconds);
      const asked = canariesOf(world, 'a');
      const waits = asked.slice(1).map((at, i) => at - (asked[i] ?? 0));
      expect(waits.slice(0, 3).every((wait) => wait >= capSeconds && wait <= capSeconds + paceSeconds + 2)).toBe(true);
      expect(waits.slice(-3).every((wait) => wait <= paceSeconds + 2)).toBe(true);
      expect((await mirrorOf(world, 'a')).state).toBe('up');
    },
  );

  test('is degraded at first, and unknown without a sample for three paces', async () => {
    const world = await start(canaryOfA(() => wish));
    await world.seconds(fromSeconds + paceSeconds + 5);
    expect((await mirrorOf(world, 'a')).state).toBe('degraded');
    await world.seconds(3 * paceSeconds);
    expect((await mirrorOf(world, 'a')).state).toBe('unknown');
    expect((await world.get('/metrics')).text).not.toMatch(/^mirror_up\{[^}]*registry="a"/m);
  });

  test('is down soon after it died behind its wish', async () => {
    const script = canaryOfA(() => wish);
    const world = await start((asked) =>
      asked.registry === 'a' && asked.atMs >= (fromSeconds + paceSeconds + 5) * 1_000 ? refuses : script(asked),
    );
    await world.seconds(fromSeconds + capSeconds + 5 * paceSeconds);
    expect(told(world)).toContain('finding opened outage a');
    expect((await mirrorOf(world, 'a')).state).toBe('down');
  });

  test.each([
    ['a reload', (world: World) => world.post('/-/reload')],
    ['resume', (world: World) => world.post('/api/v1/mirrors/a/pause', { for: '0s' })],
  ])('is asked at its next slot after %s', async (_act, act) => {
    const world = await start(canaryOfA((since) => (since < paceSeconds + 5 ? wish : null)));
    await world.seconds(fromSeconds + paceSeconds + 10);
    const before = canariesOf(world, 'a').length;
    expect((await act(world)).status).toBe(200);
    await world.seconds(paceSeconds + 2);
    expect(canariesOf(world, 'a').length).toBeGreaterThan(before);
    expect((await mirrorOf(world, 'a')).throttledUntilAt).toBeNull();
  });
});

describe.each([20, 60, 180])('a mirror that counts requests and names a wait of %i s', (waitSeconds) => {
  const most = 20;

  /**
   * `a` refuses two connections each 20 minutes, so that it is looked at closely. It answers 429 to more than `most`
   * requests a minute, and to all until its wait is over; `later` says what it does once that wait is over.
   */
  function counting(later: Behaviour | null): { readonly script: Script; readonly refusedAt: number[] } {
    const wish: Behaviour = { status: 429, headers: { 'retry-after': `${waitSeconds}` } };
    const times: number[] = [];
    const refusedAt: number[] = [];
    let blinks = 0;
    const script: Script = (asked) => {
      if (asked.registry !== 'a') return well(asked);
      const at = asked.atMs / 1_000;
      if (at < (refusedAt.at(-1) ?? Number.NEGATIVE_INFINITY) + waitSeconds) return wish;
      const due = 2 * Math.ceil((at - fromSeconds) / 1_200);
      if (asked.path.endsWith('.mod') && blinks < due) {
        blinks += 1;
        return refuses;
      }
      times.push(at);
      if (times.filter((one) => one > at - 60).length <= most)
        return (refusedAt.length > 0 ? later : null) ?? well(asked);
      refusedAt.push(at);
      return wish;
    };
    return { script, refusedAt };
  }

  test('second by second: a round, its 429, the wait that it asks for, no move; from then on it is requested less densely', async () => {
    const { script, refusedAt } = counting(null);
    const world = await start(script);
    await world.seconds(fromSeconds + 1_100);
    const [refusedSeconds = Number.NaN, ...more] = refusedAt.map((at) => at - fromSeconds);
    expect(more).toEqual([]);
    const asked = canariesOf(world, 'a');
    const within = (from: number, to: number) => asked.filter((at) => at >= from && at < to).length;
    // The round after the two refused connections, one request a second: what the mirror counts.
    expect(within(refusedSeconds - 60, refusedSeconds)).toBeGreaterThan(10);
    // It is obeyed, and asked at its ordinary pace from then on.
    expect(within(refusedSeconds + 2, refusedSeconds + waitSeconds - 2)).toBe(0);
    expect(within(refusedSeconds + waitSeconds + paceSeconds, refusedSeconds + waitSeconds + 11 * paceSeconds)).toBe(
      10,
    );
    expect(told(world).filter((one) => one.includes('refusal') || one.includes('advice'))).toEqual([]);
    expect(world.posts).toEqual([]);
    // Three more looks at it, each after two refused connections.
    await world.seconds(2_800);
    expect(told(world).filter((one) => one.includes('refusal') || one.includes('proposed'))).toEqual([]);
    expect(refusedAt.length).toBeGreaterThan(0);
    expect(refusedAt.length).toBeLessThanOrEqual(2);
  });

  test('is left once the wait is over and it refuses our ordinary pace too', async () => {
    const { script, refusedAt } = counting({ status: 429, headers: { 'retry-after': `${waitSeconds}` } });
    const world = await start(script);
    await world.seconds(fromSeconds + 600);
    expect(refusedAt.length).toBeGreaterThan(0);
    expect(told(world)).toContain('finding opened refusal a');
  });
});
