import { afterEach, expect, test } from 'vitest';
import { refuses, type Script } from './scripted-wire.ts';
import { threeMirrors, well } from './three-mirrors.ts';
import { startWorld, stopWorlds } from './world.ts';

// Mirrors that change each minute for fifty minutes: neither advice nor messages follow each change.

afterEach(stopWorlds);

const slow = 1_500;
const isOdd = (atMs: number): boolean => Math.floor(atMs / 60_000) % 2 === 1;
/** Of `one` in odd minutes, of `other` in even ones. */
const inTurns =
  (does: ReturnType<Script>, one: string, other: string): Script =>
  (asked) =>
    asked.registry === (isOdd(asked.atMs) ? one : other) ? does : well(asked);

const rows: readonly (readonly [name: string, script: Script, advice: readonly string[]])[] = [
  ['the first mirror is down', inTurns(refuses, 'a', 'none'), ['a → b']],
  ['the first mirror refuses requests', inTurns({ status: 403 }, 'a', 'none'), ['a → b']],
  ['the first mirror is slow', inTurns(slow, 'a', 'none'), ['a → b']],
  ['the first and the second are down in turns', inTurns(refuses, 'a', 'b'), ['a → c']],
  ['the first and the second are slow in turns', inTurns(slow, 'a', 'b'), ['a → c']],
  [
    'the first is down for good, the others slow in turns',
    (asked) => (asked.registry === 'a' && asked.atMs > 240_000 ? refuses : inTurns(slow, 'b', 'c')(asked)),
    ['a → b'],
  ],
];

test.each(rows)('%s each other minute', async (_name, script, advice) => {
  const world = await startWorld({ yaml: threeMirrors({ every: '30s' }), script });
  await world.seconds(50 * 60);
  const told = world.story().flatMap(([, text]) => (text.startsWith('advice proposed ') ? [text.slice(16)] : []));
  expect(told).toEqual(advice);
  expect(world.posts.length).toBeLessThanOrEqual(8);
});
