import { afterEach, describe, expect, test } from 'vitest';
import { type Behaviour, refuses, type Script } from './scripted-wire.ts';
import { when } from './told.ts';
import { startWorld, stopWorlds } from './world.ts';

afterEach(stopWorlds);

const upstreams = ['debian', 'arch', 'alpine'];
const diesMs = 300_000;
const well: Behaviour = { status: 200, afterMs: 50, body: 'well\n' };

/** For each upstream a mirror on `hostOf` and another elsewhere, at the default paces. */
function yamlOf(hostOf: (upstream: string) => string): string {
  const mirrors = upstreams.flatMap((upstream) => [
    `  - { name: ${upstream}-near, ecosystem: http, upstream: ${upstream}, url: "https://${hostOf(upstream)}/${upstream}", weight: 100 }`,
    `  - { name: ${upstream}-far, ecosystem: http, upstream: ${upstream}, url: "https://far.example.org/${upstream}", weight: 90 }`,
  ]);
  return `
vantage: lab
listen: 127.0.0.1:10120
schedule: { every: 30s, timeout: 10s, perHost: 8 }
steps: { whole: 10h }
mirrors:
${mirrors.join('\n')}
controls: [ "https://control.example.com/" ]
modules: { http: [ ${upstreams.map((upstream) => `{ upstream: ${upstream}, path: sync.txt }`).join(', ')} ] }
state: { path: /nowhere/state.db }
`;
}

/** Seconds after the mirrors died at which each upstream's outage was told. */
async function outagesOf(hostOf: (upstream: string) => string, does: Behaviour): Promise<readonly number[]> {
  const script: Script = ({ registry, atMs }) => (registry.endsWith('-near') && atMs >= diesMs ? does : well);
  const world = await startWorld({ yaml: yamlOf(hostOf), script });
  await world.seconds(diesMs / 1000 + 120);
  const found = upstreams.map((upstream) => when(world, `finding opened outage ${upstream}-near`) - diesMs / 1000);
  await world.stop();
  return found;
}

describe('a host with mirrors of three upstreams dies: each outage is found as fast as if its mirror had its own host', () => {
  test.each<[name: string, does: Behaviour]>([
    ['nobody listens', refuses],
    ['nobody listens, and it takes its time to say so', { code: 'ECONNREFUSED', phase: 'connect', afterMs: 900 }],
    ['nobody answers', 'hangs'],
  ])('%s', async (_name, does) => {
    const alone = await outagesOf((upstream) => `${upstream}.example.com`, does);
    const together = await outagesOf(() => 'one.example.com', does);
    // What one of them shows is a reason to ask the others sooner, never one to wait: a step of a round at most.
    for (const [i, seconds] of together.entries()) expect(seconds).toBeLessThanOrEqual((alone[i] ?? 0) + 1);
  });
});
