import { afterEach, describe, expect, test } from 'vitest';
import type { Behaviour, Script } from './scripted-wire.ts';
import { threeMirrors, well } from './three-mirrors.ts';
import { told } from './told.ts';
import { startWorld, stopWorlds } from './world.ts';

afterEach(stopWorlds);

const fixed = '"example.com/hello@v1.0.0"';
const newest = '"example.com/hello@latest"';

/** From 200 s on the list of versions of `a` fails, and nothing else. */
const fails =
  (does: Behaviour): Script =>
  (asked) =>
    asked.registry === 'a' && asked.path.endsWith('/@v/list') && asked.atMs >= 200_000 ? does : well(asked);

async function toldOf(modules: string, does: Behaviour): Promise<readonly string[]> {
  const world = await startWorld({ yaml: threeMirrors({ modules }), script: fails(does) });
  await world.seconds(600);
  return told(world).filter((line) => line.includes('advice proposed'));
}

describe('a list of versions that fails ends the builds that need it, and those alone', () => {
  test.each([
    ['500', { status: 500 }],
    ['a timeout', 'hangs'],
  ] as const)('%s: a mirror of a module at latest is left', async (_, does) => {
    const lines = await toldOf(newest, does as Behaviour);
    expect(lines).toHaveLength(1);
  });
  test('a fixed version requests no list: no switch is advised', async () =>
    expect(await toldOf(fixed, { status: 500 } as Behaviour)).toEqual([]));
  test('beside a canary at a fixed version too', async () =>
    expect(await toldOf(`${fixed}, ${newest.replace('hello', 'tags')}`, { status: 500 } as Behaviour)).toHaveLength(1));
});
