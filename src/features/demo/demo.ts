import { join } from 'node:path';
import { loadConfigSlowly } from '../../config/load-slowly.ts';
import type { Config } from '../../core/config.ts';
import type { Log } from '../../core/ports.ts';
import { ok } from '../../core/result.ts';
import { snippetOf } from '../../core/snippet.ts';
import type { AdviceView, FindingView } from '../../core/views.ts';
import { startDaemon } from '../../daemon/lifecycle.ts';
import { type ProcessFacts, systemClock } from '../../daemon/machine.ts';
import { createSystemPorts, processLog } from '../../daemon/system.ts';
import { registry } from '../../ecosystems/registry.ts';
import { exchangeOnce } from '../../io/exchange.ts';
import { replaceFile, systemFiles } from '../../io/files.ts';
import { createScratchFolder } from '../../io/store-copy.ts';
import { systemTimers } from '../../io/timers.ts';
import { signature } from '../../notify/receivers/standard.ts';
import { expandTargets } from '../../schedule/targets.ts';
import { reasonTextOf } from '../../terminal/reasons.ts';
import { english, type Say } from '../../words/words.ts';
import { type DemoPair, renderDemoFile } from './file.ts';
import { type DemoMirror, type DemoReceived, findPort, startDemoMirror, startDemoReceiver } from './mirror.ts';

/**
 * The stages that each upstream must reach. A `spike` is not required, because advice that comes earlier replaces the
 * report of the spike.
 */
const needed = ['advice', 'webhook'] as const;
export type DemoStage = (typeof needed)[number] | 'watching' | 'slowed' | 'failing' | 'spike' | 'builds';
const slowByMs = 900;
/** When the first fault begins at the earliest, without `--once`. */
const firstMs = 14_000;
/** The interval of builds, and of looks at the daemon's baselines. */
const everyMs = 1_000;
const secret = `whsec_${Buffer.from('a secret of the demo alone, 32 B').toString('base64')}`;
const usualPort = 10_120;
const responseMs = 5_000;

export interface DemoEvent {
  readonly stage: DemoStage;
  readonly atSeconds: number;
  /** The ecosystem of the event; `null`: the event is not about one ecosystem, or the demo has only one. */
  readonly ecosystem: string | null;
  /** The first line is a sentence; the others are the same in each language. */
  readonly text: string;
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
  close(): Promise<unknown>;
}

/**
 * Starts a webhook receiver, a daemon, and two local mirrors for each ecosystem in `ecosystems`, all on loopback. One
 * ecosystem after the other, the first mirror gets a fault that lasts until the end.
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
) {
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
  const ports = { port: await findPort(usualPort), door: openRelay === null ? null : await findPort(0) };
  const file = join(folder.path, 'mirrorwatch.yaml');
  const places = { ...ports, folder: folder.path, receiver: { url: receiver.url, secret } };
  const { daemon, config } = await start(facts, file, renderDemoFile(pairs, places));
  const { url } = daemon;
  const list = ecosystems.join(', ');
  report('watching', null, isOne ? say('demo.two', { url }) : say('demo.twoEach', { list, url }));
  const over = new AbortController();
  const strike = ({ ecosystem, near: { name: mirror }, head: { fault } }: LivePair): void => {
    fault.isFailing = openRelay !== null;
    fault.slowMs = openRelay === null ? slowByMs : 0;
    if (openRelay === null) report('slowed', ecosystem.id, say('demo.slowed', { mirror, ms: slowByMs }));
    else report('failing', ecosystem.id, say('demo.failing', { mirror }));
  };
  systemTimers.after(isOnce ? 0 : firstMs, () => void strikeEach(pairs, url, strike, over.signal));
  const relay = (await openRelay?.(config, processLog(facts), facts.version)) ?? null;
  const built = pairs.find(({ small }) => small.build !== undefined);
  if (relay !== null && built !== undefined)
    void runBuilds(built, relay.url, over.signal, (counts) =>
      report('builds', built.ecosystem.id, say('demo.builds', { ...counts })),
    );
  return {
    url,
    /** The path of the configuration file, which other commands can use. It is removed when the demo stops. */
    file,
    /** Fulfilled when every upstream has reached its stages. */
    shown,
    missing: (): readonly string[] =>
      pairs.flatMap(({ seen, ecosystem }) =>
        needed.filter((stage) => !seen.has(stage)).map((stage) => (isOne ? stage : `${stage} of ${ecosystem.id}`)),
      ),
    async stop(): Promise<void> {
      over.abort();
      await daemon.stop();
      await relay?.close();
      await Promise.all([receiver, ...pairs].map((one) => one.close()));
      folder.remove();
    },
  };
}

function pause(): Promise<void> {
  return new Promise((done) => void systemTimers.after(everyMs, done));
}

/**
 * Begins a fault of each pair, one after the other: when the daemon has the baselines that it needs, and the stages of
 * the pair before are complete. Faults of several pairs at once would look like a fault of our own network.
 */
async function strikeEach(
  pairs: readonly LivePair[],
  url: string,
  strike: (pair: LivePair) => void,
  over: AbortSignal,
): Promise<void> {
  for (const pair of pairs) {
    while (!over.aborted && !(await areKnown(url, [pair.near.name, pair.far.name]))) await pause();
    if (over.aborted) return;
    strike(pair);
    while (!over.aborted && !isShown(pair)) await pause();
  }
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
    close: () => Promise.all([near.close(), far.close()]),
  };
}

function get(url: string) {
  return exchangeOnce({ url, method: 'GET', headers: {}, body: null, limitMs: responseMs });
}

/** True if the daemon has a baseline of each of these mirrors. Without baselines it cannot detect slow responses. */
async function areKnown(url: string, mirrors: readonly string[]): Promise<boolean> {
  const isKnown = async (mirror: string): Promise<boolean> => {
    const { text } = await get(`${url}api/v1/targets?registry=${mirror}`);
    const { targets } = JSON.parse(text) as { targets: readonly { canary: boolean; baselineSeconds: number | null }[] };
    return targets.some(({ canary, baselineSeconds }) => canary && baselineSeconds !== null);
  };
  const known = await Promise.all(mirrors.map(isKnown)).catch(() => [false]);
  return known.every(Boolean);
}

/** Writes the configuration, and starts the daemon on it. */
async function start(facts: ProcessFacts, file: string, text: string) {
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

const reportEvery = 15;

/**
 * Simulates builds until `over`: in a loop, fetches the files of a build through the front door and from a mirror.
 * @param report  called after every `reportEvery` builds, and when builds begin or stop to fail
 */
async function runBuilds(
  { ecosystem, small, near }: LivePair,
  door: string,
  over: AbortSignal,
  report: (counts: { readonly count: number; readonly door: number; readonly mirror: number }) => void,
): Promise<void> {
  const failed = { count: 0, door: 0, mirror: 0 };
  const countFailed = async (base: string): Promise<number> => {
    for (const path of small.build ?? []) {
      const { status } = await get(`${base}/${path}`).catch(() => ({ status: 0 }));
      if (status !== 200) return 1;
    }
    return 0;
  };
  let was = '';
  for (;;) {
    const ends = [countFailed(`${door}/${ecosystem.door?.prefix}`), countFailed(near.url)];
    const [atDoor = 0, atMirror = 0] = await Promise.all(ends);
    if (over.aborted) return;
    failed.count += 1;
    failed.door += atDoor;
    failed.mirror += atMirror;
    const now = `${atDoor} ${atMirror}`;
    if (now !== was || failed.count % reportEvery === 0) report(failed);
    was = now;
    await pause();
  }
}

/** The part of a webhook's body that the demo shows. */
interface Body {
  readonly type: string;
  readonly data: { readonly finding?: FindingView; readonly advice?: AdviceView };
}

/** Returns the demo's events for a received webhook; none if its signature is wrong. */
export function changesFor(
  { headers, body }: DemoReceived,
  secret: string,
  say: Say,
): readonly Omit<DemoEvent, 'atSeconds'>[] {
  const expected = signature(secret, headers['webhook-id'] ?? '', Number(headers['webhook-timestamp']), body);
  if (!(headers['webhook-signature'] ?? '').split(' ').includes(expected)) return [];
  const { type, data } = JSON.parse(body) as Body;
  const { finding, advice } = data;
  const isEnglish = say === english;
  if (finding && type === 'mirror.spike') {
    const { ecosystem, registry: who, text } = finding;
    return [{ stage: 'spike', ecosystem, text: isEnglish || who === null ? text : say('finding.spike', { who }) }];
  }
  if (type !== 'mirror.advice' || advice?.state !== 'proposed') return [];
  const { ecosystem, reason, remedy } = advice;
  const { text = '', file = null } = snippetOf(remedy) ?? {};
  const lines = file === null ? text : `${english('advised.file', { file })}\n${text}`;
  const why = (isEnglish ? null : reasonTextOf(advice, say)) ?? reason;
  return [
    { stage: 'advice', ecosystem, text: `${why}\n${lines}` },
    { stage: 'webhook', ecosystem, text: say('demo.received', { type }) },
  ];
}
