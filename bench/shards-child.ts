import type { Config } from '../src/core/config.ts';
import type { Due } from '../src/core/due.ts';
import { cronCalendar } from '../src/io/calendar.ts';
import { createRandom } from '../src/io/random.ts';
import { createScheduler } from '../src/schedule/scheduler.ts';
import { expandTargets } from '../src/schedule/targets.ts';
import { epochMs, manualTime } from '../test/daemon/manual-time.ts';
import { readConfig, startWorld } from '../test/daemon/world.ts';
import { moduleAnswers } from '../test/support/synthetic-modules.ts';
import type { ShardTold, WholeTold } from './shards.ts';

// One of the daemons of `shards`, whole, on a clock of its own and over mirrors without sockets, for one pace; or, without an
// index, what one daemon alone would probe, and what one daemon more would move.

const [modules = 0, count = 0, paceSeconds = 0, index = -1] = process.argv.slice(2).map(Number);
const paceMs = paceSeconds * 1_000;
const mirrors = 10;
const version = 'v1.25.0';
const names = Array.from({ length: modules }, (_, at) => `example.com/some/longer/module-${at}`);
const every = `${paceSeconds}s`;
const yaml = JSON.stringify({
  vantage: 'bench',
  listen: '127.0.0.1:10120',
  schedule: { every, timeout: '5s', perHost: 40, bytesPerHour: '50GiB' },
  steps: { list: every, latest: every, info: every, mod: every, zip: { every, timeout: '10s' } },
  mirrors: Array.from({ length: mirrors }, (_, at) => ({
    name: `m${at}`,
    ecosystem: 'go',
    url: `https://m${at}.example.com`,
    protocol: 'h1',
  })),
  modules: { go: names.map((name) => `${name}@${version}`) },
  go: { sumdb: 'off' },
  limits: { lines: 2_000_000 },
  state: { path: '/nowhere/state.db' },
});

function configOf(shard = ''): Config {
  const read = readConfig(yaml, { MIRRORWATCH_SHARD: shard });
  if (read.tag === 'error') throw new Error(JSON.stringify(read.error.slice(0, 3)));
  return read.value;
}

function ownersOf(daemons: number): ReadonlyMap<string, number> {
  const all = Array.from({ length: daemons }, (_, at) => expandTargets(configOf(`${at}/${daemons}`)));
  return new Map(all.flatMap((own, at) => own.map(({ id }) => [id, at] as const)));
}

/** What the schedule of one daemon alone would plan, with answers that take no time. */
function wholeNow(): WholeTold {
  const config = configOf();
  const targets = expandTargets(config);
  const time = manualTime();
  const scheduler = createScheduler({
    config,
    targets,
    seed: config.vantage,
    calendar: cronCalendar,
    random: createRandom(1),
    now: time.clock.now(),
  });
  const planned: string[] = [];
  for (let nowMs = 0; nowMs <= paceMs; ) {
    const now = { monotonicMs: nowMs, wallMs: epochMs + nowMs };
    const { start, wakeAtMs } = scheduler.advance(now);
    for (const due of start) {
      scheduler.finished(due, { wireBytes: 0, retryAfterMs: null }, now);
      if (due.plannedAtMs <= paceMs) planned.push(momentOf(due));
    }
    nowMs = start.length > 0 ? nowMs : Math.max(nowMs + 1, wakeAtMs);
  }
  const [before, after] = [ownersOf(count), ownersOf(count + 1)];
  const moved = targets.filter(({ id }) => before.get(id) !== after.get(id));
  return { targets: targets.length, planned, movedShare: moved.length / targets.length };
}

/** A target and when its schedule planned it: the same in each daemon of a place. */
function momentOf({ target, plannedAtMs }: Due): string {
  return `${target.id} ${plannedAtMs}`;
}

async function runShard(): Promise<ShardTold> {
  const beganMs = performance.now();
  const answers = moduleAnswers(
    names.map((path) => ({
      path,
      versions: [
        { version, time: '2024-02-01T00:00:00Z', goMod: `module ${path}\n`, files: { 'a.go': 'package a\n' } },
      ],
    })),
  );
  const made: string[] = [];
  const take = (due: Due): void => {
    if (due.purpose === 'scheduled' && due.plannedAtMs <= paceMs) made.push(momentOf(due));
  };
  const world = await startWorld({
    yaml,
    env: { MIRRORWATCH_SHARD: `${index}/${count}` },
    script: ({ path }) => ({ status: 404, ...answers.get(path), afterMs: 40 }),
    ports: (all) => ({
      ...all,
      workers(book) {
        const inner = all.workers(book);
        return {
          ...inner,
          probe(due) {
            take(due);
            return inner.probe(due);
          },
        };
      },
    }),
  });
  for (let at = 0; at < paceSeconds; at += 60) {
    await world.seconds(60);
    // Said so that it is known to be alive.
    process.send?.({ at });
    // What was written down around the daemon.
    for (const list of [world.log, world.wire.asked]) (list as unknown[]).length = 0;
  }
  // What was planned at the end of the pace has begun by then.
  await world.seconds(60);
  await world.stop();
  return { made, seconds: (performance.now() - beganMs) / 1_000 };
}

// All of it has to be out before the channel closes.
process.send?.(index < 0 ? wholeNow() : await runShard(), () => process.disconnect());
