import { afterEach, expect, test } from 'vitest';
import { threeMirrors, well } from './three-mirrors.ts';
import { notices } from './told.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

afterEach(stopWorlds);

/** All mirrors are slow between two simulated seconds. */
const slow = (fromSeconds: number, toSeconds: number) => (asked: Parameters<typeof well>[0]) =>
  asked.atMs >= fromSeconds * 1_000 && asked.atMs < toSeconds * 1_000 ? 2_000 : well(asked);

const spoken = (world: World): readonly string[] => notices(world).filter((text) => !text.includes('advice'));

async function causes(world: World): Promise<readonly string[]> {
  const { findings } = (await world.get('/api/v1/findings')).json<{ findings: readonly { cause: string }[] }>();
  return findings.map(({ cause }) => cause);
}

test.each([
  ['before the new latency counts as usual', '2h'],
  ['after it', '5m'],
])('a restart during a slow line of our own, %s: no message that it ended', async (_name, relearn) => {
  const yaml = threeMirrors().replace('warmup: 6', `warmup: 6, relearn: ${relearn}`);
  const world = await startWorld({ yaml, script: slow(300, 1_500) });
  await world.seconds(960);
  expect(spoken(world)).toHaveLength(1);
  expect(await causes(world)).toEqual(['all_slow']);
  const again = await world.restart();
  await again.seconds(400);
  expect(spoken(again)).toEqual([]);
  expect(await causes(again)).toEqual(['all_slow']);
  await again.seconds(300);
  expect(spoken(again)).toHaveLength(1);
  expect(await causes(again)).toEqual([]);
});
