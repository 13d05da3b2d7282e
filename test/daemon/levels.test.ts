import { afterEach, expect, test } from 'vitest';
import { refuses, type Script } from './scripted-wire.ts';
import { but, threeMirrors, well } from './three-mirrors.ts';
import { startWorld, stopWorlds } from './world.ts';

afterEach(stopWorlds);

test('an outage is a line when it opens and one when it is over; that it spreads is for those who debug', async () => {
  // All but the canary fail, each as its turn comes: the finding changes with each.
  const refused = but(refuses, 'a', 60, 250);
  const script: Script = (asked) => (asked.path.endsWith('.mod') ? well(asked) : refused(asked));
  const world = await startWorld({ yaml: threeMirrors().replace('zip: { every: 10m', 'zip: { every: 2m'), script });
  await world.seconds(500);
  const levelsOf = (message: string): string[] => [
    ...new Set(world.log.filter((line) => line.message === message).map(({ level }) => level)),
  ];
  expect(['finding opened', 'finding changed', 'finding closed'].map(levelsOf)).toEqual([
    ['warn'],
    ['debug'],
    ['info'],
  ]);
});
