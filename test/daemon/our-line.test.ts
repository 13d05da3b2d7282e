import { afterEach, expect, test } from 'vitest';
import { refuses } from './scripted-wire.ts';
import { but, threeMirrors, well } from './three-mirrors.ts';
import { mirrorOf, notices, when } from './told.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

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

test('two outages of all mirrors in two minutes, while a control responds, are outages: refusals are no packet loss', async () => {
  const isOut = (atMs: number): boolean =>
    [
      { from: 200, to: 230 },
      { from: 280, to: 340 },
    ].some(({ from: start, to: end }) => atMs >= start * 1_000 && atMs < end * 1_000);
  const world = await startWorld({
    yaml: threeMirrors({
      mirrors: mirrors.join(''),
      clients: 'https://a.example0.com,direct',
      more: 'controls: [ "tcp://192.0.2.53:53" ]',
    }),
    script: (asked) => (isOut(asked.atMs) ? refuses : well(asked)),
  });
  world.wire.controls = () => true;
  await world.seconds(150);
  const known = world.story().length;
  await world.seconds(160);
  expect((await mirrorOf(world, 'a')).state).toBe('down');
  await world.seconds(200);
  const texts = world.story().flatMap(([, text], at) => (at < known ? [] : [text]));
  expect(texts.filter((text) => text.startsWith('vantage'))).toEqual([]);
  expect(texts.filter((text) => text === 'finding opened outage a')).toHaveLength(2);
});

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
