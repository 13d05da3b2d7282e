import { join } from 'node:path';
import { loadConfigSlowly } from '../../config/load-slowly.ts';
import type { Config } from '../../core/config.ts';
import type { Log } from '../../core/ports.ts';
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
import type { Say } from '../../words/words.ts';
import { startBuilds } from './builds.ts';
import { type Faulty, startFaults } from './faults.ts';
import { type DemoPair, renderDemoFile } from './file.ts';
import { type DemoMirror, findUrl, startDemoMirror, startDemoReceiver } from './mirror.ts';
import { changesFor, type DemoChange } from './news.ts';

export type DemoStage = DemoChange['stage'] | 'watching' | 'slowed' | 'failing' | 'well' | 'builds';

/**
 * The stages that each upstream must reach. `spike` is not required, because advice that comes earlier replaces the
 * report of the spike.
 */
const needed: readonly DemoStage[] = ['advice', 'webhook'];
const slowByMs = 900;
const secret = `whsec_${Buffer.from('a secret of the demo alone, 32 B').toString('base64')}`;
const usualPort = 10_120;
const ownResponseMs = 5_000;

export interface DemoEvent {
  readonly stage: DemoStage;
  readonly atSeconds: number;
  /** The ecosystem of the event; `null`: the event is not about one ecosystem, or the demo has only one. */
  readonly ecosystem: string | null;
  /** The first line is a sentence; the others are the same in each language. */
  readonly text: string;
}

export interface Demo {
  readonly url: string;
  /** The path of the configuration file, which other commands can use. The file is removed when the demo stops. */
  readonly file: string;
  /** Fulfilled when every upstream has reached its stages. */
  readonly shown: Promise<void>;
  missing(): readonly string[];
  stop(): Promise<void>;
}

/**
 * Opens the configured front door in this process. The front door passes responses through instead of redirecting
 * clients.
 */
export type OpenRelay = (
  config: Config,
  log: Log,
  version: string,
) => Promise<{ readonly url: string; close(): Promise<void> }>;

interface LivePair extends DemoPair {
  readonly head: DemoMirror;
  readonly seen: Set<DemoStage>;
  close(): Promise<void>;
}

/**
 * Starts a webhook receiver, a daemon, and two local mirrors for each ecosystem in `ecosystems`, all on loopback.
 * @param options.openRelay  if given, a front door and simulated builds are started too, and a fault makes requests
 *   fail; else a fault makes responses slow
 * @throws Error if the demo cannot start
 */
export async function startDemo(
  facts: ProcessFacts,
  ecosystems: readonly string[],
  { openRelay, isOnce }: { readonly openRelay: OpenRelay | null; readonly isOnce: boolean },
  say: Say,
  show: (event: DemoEvent) => void,
): Promise<Demo> {
  const startedMs = systemClock.monotonicMs();
  const isOne = ecosystems.length === 1;
  const { promise: shown, resolve: showAll } = Promise.withResolvers<void>();
  const report = (stage: DemoStage, id: string | null, text: string): void => {
    pairs.find(({ ecosystem }) => ecosystem.id === id)?.seen.add(stage);
    const atSeconds = (systemClock.monotonicMs() - startedMs) / 1000;
    show({ stage, atSeconds, ecosystem: isOne ? null : id, text });
    if (pairs.every(isShown)) showAll();
  };
  const folder = createScratchFolder('mirrorwatch-demo-');
  const pairs = await Promise.all(ecosystems.map((id) => startPair(id, isOne ? '' : `${id}-`)));
  const receiver = await startDemoReceiver((received) => {
    for (const { stage, ecosystem, text } of changesFor(received, secret, say)) report(stage, ecosystem, text);
  });
  const port = Number(new URL(await findUrl(usualPort)).port);
  const door = openRelay === null ? null : await findUrl();
  const places = { port, folder: folder.path, receiver: { url: receiver.url, secret }, door };
  const file = join(folder.path, 'mirrorwatch.yaml');
  const { daemon, config } = await start(facts, file, renderDemoFile(pairs, places));
  const { url } = daemon;
  const list = ecosystems.join(', ');
  report('watching', null, isOne ? say('demo.two', { url }) : say('demo.twoEach', { list, url }));
  const faulty = pairs.map((pair): Faulty => {
    return {
      strike(isOn) {
        const [stage, text] = strike(pair, openRelay !== null, isOn, say);
        report(stage, pair.ecosystem.id, text);
      },
      isReady: () => areKnown(url, [pair.near.name, pair.far.name]),
      isShown: () => isShown(pair),
    };
  });
  const faults = startFaults(faulty, isOnce, systemTimers);
  const relay = (await openRelay?.(config, processLog(facts), facts.version)) ?? null;
  const built = pairs.find(({ small }) => small.build !== undefined);
  const bases = { door: `${relay?.url}/${built?.ecosystem.door?.prefix}`, mirror: built?.near.url ?? '' };
  const builds =
    relay === null
      ? null
      : startBuilds(bases, built?.small.build ?? [], systemTimers, (counts) =>
          report('builds', built?.ecosystem.id ?? null, say('demo.builds', { ...counts })),
        );
  return {
    url,
    file,
    shown,
    missing: () =>
      pairs.flatMap(({ seen, ecosystem }) =>
        needed.filter((stage) => !seen.has(stage)).map((stage) => (isOne ? stage : `${stage} of ${ecosystem.id}`)),
      ),
    async stop() {
      builds?.stop();
      faults.stop();
      await daemon.stop();
      await relay?.close();
      await Promise.all([receiver, ...pairs].map((one) => one.close()));
      folder.remove();
    },
  };
}

/** Begins or ends a fault of the pair's first mirror. @returns the event */
function strike({ near, head }: LivePair, hasDoor: boolean, isOn: boolean, say: Say): readonly [DemoStage, string] {
  const mirror = near.name;
  Object.assign(head.fault, hasDoor ? { isFailing: isOn } : { slowMs: isOn ? slowByMs : 0 });
  if (!isOn) return ['well', say('demo.well', { mirror })];
  return hasDoor
    ? ['failing', say('demo.failing', { mirror })]
    : ['slowed', say('demo.slowed', { mirror, ms: slowByMs })];
}

function isShown({ seen }: LivePair): boolean {
  return needed.every((stage) => seen.has(stage));
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

/** Writes the configuration, and starts the daemon on it. */
async function start(
  facts: ProcessFacts,
  file: string,
  text: string,
): Promise<{ readonly daemon: Daemon; readonly config: Config }> {
  const code = await replaceFile(file, text);
  if (code !== null) throw new Error(`the demo cannot write its own configuration: ${code}`);
  const loaded = await loadConfigSlowly({ text, path: null, env: {}, files: systemFiles, expand: expandTargets });
  if (loaded.tag === 'error') throw new Error(`the demo's own configuration: ${JSON.stringify(loaded.error)}`);
  const { config } = loaded.value;
  const ports = createSystemPorts(config, facts, processLog(facts));
  if (ports.tag === 'error') throw new Error('the demo cannot open its own temporary state', { cause: ports.error });
  const started = await startDaemon(config, ports.value, () => ok(config));
  if (started.tag === 'error') throw new Error(`the demo cannot listen: ${started.error.code}`);
  return { daemon: started.value, config };
}
