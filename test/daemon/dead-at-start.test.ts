import { afterEach, expect, test } from 'vitest';
import { threeMirrors } from './three-mirrors.ts';
import { told } from './told.ts';
import { startWorld, stopWorlds } from './world.ts';

afterEach(stopWorlds);

const modules = '"example.com/hello@v1.0.0", "example.com/tags@v1.1.0", "example.com/major/v2@v2.4.0"';

test('a head that hangs from the start is left before its canary and those of the others had their turns', async () => {
  const world = await startWorld({
    yaml: threeMirrors({ every: '60s', modules }),
    script: ({ registry }) => (registry === 'a' ? 'hangs' : 100),
  });
  await world.seconds(30);
  expect(told(world)).toContain('finding opened outage a');
  expect(told(world).filter((one) => one.includes('proposed'))).toEqual(['advice proposed a → b']);
});
