import { afterEach, expect, test } from 'vitest';
import { but, threeMirrors } from './three-mirrors.ts';
import { when } from './told.ts';
import { startWorld, stopWorlds } from './world.ts';

afterEach(stopWorlds);

const mirrors = ['a', 'b', 'c', 'd', 'e'].map(
  (name, at) => `\n  - { name: ${name}, ecosystem: go, url: "https://${name}.example${at}.com" }`,
);
const [from, to] = [200, 265];

test.each([
  'hangs',
  { code: 'ENETUNREACH', phase: 'connect', afterMs: 1 },
  { code: 'EHOSTUNREACH', phase: 'connect', afterMs: 3_000 },
] as const)(
  'after one cut of our line (%j), the suspicion ends within seconds: a cut is no packet loss',
  async (does) => {
    const world = await startWorld({
      yaml: threeMirrors({
        mirrors: mirrors.join(''),
        clients: 'https://a.example0.com,direct',
        more: 'controls: [ "tcp://192.0.2.53:53" ]',
      }),
      script: but(does, 'all', from, to),
    });
    world.wire.controls = (_, atMs) => atMs < from * 1_000 || atMs >= to * 1_000;
    await world.seconds(100);
    expect(when(world, 'vantage suspect false')).toBeLessThan(from);
    await world.seconds(200);
    const ends = world.story().filter(([, text]) => text === 'vantage suspect false');
    expect(ends.at(-1)?.[0]).toBeGreaterThan(to);
    expect(ends.at(-1)?.[0]).toBeLessThan(to + 5);
  },
);
