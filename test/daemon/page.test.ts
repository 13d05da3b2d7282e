import { afterEach, expect, test } from 'vitest';
import { refuses } from './scripted-wire.ts';
import { but, threeMirrors, well } from './three-mirrors.ts';
import { mirrorOf } from './told.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

afterEach(stopWorlds);

/** The words of a page, or of one section of it. */
async function words(world: World, path: string, section?: string): Promise<string> {
  const { text } = await world.get(path);
  const part =
    section === undefined ? text : (text.split(`aria-labelledby="${section}"`)[1]?.split('</section>')[0] ?? '');
  return part.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
}

test('a target that waits for its first probe says when it is due, and then was asked within that time', async () => {
  const world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 9_999) });
  const waits = [...(await words(world, '/mirrors/a', 'h-targets')).matchAll(/first probe due (?:in )?(\d+) (s|min)/g)];
  const dueSeconds = waits.map(([, count, unit]) => Number(count) * (unit === 'min' ? 60 : 1));
  // mod, list, info and zip; a Go mirror's `latest` waits too where it is asked.
  expect(dueSeconds.length).toBeGreaterThan(3);
  expect(Math.min(...dueSeconds)).toBeLessThanOrEqual(5);
  expect(Math.max(...dueSeconds)).toBeGreaterThan(60);
  expect(Math.max(...dueSeconds)).toBeLessThanOrEqual(660);
  await world.seconds(61);
  // Only the artifact, whose pace is ten minutes, may still wait.
  const left = [...(await words(world, '/mirrors/a', 'h-targets')).matchAll(/first probe due/g)];
  expect(left.length).toBeLessThanOrEqual(1);
});

test('what ended is in the timeline of its mirror, over a restart; a state counts from when it began', async () => {
  const before = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 60, 100) });
  await before.seconds(200);
  expect((await mirrorOf(before, 'a')).state).toBe('up');
  expect(await words(before, '/timeline?mirror=a', 'h-list')).toContain('outage');
  expect(await words(before, '/timeline?mirror=c')).toContain('No findings or advice to show in this range.');
  const since = /since ([\d:]+ UTC)/;
  const began = since.exec(await words(before, '/mirrors/c'))?.[1];

  const after = await before.restart({ script: but(refuses, 'b', 0) });
  await after.seconds(40);
  expect(await words(after, '/timeline?mirror=a', 'h-list')).toContain('outage');
  expect(since.exec(await words(after, '/mirrors/c'))?.[1]).toBe(began);
  expect(began).toMatch(/^\d\d:\d\d:\d\d UTC$/);
});

test('a webhook that is stuck is seen in the place, with how long the oldest has waited', async () => {
  const world = await startWorld({
    yaml: threeMirrors(),
    script: but(refuses, 'a', 60),
    receiver: () => ({ tag: 'failed', failure: { kind: 'network', code: 'ECONNREFUSED', retry: 'later' } }),
  });
  await world.seconds(30);
  expect(await words(world, '/', 'h-place')).toContain('ops: queue empty');
  await world.seconds(100);
  expect(await words(world, '/', 'h-place')).toMatch(/ops: \d+ notices? waits? , the oldest has waited \d+ s/);
});

test('a mirror that is up, but fails some requests, says what the advice says about it', async () => {
  let asked = 0;
  const world = await startWorld({
    yaml: threeMirrors({ every: '30s' }),
    script: (one) => {
      if (one.registry !== 'a' || one.atMs < 1_200_000) return well(one);
      asked += 1;
      return asked % 8 === 5 ? { status: 500 } : well(one);
    },
  });
  await world.seconds(1_200);
  expect(await words(world, '/', 'h-go-go')).not.toContain('advice:');
  await world.seconds(100);
  expect(await mirrorOf(world, 'a')).toMatchObject({ state: 'up' });
  for (const path of ['/', '/mirrors/a']) expect(await words(world, path)).toContain('advice: a is unreliable');
  expect(await words(world, '/mirrors/b')).not.toContain('advice: a is unreliable');
});
