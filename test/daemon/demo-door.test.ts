import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Actor } from '../../src/core/action.ts';
import { registry } from '../../src/ecosystems/registry.ts';
import { createActor } from '../../src/features/actions/actor.ts';
import { startFaults } from '../../src/features/demo/faults.ts';
import { renderDemoFile } from '../../src/features/demo/file.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mirrorwatch-demo-'));
});
afterEach(async () => {
  await stopWorlds();
  rmSync(folder, { recursive: true, force: true });
});

const goal = { undoneSeconds: 45, endSeconds: 90 };
const post = { send: () => Promise.reject(new Error('nothing is posted')) };
const receiver = { url: 'http://127.0.0.1:9/', secret: `whsec_${'A'.repeat(32)}` };

async function demoYaml(): Promise<string> {
  const ecosystem = registry.of('go');
  if (ecosystem === null) throw new Error('no ecosystem go');
  const near = { name: 'near', url: 'http://127.0.0.1:11' };
  const far = { name: 'far', url: 'http://127.0.0.1:12' };
  const pair = { ecosystem, small: await ecosystem.demo(), near, far };
  return renderDemoFile([pair], { port: 10_120, folder, receiver, door: 'http://127.0.0.1:13' });
}

async function haveBaselines(world: World): Promise<boolean> {
  interface Targets {
    readonly targets: readonly { readonly canary: boolean; readonly baselineSeconds: number | null }[];
  }
  const { targets } = (await world.get('/api/v1/targets')).json<Targets>();
  return targets.filter(({ canary }) => canary).every(({ baselineSeconds }) => baselineSeconds !== null);
}

it.each([1, 2, 3, 4])('demo --door has undone its action within 45 simulated seconds, seed %d', async (seed) => {
  const near = { isFailing: false, isReady: false };
  const pending = new Set<Promise<unknown>>();
  const world = await startWorld({
    yaml: await demoYaml(),
    seed,
    script: ({ registry: name }) => (name === 'far' ? 70 : near.isFailing ? { status: 503, afterMs: 25 } : 25),
    ports: (all) => {
      const actor = createActor({ folder: join(folder, 'kept'), path: '', post, clock: all.clock });
      const run: Actor['run'] = (...step) => {
        const end = actor.run(...step);
        pending.add(end);
        return end;
      };
      return { ...all, actor: { ...actor, run } };
    },
  });
  const results = () =>
    world.posts.flatMap(({ atSeconds, body: { type, data } }) =>
      type === 'mirror.action' ? [{ atSeconds, result: data['result'] }] : [],
    );
  const faults = startFaults(
    [
      {
        name: 'near',
        strike: (isOn) => {
          near.isFailing = isOn;
        },
        fault: { stage: 'failing', text: () => 'near fails' },
        isReady: async () => near.isReady,
        isReported: () => results().length === 2,
        needsEnd: () => results().length === 1,
        report: () => undefined,
      },
    ],
    'door',
    world.time.timers,
  );
  while (results().length < 2 && world.time.nowMs() < goal.endSeconds * 1000) {
    await world.seconds(1);
    // What a step of an action takes of the real world is no simulated time.
    await Promise.all(pending);
    near.isReady ||= await haveBaselines(world);
  }
  faults.stop();
  expect(results()).toEqual([
    { atSeconds: expect.any(Number), result: 'done' },
    { atSeconds: expect.any(Number), result: 'undone' },
  ]);
  expect(results()[1]?.atSeconds).toBeLessThanOrEqual(goal.undoneSeconds);
});
