import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openStore } from '../../src/io/store.ts';
import { isSoundRow } from '../../src/state/row-shapes.ts';
import { manualTime } from '../../test/daemon/manual-time.ts';
import { refuses, type Script } from '../../test/daemon/scripted-wire.ts';
import { threeMirrors, well } from '../../test/daemon/three-mirrors.ts';
import { startWorld } from '../../test/daemon/world.ts';

// `node bench/long/night.ts HOURS KEEP`: what a soak's pace and failures leave after a night, without the night: a whole daemon on a
// simulated clock, with a real state file. Each mirror is probed every second, and fails in one minute of four, as in the
// soak. Prints for each simulated hour the live heap, and the state file with its log. The rows are not read: each that is read to be
// counted stays in memory for some time, and would be taken for a leak.

const [hours, keep] = [Number(process.argv[2] ?? 12), process.argv[3] ?? '30d'];
const names = ['a', 'b', 'c'];

/** Mirror n refuses in minute n of every four. */
const script: Script = (asked) =>
  Math.floor(asked.atMs / 60_000) % 4 === names.indexOf(asked.registry) ? refuses : well(asked);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const mb = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

const folder = mkdtempSync(join(tmpdir(), 'night-'));
const path = join(folder, 'state.db');
const time = manualTime();
const opened = openStore(path, { clock: time.clock, isSound: isSoundRow });
if (opened.tag === 'error') throw new Error(opened.error.kind);
const { store } = opened.value;
// Only mirrors on loopback may be probed each second; nothing listens there, as the wire is a script.
const mirrors = names
  .map((name, n) => `\n  - { name: ${name}, ecosystem: go, url: "http://127.0.0.1:${n + 1}" }`)
  .join('');
const yaml = threeMirrors({ every: '1s', mirrors, clients: 'http://127.0.0.1:1,direct' }).replace(
  /steps: .*/,
  'steps: { list: 2s, info: 2s, latest: 2s, zip: 8s }',
);
const world = await startWorld({
  yaml: yaml.replace('{ path: /nowhere/state.db }', `{ path: /nowhere/state.db, keep: ${keep} }`),
  script,
  time,
  ports: (ports) => ({ ...ports, store }),
});

function bytesOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

let probes = 0;
for (let hour = 1; hour <= hours; hour += 1) {
  for (let minute = 0; minute < 60; minute += 1) {
    await world.seconds(60);
    probes += world.wire.asked.length;
    for (const list of [world.log, world.posts, world.wire.asked]) (list as unknown[]).length = 0;
  }
  // Some of what a turn held is garbage only in the next one.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  console.log(
    `hour ${hour}: ${probes} requests, heap ${mb(process.memoryUsage().heapUsed)} MB, state ${mb(bytesOf(path) + bytesOf(`${path}-wal`))} MB`,
  );
}
await world.stop();
rmSync(folder, { recursive: true });
