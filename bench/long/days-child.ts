import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { refuses, type Script } from '../../test/daemon/scripted-wire.ts';
import { threeMirrors, well } from '../../test/daemon/three-mirrors.ts';
import { startWorld } from '../../test/daemon/world.ts';
import type { Day } from './days.ts';

// A whole daemon on a clock of its own, three mirrors, each down for a quarter of an hour once a day, and what lives in the heap at
// the end of each simulated day. The state file stands in memory and keeps one day, and what the world around the daemon writes
// down is thrown away, so that what grows is the daemon's. Tells a `Day` each hour; those of midnight are the record.

const days = Number(process.argv[2]);
const [daySeconds, downSeconds] = [86_400, 900];
const names = ['a', 'b', 'c'];

/** Mirror n is down from hour 6 + 5 n on, each day. */
const script: Script = (asked) => {
  const beginsAt = (6 + 5 * names.indexOf(asked.registry)) * 3_600;
  const at = (asked.atMs / 1_000) % daySeconds;
  return at >= beginsAt && at < beginsAt + downSeconds ? refuses : well(asked);
};

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const mb = (bytes: number): number => bytes / 2 ** 20;

const yaml = threeMirrors({ every: '60s' }).replace('/state.db', '/state.db, keep: 1d');
const world = await startWorld({ yaml, script });
let [probes, notices] = [0, 0];

async function oneHour(): Promise<void> {
  await world.seconds(daySeconds / 24);
  probes += world.wire.asked.length;
  notices += world.posts.length;
  for (const list of [world.log, world.posts, world.wire.asked]) (list as unknown[]).length = 0;
}

function asOf(day: number): Day {
  collect();
  const rows = [...world.store.rows];
  const stateChars = rows.reduce((sum, [key, text]) => sum + key.length + text.length, 0);
  const heapMb = mb(process.memoryUsage().heapUsed);
  return { day, probes, notices, heapMb, stateMb: mb(stateChars), stateRows: rows.length };
}

for (let day = 1; day <= days; day += 1) {
  // Said each hour, so that it is known to be alive.
  for (let hour = 1; hour < 24; hour += 1) {
    await oneHour();
    process.send?.({ hour });
  }
  await oneHour();
  process.send?.(asOf(day));
}
await world.stop();
if (process.connected) process.disconnect();
