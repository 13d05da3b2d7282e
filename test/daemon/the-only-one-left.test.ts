import { afterEach, expect, test } from 'vitest';
import type { Script } from './scripted-wire.ts';
import { threeMirrors, well } from './three-mirrors.ts';
import { adviceOf, mirrorOf, notices, told } from './told.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

afterEach(stopWorlds);

type Spans = Readonly<Record<string, readonly (readonly [number, number])[]>>;

const refused = { code: 'ECONNREFUSED', phase: 'connect', afterMs: 1 } as const;

/** Each mirror refuses connections in its spans, simulated seconds. */
function during(spans: Spans): Script {
  return (asked) =>
    spans[asked.registry]?.some(([from, to]) => asked.atMs >= from * 1000 && asked.atMs < to * 1000) === true
      ? refused
      : well(asked);
}

const play = (spans: Spans, more = ''): Promise<World> =>
  startWorld({ yaml: threeMirrors({ more }), script: during(spans) });

const forever = 9_000;

test('a proposal ends if its mirror dies, and the mirror that it leaves serves again after repeated outages', async () => {
  const world = await play({
    a: [
      [200, 260],
      [500, 700],
    ],
    b: [[740, forever]],
    c: [[740, forever]],
  });
  await world.seconds(735);
  expect(told(world).filter((one) => one.includes('advice'))).toEqual(['advice proposed a → b']);
  await world.seconds(45);
  expect(told(world).slice(-3)).toEqual([
    'finding opened outage b',
    'finding opened outage c',
    'advice withdrawn a → b',
  ]);
  const { state, because } = await mirrorOf(world, 'a');
  expect([state, because]).toEqual([
    'down',
    'the canary probes succeed again; the outage stays open for now, because outages repeat',
  ]);
  await world.seconds(900);
  expect(await adviceOf(world)).toEqual([]);
});

test('a dead mirror is left for one that serves again after repeated outages', async () => {
  const before = [
    [200, 260],
    [350, 550],
  ] as const;
  const world = await play({ a: [[600, forever]], b: before, c: before });
  await world.seconds(620);
  expect((await mirrorOf(world, 'b')).gate).toBe('outage');
  expect(told(world).filter((one) => one.includes('advice'))).toEqual(['advice proposed a → b']);
});

test('mirrors that were just down are not called usable and refused in one sentence', async () => {
  const world = await play({ a: [[210, forever]], b: [[100, 200]], c: [[100, 200]] });
  await world.seconds(220);
  expect((await adviceOf(world)).map(({ refusal }) => refusal)).toEqual(['nothing_measured']);
  await world.seconds(30);
  expect(told(world).at(-1)).toBe('advice proposed a → b');
});

test('a proposed switch back ends if the preferred mirror dies again', async () => {
  const spans = {
    a: [
      [200, 260],
      [1_000, forever],
    ],
    b: [[900, forever]],
    c: [[900, forever]],
  } as const;
  const world = await play(spans, 'advise: { hold: 1m }');
  await world.seconds(230);
  const [first] = await adviceOf(world);
  await world.post(`/api/v1/advice/${first?.id}/accept`);
  await world.seconds(760);
  expect(told(world)).toContain('advice proposed b → a');
  await world.seconds(30);
  expect(told(world).slice(-2)).toEqual(['advice withdrawn b → a', 'advice refused b → b']);
});

test('clients are called back from a mirror that dies again while its earlier outage is still open', async () => {
  const spans = {
    a: [
      [200, 260],
      [1_500, 1_560],
    ],
    b: [[1_200, forever]],
    c: [
      [1_200, 1_260],
      [1_300, 1_450],
      [1_600, forever],
    ],
  } as const;
  const world = await play(spans, 'advise: { hold: 1m }');
  await world.seconds(1_620);
  expect(told(world).slice(-3)).toEqual(['finding opened outage a', 'advice proposed a → c', 'advice withdrawn a → c']);
  expect(notices(world).slice(-3)).toEqual(['outage', 'advice proposed', 'advice withdrawn']);
});
