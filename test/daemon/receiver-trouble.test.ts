import { afterEach, expect, test } from 'vitest';
import { refuses } from './scripted-wire.ts';
import { but, threeMirrors } from './three-mirrors.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

afterEach(stopWorlds);

const ofReceivers = ({ log }: World) =>
  log.filter(({ message }) => message.startsWith('receiver')).map(({ message, fields }) => [message, fields]);

test('a receiver that asks for a day of quiet gets its notice after a quarter of an hour; the log and the page say so', async () => {
  const receiver: World['receiver'] = (_url, atMs) =>
    atMs < 600_000
      ? { tag: 'failed', failure: { kind: 'status', status: 429, retry: { afterMs: 86_000_000 } } }
      : { tag: 'delivered', status: 204 };
  const world = await startWorld({ yaml: threeMirrors({ every: '30s' }), script: but(refuses, 'a', 60), receiver });
  await world.seconds(180);
  const id = world.posts[0]?.id;
  expect(ofReceivers(world)).toMatchObject([
    ['receiver takes no notices', { receiver: 'ops', because: 'HTTP status 429', askedSeconds: 86_000 }],
  ]);
  const page = (await world.get('/', { 'accept-language': 'en' })).text.replaceAll(/<[^>]*>/g, '');
  expect(page).toMatch(/next attempt in 1[34] min; HTTP status 429/);
  await world.seconds(960);
  expect(world.posts.filter((post) => post.id === id).map(({ atSeconds }) => Math.round(atSeconds / 60))).toEqual([
    1, 16,
  ]);
  expect(ofReceivers(world).slice(1)).toEqual([['receiver takes notices again', { receiver: 'ops' }]]);
});

test('a receiver at a private address: one warning with the address, the reason and the key, whichever address is next', async () => {
  let attempts = 0;
  const receiver: World['receiver'] = () => {
    attempts += 1;
    const address = attempts % 2 === 0 ? '10.0.0.2' : '10.0.0.1';
    return { tag: 'failed', failure: { kind: 'forbidden_target', address, retry: 'later' } };
  };
  const world = await startWorld({ yaml: threeMirrors({ every: '30s' }), script: but(refuses, 'a', 60), receiver });
  await world.seconds(180);
  expect(attempts).toBeGreaterThan(3);
  const because =
    'the address 10.0.0.1 of the receiver is not public; if that is intended, add it or its network to `webhooks[].allow`';
  expect(ofReceivers(world)).toMatchObject([['receiver takes no notices', { receiver: 'ops', because }]]);
  const page = (await world.get('/', { 'accept-language': 'en' })).text.replaceAll(/<[^>]*>/g, '');
  expect(page).toMatch(/the address 10\.0\.0\.[12] of the receiver is not public/);
});
