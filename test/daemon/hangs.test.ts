import { afterEach, expect, test } from 'vitest';
import { but, threeMirrors } from './three-mirrors.ts';
import { adviceOf, told, when } from './told.ts';
import { startWorld, stopWorlds } from './world.ts';

afterEach(stopWorlds);

/** Three mirrors at the default paces, so that a light probe of `a` starts every few seconds. */
const yaml = threeMirrors({ every: '30s' })
  .replace(/timeout: 4s/, 'timeout: 10s')
  .replace(/list: 60s.*latest: 60s, /, '');
const fromSeconds = 1_800;

/** A canary meets the hang first at 0 to 12 s, `latest` at 18 s, and first bytes of a zip at 24 s. */
const offsets = [0, 18, 24];

test.each(offsets)('a mirror that hangs from %d s of its interval on is left soon', async (offset) => {
  const world = await startWorld({ yaml, script: but('hangs', 'a', fromSeconds + offset) });
  await world.seconds(fromSeconds + 60);
  const first = world.wire.asked.find(
    ({ registry, atMs }) => registry === 'a' && atMs >= 1000 * (fromSeconds + offset),
  );
  const waited = when(world, 'advice proposed a → b') - (first?.atMs ?? 0) / 1000;
  // 2.8 s until the mirror is in doubt, a confirming probe of 2.5 s, and two of 1.5 s each.
  expect(waited).toBeLessThan(8.6);
});

test.each(offsets)('one response that takes 4 s, at %d s of the interval, changes nothing', async (offset) => {
  let done = false;
  const world = await startWorld({
    yaml,
    script: (asked) => {
      if (done || asked.registry !== 'a' || asked.atMs < 1000 * (fromSeconds + offset))
        return asked.registry === 'a' ? 40 : 80;
      done = true;
      return 4_000;
    },
  });
  await world.seconds(fromSeconds + 120);
  expect(told(world).filter((one) => /advice|opened/.test(one))).toEqual([]);
});

test.each([
  [2_800, 0],
  [3_000, 18],
  [4_500, 24],
  [4_900, 7],
])(
  'a mirror of which each response takes %d ms, from %d s of the interval on, is slow and not down',
  async (ms, offset) => {
    const world = await startWorld({ yaml, script: but(ms, 'a', fromSeconds + offset) });
    await world.seconds(fromSeconds + 120);
    expect(told(world).filter((one) => /outage|unreliable/.test(one))).toEqual([]);
    const advice = await adviceOf(world);
    expect(advice).toMatchObject([{ state: 'proposed', cause: 'slower' }]);
    // The confirming probe that waited for less than the response took says nothing.
    expect(advice.map(({ evidence }) => evidence.failures)).toEqual([{}]);
  },
);
