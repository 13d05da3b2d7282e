import { afterEach, expect, test } from 'vitest';
import type { Script } from './scripted-wire.ts';
import { adviceOf } from './told.ts';
import { startWorld, stopWorlds } from './world.ts';

afterEach(stopWorlds);

const near = 'https://near.example.com/arch';
const far = 'https://far.example.net/arch';

test('a list of servers whose first one sends a page for each file: pacman stops there, so it is left', async () => {
  const script: Script = ({ registry, atMs }) =>
    registry === 'near' && atMs >= 60_000
      ? { status: 200, body: '<!DOCTYPE html><html></html>' }
      : { status: 200, body: '1699990000\n', afterMs: registry === 'near' ? 40 : 70 };
  const world = await startWorld({
    yaml: `
vantage: here
schedule: { every: 5s, timeout: 4s }
mirrors:
  - { name: near, ecosystem: http, upstream: arch, profile: arch, url: "${near}", weight: 100 }
  - { name: far, ecosystem: http, upstream: arch, profile: arch, url: "${far}", weight: 90 }
clients: { http: "${near} ${far}" }
modules: { http: [ { upstream: arch, path: lastsync } ] }
state: { path: /nowhere/state.db }`,
    script,
  });
  await world.seconds(240);
  const [advice] = await adviceOf(world);
  expect(advice).toMatchObject({ from: 'near', to: 'far', chain: { before: `${near}|${far}` } });
});
