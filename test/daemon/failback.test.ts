import { afterEach, expect, test } from 'vitest';
import { run } from '../unit/cli/run-program.ts';
import { refuses } from './scripted-wire.ts';
import { but, threeMirrors } from './three-mirrors.ts';
import { type AdviceShown, adviceOf, when } from './told.ts';
import { settled, startWorld, stopWorlds, type World } from './world.ts';

// An operator has accepted advice to leave `a`: the API, the command and the page say why clients may not go back yet.

afterEach(stopWorlds);

type Failback = { readonly registry: string; readonly text: string };

/** What the API says; the command and the page must say the same. */
async function failbackOf(world: World): Promise<Failback | undefined> {
  const all = (await adviceOf(world)) as readonly (AdviceShown & { readonly failback?: Failback })[];
  const failback = all.find(({ state }) => state === 'accepted')?.failback;
  const url = ['--url', world.daemon.url] as const;
  const page = (await world.get('/', { accept: 'text/html' })).text.replaceAll(/<[^>]*>/g, '');
  const shown = await settled(world.time, run(['advice', ...url]), 1);
  const json = await settled(world.time, run(['advice', '--json', ...url]), 1);
  const [advice] = (JSON.parse(json.out) as readonly { readonly failback?: Failback }[]).slice(-1);
  expect(advice?.failback).toEqual(failback);
  for (const text of [page, shown.out]) expect(text.match(/No switch back to a[^\n]*/)?.[0]).toBe(failback?.text);
  return failback;
}

test.each([
  ['the good responses', '2m', ': 48 more good responses in a row are missing.'],
  ['the wait after the last failure', '10m', ': the wait after the last switch is not over.'],
])('%s: until the switch back is proposed', async (_name, hold, want) => {
  const yaml = threeMirrors({ more: `advise: { hold: ${hold} }` });
  const world = await startWorld({ yaml, script: but(refuses, 'a', 120, 300) });
  await world.seconds(200);
  const [proposed] = await adviceOf(world);
  expect(await failbackOf(world)).toBeUndefined();
  await world.post(`/api/v1/advice/${proposed?.id}/accept`);
  expect(await failbackOf(world)).toMatchObject({
    registry: 'a',
    text: 'No switch back to a yet: the canary probes of the mirror fail.',
  });
  await world.seconds(150);
  const first = await failbackOf(world);
  expect(first?.text).toMatch(
    /^No switch back to a yet: the wait after the last switch is not over\.$|^No .* yet: \d+ more good responses/,
  );
  await world.seconds(180);
  expect(await failbackOf(world)).toMatchObject({ text: expect.stringContaining(want) });
  await world.seconds(400);
  expect(when(world, 'advice proposed b → a')).toBeGreaterThan(530);
  expect(await failbackOf(world)).toBeUndefined();
});
