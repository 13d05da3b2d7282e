import { afterEach, expect, test } from 'vitest';
import type { Script } from './scripted-wire.ts';
import { threeMirrors, well } from './three-mirrors.ts';
import { adviceOf, metric, notices, told, when } from './told.ts';
import { startWorld, stopWorlds } from './world.ts';

afterEach(stopWorlds);

const regretted = 'mirror_advice_regret_total{ecosystem="go",upstream="go"}';

/** `a` is slow from 200 s to 240 s; the move to `b` is accepted at 230 s, and `b` takes `thereMs` from then on. */
const story =
  (thereMs: number): Script =>
  (asked) => {
    if (asked.registry === 'a' && asked.atMs >= 200_000 && asked.atMs < 240_000) return 2000;
    return asked.registry === 'b' && asked.atMs >= 230_000 ? thereMs : well(asked);
  };

test.each([
  {
    name: 'a move after which the mirror left did better is counted once, and nobody is woken',
    thereMs: 700,
    count: 1,
  },
  { name: 'a move that was as good is not', thereMs: 40, count: 0 },
])('$name', async ({ thereMs, count }) => {
  const world = await startWorld({ yaml: threeMirrors({ more: 'advise: { hold: 60s }' }), script: story(thereMs) });
  await world.seconds(230);
  const [advice] = await adviceOf(world);
  expect(await metric(world, regretted)).toBe(0);
  expect((await world.post(`/api/v1/advice/${advice?.id}/accept`)).status).toBe(200);
  await world.seconds(175);
  expect(await metric(world, regretted)).toBe(0);
  const sent = notices(world).length;
  await world.seconds(10);
  expect(await metric(world, regretted)).toBe(count);
  expect(told(world).filter((one) => one === 'advice regretted a → b')).toHaveLength(count);
  expect(notices(world)).toHaveLength(sent);
  if (count > 0) expect(when(world, 'advice regretted a → b') - 230).toBeCloseTo(180, -1);
  await world.seconds(200);
  expect(await metric(world, regretted)).toBe(count);
});

test('a kill after the verdict does not bring it again, one before does not lose it', async () => {
  let world = await startWorld({ yaml: threeMirrors({ more: 'advise: { hold: 60s }' }), script: story(700) });
  await world.seconds(230);
  const [advice] = await adviceOf(world);
  await world.post(`/api/v1/advice/${advice?.id}/accept`);
  await world.seconds(170);
  world = await world.restart();
  await world.seconds(60);
  expect(await metric(world, regretted)).toBe(1);
  world = await world.restart();
  await world.seconds(300);
  expect(await metric(world, regretted)).toBe(0);
  // The counter began anew; what the page says of the month did not.
  expect((await world.get('/')).text).toContain('1 of 1 reviewed switches regretted');
});
