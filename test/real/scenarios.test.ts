import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { documentOf } from '../../bench/scenarios/daemon/config.ts';
import { daemonPlayer } from '../../bench/scenarios/daemon/player.ts';
import type { Move, World, WorldSetup } from '../../bench/scenarios/world.ts';
import { families } from '../../bench/scenarios/worlds/families.ts';
import { real } from '../support/requires.ts';
import type { SyntheticModule } from '../support/synthetic-modules.ts';
import { startDaemon } from './daemon.ts';
import { type ScenarioMirror, startScenarioMirror } from './scenario-mirror.ts';

/**
 * Worlds of the simulator, replayed against the real daemon on real sockets. A second here is a minute of the world, and
 * paces are divided by the same (30 s become 500 ms); answers take the time that the world says. A replay lasts 40 s: 15 s
 * before the incident, and 25 s of it, so what the daemon times absolutely (hold, baselines of days) does not come into play.
 */
const factor = 60;
const everyMs = 500;
const timeoutMs = 3_000;
const beforeMs = 15_000;
const durationMs = 40_000;
/** Of `recovery-true`: the incident is over after this. */
const incidentMs = 12_000;
const atOnce = 5;
/** When the real clock starts is known to a pace only: the simulator plays as many starts within one, and the real run must be among them. */
const starts = 24;
/** Before the earliest of the starts no move is made, but for what the start of the clock is not known to. */
const toleranceMs = 3_000;
/** Beyond twice the latest of the starts, in probes of all mirrors: what is told a moment later is not late. */
const toleranceAsks = 40;
/** What a machine with other work adds to answers is news to the daemon: a world is played again, and once must do. */
const plays = 3;
/**
 * On a busy machine sockets add milliseconds of their own, and which of two well mirrors is named is chance: one may be that
 * by truth costs at most so many times the simulated one, 1 / (1 - minGain). Less is worth no move by the policy itself.
 */
const likeCost = 1.25;

const chosen = [
  ['refused', 1],
  ['black-hole', 1],
  ['reset', 1],
  ['server-errors', 1],
  ['slow-step', 1],
  ['fails-20-to-35', 1],
  ['next-dead', 1],
  ['all-answer-503', 1],
  ['recovery-true', 1],
  ['calm', 1],
] as const;

/** Tells the world's time by the replay's, both in milliseconds. */
function clockOf(world: World): (ms: number) => number {
  const incident = world.incidents[0] ?? { fromMs: 30 * 60_000, toMs: world.durationMs };
  return (ms) => {
    const since = (ms - beforeMs) * factor;
    const isOver = world.family === 'recovery-true' && ms > beforeMs + incidentMs;
    return isOver ? incident.toMs + since - incidentMs * factor : incident.fromMs + since;
  };
}

/** The same mirrors at addresses of their own; no controls, as nothing but mirrors is played on sockets. */
function setupAt(world: World, urls: readonly string[]): WorldSetup {
  const mirrors = world.setup.mirrors.map((mirror, at) => {
    const url = urls[at] ?? '';
    return { ...mirror, url, address: new URL(url).hostname };
  });
  return { ...world.setup, mirrors, controls: [], everyMs, timeoutMs };
}

function modulesOf(setup: WorldSetup): SyntheticModule[] {
  return setup.modules.map(({ module, version }) => ({
    path: module,
    versions: [
      { version, time: '2024-01-02T03:04:05Z', goMod: `module ${module}\n\ngo 1.21\n`, files: { LICENSE: 'MIT\n' } },
    ],
  }));
}

function headsOf(moves: readonly Move[]): readonly string[] {
  return moves.map(({ chain }) => chain.members[0] ?? '').filter((head, at, all) => head !== all[at - 1]);
}

/** What came of a world. */
interface Played {
  readonly heads: readonly string[];
  readonly firstMs: number | null;
  /** Probes from the incident to the first move: how soon it came, were the machine slow. */
  readonly asks: number;
}

/** What the simulator says of the compressed world, by start. */
function simulate(world: World, setup: WorldSetup): Played[] {
  const clock = clockOf(world);
  return Array.from({ length: starts }, (_, start) => {
    const shiftMs = (start / (starts - 1) - 0.5) * everyMs;
    const askedAt: number[] = [];
    const { moves } = daemonPlayer.play({
      ...world,
      setup,
      durationMs,
      events: [],
      ask: (mirror, question, atMs) => {
        askedAt.push(atMs);
        return world.ask(mirror, question, clock(atMs + shiftMs));
      },
    });
    const firstMs = moves[0]?.atMs ?? null;
    const asks = askedAt.filter((atMs) => atMs >= beforeMs && atMs <= (firstMs ?? 0)).length;
    return { heads: headsOf(moves), firstMs, asks };
  });
}

/** True where each head is the simulated one, or by truth as good for clients. */
function isAlike(world: World, real: readonly string[], simulated: readonly string[]): boolean {
  const atMs = clockOf(world)(durationMs);
  const cost = (head: string): number => world.buildCost('go', { members: [head], separators: [] }, atMs);
  return (
    real.length === simulated.length &&
    real.every((head, at) => {
      const other = simulated[at] ?? '';
      return head === other || cost(head) <= likeCost * cost(other);
    })
  );
}

/** What the real daemon says of it. */
async function replay(world: World, setup: WorldSetup, mirrors: readonly ScenarioMirror[]): Promise<Played> {
  const names = new Map(setup.mirrors.map(({ name, url }) => [url, name]));
  const goproxy = (setup.chains['go'] ?? '').replace(
    /[^,|]+/g,
    (name) => setup.mirrors.find((mirror) => mirror.name === name)?.url ?? name,
  );
  const document = { ...JSON.parse(documentOf(setup)), clients: { go: goproxy }, go: { sumdb: 'off' } };
  const yaml = Object.entries(document).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  const startedAt = (): number => Math.min(...mirrors.map((mirror) => mirror.firstAtMs() ?? Number.POSITIVE_INFINITY));
  const sinceStart = (): number => {
    const atMs = startedAt();
    return atMs === Number.POSITIVE_INFINITY ? 0 : performance.now() - atMs;
  };
  const clock = clockOf(world);
  for (const mirror of mirrors) mirror.play(world, () => clock(sinceStart()));
  const declared = names.get(goproxy.split(/[,|]/)[0] ?? '') ?? 'direct';
  const daemon = await startDaemon({ yaml: yaml.join('') });
  try {
    const told = [{ head: declared, atMs: 0 }];
    const asksNow = async (): Promise<number> =>
      [...(await daemon.metrics())].reduce(
        (sum, [series, count]) => (series.startsWith('mirror_probe_attempts_total{') ? sum + count : sum),
        0,
      );
    let [before, asks]: [number | null, number] = [null, 0];
    while (sinceStart() < durationMs) {
      if (before === null && sinceStart() >= beforeMs) before = await asksNow();
      const answer = await daemon.get('/api/v1/advice/go/remedy?as=json');
      if (answer.status !== 200 && answer.status !== 204) throw new Error(`remedy: ${answer.status} ${answer.text}`);
      const chain = answer.status === 204 ? goproxy : (JSON.parse(answer.text) as { GOPROXY: string }).GOPROXY;
      const first = chain.split(/[,|]/)[0] ?? '';
      const head = names.get(first) ?? first;
      if (head !== told.at(-1)?.head) {
        if (told.length === 1 && before !== null) asks = (await asksNow()) - before;
        told.push({ head, atMs: sinceStart() });
      }
      await sleep(100);
    }
    return { heads: told.slice(1).map((one) => one.head), firstMs: told[1]?.atMs ?? null, asks };
  } finally {
    await daemon.close();
  }
}

/** The address of each mirror of a world. */
const hostsOf = (world: World): readonly string[] =>
  world.setup.mirrors.map((_, at) => `127.0.${chosen.findIndex(([name]) => name === world.family) + 1}.${at + 1}`);

/** One play of a world on sockets. */
async function playOnSockets(world: World): Promise<Played> {
  const [canary] = world.setup.modules;
  if (canary === undefined) throw new Error('a world without modules');
  const question = { step: 'mod', module: canary.module, version: canary.version } as const;
  const mirrors: ScenarioMirror[] = [];
  try {
    const hosts = hostsOf(world);
    for (const [at, { name }] of world.setup.mirrors.entries())
      mirrors.push(await startScenarioMirror(name, hosts[at] ?? '', modulesOf(world.setup), question));
    const urls = mirrors.map(({ url }) => url);
    return await replay(world, setupAt(world, urls), mirrors);
  } finally {
    await Promise.all(mirrors.map((mirror) => mirror.close()));
  }
}

/** What the real one did otherwise than those that it should be like; `null`: nothing. */
function wrongOf(real: Played, alike: readonly Played[]): string | null {
  if (alike.length === 0) return 'other moves';
  const times = alike.flatMap(({ firstMs }) => (firstMs === null ? [] : [firstMs]));
  if (real.firstMs === null || times.length === 0) return null;
  if (real.firstMs < Math.min(...times) - toleranceMs) return 'moved too early';
  return real.asks > 2 * Math.max(...alike.map(({ asks }) => asks)) + toleranceAsks ? 'moved too late' : null;
}

let running = 0;
async function inTurn<T>(run: () => Promise<T>): Promise<T> {
  while (running >= atOnce) await sleep(50);
  running += 1;
  try {
    return await run();
  } finally {
    running -= 1;
  }
}

const worlds = chosen.map(([name, seed]): World => {
  const world = families.find((family) => family.name === name)?.make(seed);
  if (world === undefined) throw new Error(`no family ${name}`);
  return world;
});
const simulatedOf = new Map<World, readonly Played[]>();

// All of them before the first play on sockets: mirrors in this process would stand still meanwhile.
beforeAll(() => {
  for (const world of worlds) {
    const urls = hostsOf(world).map((host) => `http://${host}:1`);
    simulatedOf.set(world, simulate(world, setupAt(world, urls)));
  }
});

real('the real daemon on real sockets does what the simulator says', [], () => {
  test.concurrent.each(worlds)('$family $seed', async (world) => {
    const simulated = simulatedOf.get(world) ?? [];
    await inTurn(async () => {
      for (let play = 1; ; play += 1) {
        const real = await playOnSockets(world);
        const shown = `real ${JSON.stringify(real)}, simulated ${JSON.stringify(simulated)}`;
        console.info(`${world.family} ${world.seed}: ${shown}`);
        const wrong = wrongOf(
          real,
          simulated.filter(({ heads }) => isAlike(world, real.heads, heads)),
        );
        if (wrong === null) return;
        if (play === plays) expect.fail(`${wrong}: ${shown}`);
      }
    });
  });
});
