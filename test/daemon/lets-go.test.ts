import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { startDaemon } from '../../src/daemon/lifecycle.ts';
import { loadProber } from '../../src/ecosystems/prober.ts';
import { manualTime } from './manual-time.ts';
import { memoryStore } from './memory-store.ts';
import { scriptedWire } from './scripted-wire.ts';
import { threeMirrors, well } from './three-mirrors.ts';
import { portsOf, readConfig, settled } from './world.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Collects until nothing more goes: finalization and weak references take a turn of the loop each. */
async function collectAll(): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    await turn();
    collect();
  }
}

it('a reload lets go of every configuration but the one in force, and of its mirrors and modules', async () => {
  const read: WeakRef<object>[][] = [];
  const reread = () => {
    // Another number each time, so that nothing can be taken for unchanged.
    const config = readConfig(threeMirrors({ every: '6s', more: `advise: { ttl: ${read.length + 2}h }` }));
    if (config.tag === 'error') throw new Error(JSON.stringify(config.error));
    const { mirrors, modules } = config.value;
    read.push([config.value, mirrors, ...mirrors, modules, ...modules].map((one) => new WeakRef(one)));
    return config;
  };
  await loadProber('go');
  const time = manualTime();
  const post = { send: () => Promise.resolve({ tag: 'delivered', status: 204 } as const) };
  const ports = portsOf({ time, wire: scriptedWire(time, well), store: memoryStore(), seed: 1, log: [], post });
  // In a function of its own: a frame that waits holds what it has handed on.
  const start = () => startDaemon(reread().value, ports, reread);
  const started = await start();
  if (started.tag === 'error') throw new Error(started.error.code);
  const daemon = started.value;
  for (let n = 0; n < 3; n += 1) {
    await time.pass(30_000);
    const done = await settled(time, daemon.reload(), 5);
    expect(done).toEqual({ tag: 'reloaded', changed: ['advise'] });
  }
  // Each series is asked once more: what it held of the target before is replaced.
  await time.pass(600_000);
  await collectAll();
  const alive = read.map((refs) => refs.filter((ref) => ref.deref() !== undefined).length);
  expect(alive.slice(0, -1)).toEqual([0, 0, 0]);
  expect(alive.at(-1)).toBe(read.at(-1)?.length);
  await settled(time, daemon.stop(), 50);
});
