import { join } from 'node:path';
import { loadConfigSlowly } from '../../config/load-slowly.ts';
import type { Config } from '../../core/config.ts';
import { ok } from '../../core/result.ts';
import { type Daemon, startDaemon } from '../../daemon/lifecycle.ts';
import { type ProcessFacts, systemClock } from '../../daemon/machine.ts';
import { createSystemPorts, processLog } from '../../daemon/system.ts';
import { registry } from '../../ecosystems/registry.ts';
import { exchangeOnce } from '../../io/exchange.ts';
import { replaceFile, systemFiles } from '../../io/files.ts';
import { createScratchFolder } from '../../io/store-copy.ts';
import { systemTimers } from '../../io/timers.ts';
import { expandTargets } from '../../schedule/targets.ts';
import { startBuilds } from './builds.ts';
import { type DemoPace, type Faulty, startFaults } from './faults.ts';
import { type DemoPair, demoIntervalsOf, renderDemoFile } from './file.ts';
import { type DemoMirror, findUrl, startDemoMirror, startDemoReceiver } from './mirror.ts';
import { changesFor, type DemoChange, type DemoText } from './news.ts';

export type DemoStage = DemoChange['stage'] | 'watching' | 'slowed' | 'failing' | 'well' | 'builds';

/**
 * The stages that each upstream must reach. `spike` is not required, because advice that comes earlier replaces the
 * report of the spike.
 */
const needed: readonly DemoStage[] = ['advice', 'webhook'];
/**
 * The required stages if there is a front door, for an upstream that declares a build. An action applies the advice and
 * later undoes it.
 */
const neededWithBuilds: readonly DemoStage[] = [...needed, 'changed', 'undone'];
const slowByMs = 900;

export interface DemoEvent {
  readonly stage: DemoStage;
  readonly atSeconds: number;
  /** The ecosystem of the event; `null`: the event is not about one ecosystem, or the demo has only one. */
  readonly ecosystem: string | null;
  readonly text: DemoText;
}

const secret = `whsec_${Buffer.from('a secret of the demo alone, 32 B').toString('base64')}`;
const firstPort = 10_120;
const portsTried = 20;
const ownResponseMs = 5_000;

export interface Demo {
  readonly url: string;
  /** The path of the configuration file, which other commands can use. The file is removed when the demo stops. */
  readonly file: string;
  missing(): readonly string[];
  readonly config: Config;
  /** Starts simulated builds of the first ecosystem that declares some. @param door  the URL of a front door */
  build(door: string): void;
  stop(): Promise<void>;
}

interface LivePair extends DemoPair {
  readonly head: DemoMirror;
  readonly seen: Set<DemoStage>;
  close(): Promise<void>;
}

/**
 * Starts a webhook receiver, a daemon, and two local mirrors for each ecosystem in `ecosystems`, all on loopback.
 * @throws Error if the demo cannot start, for example without a free port
 */
export async function startDemo(
  facts: ProcessFacts,
  ecosystems: readonly string[],
  hasDoor: boolean,
  pace: DemoPace,
  say: (event: DemoEvent) => void,
): Promise<Demo> {
  const startedMs = systemClock.monotonicMs();
  const isOne = ecosystems.length === 1;
  const report = (stage: DemoStage, pair: LivePair | undefined, text: DemoText): void => {
    pair?.seen.add(stage);
    const atSeconds = (systemClock.monotonicMs() - startedMs) / 1000;
    say({ stage, atSeconds, ecosystem: isOne ? null : (pair?.ecosystem.id ?? null), text });
  };
  const folder = createScratchFolder('mirrorwatch-demo-');
  const pairs = await Promise.all(ecosystems.map((id) => startPair(id, isOne ? '' : `${id}-`)));
  const pairOf = (id: string | null) => pairs.find(({ ecosystem }) => ecosystem.id === id);
  const receiver = await startDemoReceiver((received) => {
    for (const { stage, ecosystem, text } of changesFor(received, secret)) report(stage, pairOf(ecosystem), text);
  });
  const places = {
    folder: folder.path,
    receiver: { url: receiver.url, secret },
    door: hasDoor ? await findUrl() : null,
  };
  const file = join(folder.path, 'mirrorwatch.yaml');
  const { daemon, config } = await onFreePort(facts, async (port) => {
    const text = renderDemoFile(pairs, { ...places, port });
    const code = await replaceFile(file, text);
    if (code !== null) throw new Error(`the demo cannot write its own configuration: ${code}`);
    return read(text);
  });
  const { url } = daemon;
  for (const text of begunWith(ecosystems, hasDoor, url)) report('watching', undefined, text);
  const faulty = pairs.map((pair) => faultyOf(pair, hasDoor, url, (stage, text) => report(stage, pair, text)));
  const faults = startFaults(faulty, pace, systemTimers);
  let builds: { stop(): void } | null = null;
  return {
    url: daemon.url,
    file,
    missing: () =>
      pairs.flatMap((pair) =>
        missingOf(pair, hasDoor).map((stage) => (isOne ? stage : `${stage} of ${pair.ecosystem.id}`)),
      ),
    config,
    build(door) {
      const pair = pairs.find(({ small }) => small.build !== undefined);
      const prefix = pair?.ecosystem.door?.prefix;
      if (pair?.small.build === undefined || prefix === undefined) return;
      const bases = { door: `${door}/${prefix}`, mirror: pair.near.url };
      builds = startBuilds(bases, pair.small.build, systemTimers, (text) => report('builds', pair, text));
    },
    async stop() {
      builds?.stop();
      faults.stop();
      await daemon.stop();
      await Promise.all([receiver, ...pairs].map((one) => one.close()));
      folder.remove();
    },
  };
}

function begunWith(ecosystems: readonly string[], hasDoor: boolean, url: string): readonly DemoText[] {
  const { everyMs, holdSeconds: seconds } = demoIntervalsOf(hasDoor);
  const list = ecosystems.join(', ');
  const two: DemoText = (say) =>
    ecosystems.length === 1 ? say('demo.two', { everyMs, url }) : say('demo.twoEach', { list, everyMs, url });
  return hasDoor ? [two, (say) => say('demo.hold', { seconds })] : [two];
}

/**
 * Returns the first mirror of a pair as `startFaults` needs it.
 * @param hasDoor  true: a fault makes requests fail; false (no front door): a fault makes responses slow
 */
function faultyOf(pair: LivePair, hasDoor: boolean, url: string, report: Faulty['report']): Faulty {
  const mirror = pair.near.name;
  return {
    name: mirror,
    strike: (isOn: boolean) => (hasDoor ? pair.head.fail(isOn) : pair.head.slow(isOn ? slowByMs : 0)),
    fault: hasDoor
      ? { stage: 'failing', text: (say) => say('demo.failing', { mirror }) }
      : { stage: 'slowed', text: (say) => say('demo.slowed', { mirror, ms: slowByMs }) },
    isReady: () => areKnown(url, [mirror, pair.far.name]),
    isReported: () => missingOf(pair, hasDoor).length === 0,
    needsEnd: () => missingOf(pair, hasDoor).join() === 'undone',
    report,
  };
}

async function startPair(id: string, prefix: string): Promise<LivePair> {
  const ecosystem = registry.of(id);
  if (ecosystem === null) throw new Error(`no ecosystem ${id}`);
  const small = await ecosystem.demo();
  const [near, far] = await Promise.all([startDemoMirror(small.respond, 25), startDemoMirror(small.respond, 70)]);
  return {
    ecosystem,
    small,
    near: { name: `${prefix}near`, url: `${near.url}${small.base}` },
    far: { name: `${prefix}far`, url: `${far.url}${small.base}` },
    head: near,
    seen: new Set(),
    close: async () => void (await Promise.all([near.close(), far.close()])),
  };
}

function missingOf({ seen, small }: LivePair, hasDoor: boolean): readonly DemoStage[] {
  const all = hasDoor && small.build !== undefined ? neededWithBuilds : needed;
  return all.filter((stage) => !seen.has(stage));
}

/** True if the daemon has a baseline of each of these mirrors. Without baselines it cannot detect slow responses. */
async function areKnown(url: string, mirrors: readonly string[]): Promise<boolean> {
  const isKnown = async (mirror: string): Promise<boolean> => {
    const request = { url: `${url}api/v1/targets?registry=${mirror}`, method: 'GET', headers: {}, body: null } as const;
    const { text } = await exchangeOnce({ ...request, limitMs: ownResponseMs });
    const { targets } = JSON.parse(text) as { targets: readonly { canary: boolean; baselineSeconds: number | null }[] };
    return targets.some(({ canary, baselineSeconds }) => canary && baselineSeconds !== null);
  };
  try {
    return (await Promise.all(mirrors.map(isKnown))).every((known) => known);
  } catch {
    return false;
  }
}

async function onFreePort(
  facts: ProcessFacts,
  configFor: (port: number) => Promise<Config>,
): Promise<{ readonly daemon: Daemon; readonly config: Config }> {
  const log = processLog(facts);
  for (let port = firstPort; port < firstPort + portsTried; port += 1) {
    const config = await configFor(port);
    const ports = createSystemPorts(config, facts, log);
    if (ports.tag === 'error') throw new Error('the demo cannot open its own temporary state', { cause: ports.error });
    const started = await startDaemon(config, ports.value, () => ok(config));
    if (started.tag === 'ok') return { daemon: started.value, config };
    ports.value.store.close();
    if (started.error.code !== 'EADDRINUSE') throw new Error(`the demo cannot listen: ${started.error.code}`);
  }
  throw new Error(`no port from ${firstPort} to ${firstPort + portsTried - 1} is free`);
}

async function read(text: string): Promise<Config> {
  const loaded = await loadConfigSlowly({ text, path: null, env: {}, files: systemFiles, expand: expandTargets });
  if (loaded.tag === 'error') throw new Error(`the demo's own configuration: ${JSON.stringify(loaded.error)}`);
  return loaded.value.config;
}
