import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { refuses, type Script } from '../test/daemon/scripted-wire.ts';
import { threeMirrors, well } from '../test/daemon/three-mirrors.ts';
import { startWorld } from '../test/daemon/world.ts';

// `node bench/month.ts [days]`: a whole daemon on a clock of its own, three mirrors, each down for a quarter of an hour once a day,
// and what lives in the heap at the end of each simulated day. The state file stands in memory and keeps one day, and what the
// world around the daemon writes down is thrown away, so that what grows is the daemon's.

const days = Number(process.argv[2] ?? 30);
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

const mb = (bytes: number): string => (bytes / 2 ** 20).toFixed(2);

function state(): string {
  const counts = new Map<string, number>();
  let chars = 0;
  for (const [key, text] of world.store.rows) {
    const table = key.slice(0, key.indexOf('/'));
    counts.set(table, (counts.get(table) ?? 0) + 1);
    chars += text.length;
  }
  return `${mb(chars)}: ${[...counts].map(([table, count]) => `${table} ${count}`).join(', ')}`;
}

const yaml = threeMirrors({ every: '60s' }).replace('/state.db', '/state.db, keep: 1d');
const world = await startWorld({ yaml, script });
console.log('day  probes  live heap, MB  of it the state file, MB: rows by table');
let probes = 0;
for (let day = 1; day <= days; day += 1) {
  for (let hour = 0; hour < 24; hour += 1) {
    await world.seconds(daySeconds / 24);
    probes += world.wire.asked.length;
    for (const list of [world.log, world.posts, world.wire.asked]) (list as unknown[]).length = 0;
  }
  collect();
  console.log(`${day}  ${probes}  ${mb(process.memoryUsage().heapUsed)}  ${state()}`);
}
await world.stop();
