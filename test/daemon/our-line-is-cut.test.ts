import { afterEach, expect, test } from 'vitest';
import { but, threeMirrors, well } from './three-mirrors.ts';
import { mirrorOf, notices, when } from './told.ts';
import { startWorld, stopWorlds } from './world.ts';

afterEach(stopWorlds);

const mirrors = ['a', 'b', 'c', 'd', 'e'].map(
  (name, at) => `\n  - { name: ${name}, ecosystem: go, url: "https://${name}.example${at}.com" }`,
);
const [from, to] = [200, 265];

const silences = [
  'hangs',
  { code: 'ENETUNREACH', phase: 'connect', afterMs: 1 },
  { code: 'EHOSTUNREACH', phase: 'connect', afterMs: 3_000 },
] as const;

test.each(silences)(
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

test.each(silences)(
  'a cut of our line (%j) is no outage, although all mirrors are back from repeated ones',
  async (does) => {
    const [before, cut] = [
      [
        { from: 200, to: 260 },
        { from: 350, to: 550 },
      ],
      { from: 640, to: 715 },
    ];
    const isIn = (atMs: number, { from, to }: typeof cut): boolean => atMs >= from * 1_000 && atMs < to * 1_000;
    const world = await startWorld({
      yaml: threeMirrors({ more: 'controls: [ "tcp://192.0.2.53:53" ]' }),
      script: (asked) => ([...before, cut].some((one) => isIn(asked.atMs, one)) ? does : well(asked)),
    });
    // In the first two periods, the mirrors fail. In the third one, our line does.
    world.wire.controls = (_, atMs) => !isIn(atMs, cut);
    await world.seconds(620);
    expect((await mirrorOf(world, 'a')).gate).toBe('outage');
    const [sent, known] = [notices(world).length, world.story().length];
    await world.seconds(130);
    expect(notices(world).slice(sent)).toEqual([]);
    const [started, ended] = [true, false].map(
      (is) => world.story().find(([, text], at) => at >= known && text === `vantage suspect ${is}`)?.[0],
    );
    expect(started).toBeLessThan(cut.from + 15);
    expect(ended).toBeLessThan(cut.to + 5);
  },
);
