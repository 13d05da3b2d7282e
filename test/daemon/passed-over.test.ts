import { afterEach, expect, test } from 'vitest';
import { refuses, type Script } from './scripted-wire.ts';
import { threeMirrors, well } from './three-mirrors.ts';
import { adviceOf, told, when } from './told.ts';
import { startWorld, stopWorlds } from './world.ts';

afterEach(stopWorlds);

/** Clients pass over a mirror that fails: first over `a`, which dies. */
const yaml = threeMirrors({ clients: 'https://a.example.com|https://b.example.net/goproxy|direct' });
const deadFromSeconds = 4_500;

/** The times of downloads vary by factors, as they do where the size of a file or the load of a mirror decides. */
const chance = (atMs: number): number => (Math.floor(atMs / 1000) * 0.618034) % 1;
const zipMs: Readonly<Record<string, (atMs: number) => number>> = {
  b: (atMs) => 400 + 2_000 * chance(atMs),
  c: (atMs) => 200 + 1_200 * chance(atMs),
};

const dies =
  (forSeconds: number, nextLikeThird: boolean): Script =>
  (asked) => {
    const seconds = asked.atMs / 1000 - deadFromSeconds;
    if (asked.registry === 'a' && seconds >= 0 && seconds < forSeconds) return refuses;
    if (!asked.path.endsWith('.zip')) return well(asked);
    return zipMs[nextLikeThird && asked.registry === 'b' ? 'c' : asked.registry]?.(asked.atMs) ?? well(asked);
  };

test('a mirror that is down is left if the next one of the chain is slower than a third one', async () => {
  const world = await startWorld({ yaml, script: dies(Infinity, false) });
  await world.seconds(deadFromSeconds + 200);
  expect(when(world, 'advice proposed a → c') - deadFromSeconds).toBeGreaterThan(120);
  expect(await adviceOf(world)).toMatchObject([{ state: 'proposed', cause: 'outage', to: 'c' }]);
});

test.each([
  ['if the next one of the chain is as fast as a third one', Infinity, true],
  ['if it is down for less than two minutes', 110, false],
])('a mirror that is down is not left %s', async (_, forSeconds, nextLikeThird) => {
  const world = await startWorld({ yaml, script: dies(forSeconds, nextLikeThird) });
  await world.seconds(deadFromSeconds + 600);
  expect(told(world).filter((one) => one.startsWith('advice'))).toEqual([]);
});
