import { afterEach, expect, test } from 'vitest';
import { refuses } from './scripted-wire.ts';
import { but, threeMirrors } from './three-mirrors.ts';
import { mirrorOf } from './told.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

afterEach(stopWorlds);

const name = 'mirror_probe_last_success_timestamp_seconds';

/** Last success by registry and step, seconds since 1970, as /metrics has it. */
async function lastSuccess(world: World): Promise<Map<string, number>> {
  const { text } = await world.get('/metrics');
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`));
  return new Map(lines.map((line) => [line.slice(name.length, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

const of = (all: ReadonlyMap<string, number>, registry: string): [string, number][] =>
  [...all].filter(([labels]) => labels.includes(`registry="${registry}"`));

test('a restart amid an outage: last success comes back, and is as old as the outage', async () => {
  const before = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 130) });
  await before.seconds(120);
  const atTwoMinutes = await lastSuccess(before);
  await before.seconds(60);
  expect((await mirrorOf(before, 'a')).state).toBe('down');
  const last = of(await lastSuccess(before), 'a');
  expect(last.length).toBeGreaterThan(2);

  const after = await before.restart({ script: but(refuses, 'a', 0) });
  // Not one answer yet: all of it is from the state file.
  const restored = await lastSuccess(after);
  expect([...restored.keys()].sort()).toEqual([...atTwoMinutes.keys()].sort());
  // Killed: what was learned within the last minute may be missing, never more.
  for (const [labels, seconds] of last) {
    expect(restored.get(labels)).toBeLessThanOrEqual(seconds);
    expect(restored.get(labels)).toBeGreaterThan(seconds - 61);
  }
  await after.seconds(60);
  expect(of(await lastSuccess(after), 'a')).toEqual(of(restored, 'a'));
  expect((await mirrorOf(after, 'a')).state).toBe('down');
});

test('a mirror that never answered has none after a restart either, and one at a new address has not answered yet', async () => {
  const before = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 0) });
  await before.seconds(90);
  before.yaml = threeMirrors().replaceAll('https://b.example.net/goproxy', 'https://b.example.net/elsewhere');
  const after = await before.restart({ yaml: before.yaml, script: but(refuses, 'a', 0) });
  const restored = await lastSuccess(after);
  expect({ a: of(restored, 'a'), b: of(restored, 'b'), c: of(restored, 'c').length > 0 }).toEqual({
    a: [],
    b: [],
    c: true,
  });
});
