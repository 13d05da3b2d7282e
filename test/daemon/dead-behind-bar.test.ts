import { afterEach, expect, test } from 'vitest';
import { threeMirrors } from './three-mirrors.ts';
import { told } from './told.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

afterEach(stopWorlds);

const clients = 'https://a.example.com|https://b.example.net/goproxy|direct';

/** All mirrors take 400 ms; from 200 s on `a` refuses each connection after so many milliseconds. Five minutes of that. */
async function die(afterMs: number): Promise<World> {
  const world = await startWorld({
    yaml: threeMirrors({ clients }),
    script: ({ registry, atMs }) =>
      registry === 'a' && atMs >= 200_000 ? { code: 'ECONNREFUSED', phase: 'connect', afterMs } : 400,
  });
  await world.seconds(500);
  return world;
}

test('a dead head before | that costs a tenth of a fetch is reported, and kept by design', async () => {
  const world = await die(40);
  expect(told(world)).toContain('finding opened outage a');
  expect(told(world).filter((one) => one.includes('proposed'))).toEqual([]);
});

test('one that costs half a fetch is left', async () => {
  const world = await die(200);
  expect(told(world).filter((one) => one.includes('proposed'))).toEqual(['advice proposed a → b']);
});
