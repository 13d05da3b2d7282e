import { loadConfigSlowly } from '../config/load-slowly.ts';
import type { Config } from '../core/config.ts';
import { error, ok } from '../core/result.ts';
import { type DemoMirror, demoModule, type Received, startDemoMirror, startDemoReceiver } from '../io/demo-mirror.ts';
import { systemFiles } from '../io/files.ts';
import { scratchFolder } from '../io/scratch.ts';
import { systemTimers } from '../io/timers.ts';
import { signature } from '../notify/signature.ts';
import { expandTargets } from '../schedule/targets.ts';
import { type Daemon, startDaemon } from './lifecycle.ts';
import { type ProcessFacts, processLog, systemClock, systemPorts } from './system.ts';

/** What the demo shows, in the order in which it must happen. */
const demoStages = ['watching', 'slowed', 'spike', 'advice', 'webhook', 'well', 'recovery'] as const;
export type DemoStage = (typeof demoStages)[number];

/** One thing that happened; `atSeconds` since the demo began. */
export interface DemoEvent {
  readonly stage: DemoStage;
  readonly atSeconds: number;
  readonly text: string;
}

type Tell = (stage: DemoStage, text: string) => void;

const secret = `whsec_${Buffer.from('a secret of the demo alone, 32 B').toString('base64')}`;
const slowByMs = 900;
const slowAfterMs = 14_000;
/** Long enough to open the page while it lasts. */
const slowForMs = 90_000;
const wellForMs = 60_000;
const firstPort = 10_120;
const portsTried = 20;

/** A demo that is running. */
export interface Demo {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts two local mirrors, a receiver and a daemon that watches them; after a while the preferred mirror gets slow.
 * Everything is on loopback, the state is temporary, the port the next free one from 10120.
 * @throws Error when none of the ports tried is free, or the demo's own configuration is wrong
 */
export async function startDemo(facts: ProcessFacts, say: (event: DemoEvent) => void): Promise<Demo> {
  const startedMs = systemClock.monotonicMs();
  const tell: Tell = (stage, text) => say({ stage, text, atSeconds: (systemClock.monotonicMs() - startedMs) / 1000 });
  const folder = scratchFolder('mirrorwatch-demo-');
  const near = await startDemoMirror(25);
  const far = await startDemoMirror(70);
  const receiver = await startDemoReceiver((received) => report(received, tell));
  const daemon = await onFreePort(facts, (port) => demoConfig(port, folder.path, near, far, receiver.url));
  tell('watching', `two mirrors on loopback, one canary a second; open ${daemon.url}`);
  let next = systemTimers.after(slowAfterMs, slow);
  function slow(): void {
    near.slow(slowByMs);
    tell('slowed', `mirror near now answers ${slowByMs} ms later`);
    next = systemTimers.after(slowForMs, heal);
  }
  function heal(): void {
    near.slow(0);
    tell('well', 'mirror near answers as before');
    next = systemTimers.after(wellForMs, slow);
  }
  return {
    url: daemon.url,
    async stop() {
      next.cancel();
      await daemon.stop();
      await Promise.all([near.close(), far.close(), receiver.close()]);
      folder.remove();
    },
  };
}

async function onFreePort(facts: ProcessFacts, configFor: (port: number) => Promise<Config>): Promise<Daemon> {
  const log = processLog(facts);
  for (let port = firstPort; port < firstPort + portsTried; port += 1) {
    const config = await configFor(port);
    const ports = systemPorts(config, facts, log);
    if (ports.tag === 'error') throw new Error('the demo cannot open its own temporary state', { cause: ports.error });
    const started = await startDaemon(config, ports.value, () => ok(config));
    if (started.tag === 'ok') return started.value;
    ports.value.store.close();
    if (started.error.code !== 'EADDRINUSE') throw new Error(`the demo cannot listen: ${started.error.code}`);
  }
  throw new Error(`no port from ${firstPort} to ${firstPort + portsTried - 1} is free`);
}

async function demoConfig(
  port: number,
  folder: string,
  near: DemoMirror,
  far: DemoMirror,
  receiver: string,
): Promise<Config> {
  const text = `
vantage: demo
listen: 127.0.0.1:${port}
schedule: { every: 1s, timeout: 5s, perHost: 2 }
steps: { list: 2s, info: 1s, latest: 5s, sumdb: 30s, zip: 30s }
mirrors:
  - { name: near, ecosystem: go, url: "${near.url}", weight: 100, region: here }
  - { name: far, ecosystem: go, url: "${far.url}", weight: 50, region: there }
clients: { go: "${near.url},${far.url},direct" }
modules: { go: [ "${demoModule.path}@${demoModule.version}" ] }
go: { sumdb: off }
detect: { spike: { warmup: 8 } }
advise: { hold: 1m }
webhooks:
  - { name: demo, url: "${receiver}", secrets: [ "${secret}" ], allow: [ 127.0.0.0/8 ] }
state: { path: "${folder}/demo.db" }
`;
  const loaded = await loadConfigSlowly({ text, path: null, env: {}, files: systemFiles, expand: expandTargets });
  if (loaded.tag === 'error') throw new Error(`the demo's own configuration: ${JSON.stringify(loaded.error)}`);
  return loaded.value.config;
}

/** Tells what a webhook said, once its signature was found to be right. */
function report(received: Received, tell: Tell): void {
  const signed = verified(received);
  const { type, data } = JSON.parse(received.body) as {
    type: string;
    data: { finding?: { text: string }; advice?: { state: string; reason: string; remedy: Record<string, string> } };
  };
  if (signed.tag === 'error') return tell('webhook', `a webhook came, but its signature is wrong: ${signed.error}`);
  if (type === 'mirror.spike' && data.finding) tell('spike', data.finding.text);
  if (type === 'mirror.advice' && data.advice?.state === 'proposed') {
    tell('advice', `${data.advice.reason}\n${Object.values(data.advice.remedy)[0] ?? ''}`);
    tell('webhook', `${type} received, its signature verified`);
  }
  if (type === 'mirror.recovery') tell('recovery', data.finding?.text ?? 'the finding is closed');
}

function verified({ headers, body }: Received): { tag: 'ok' } | { tag: 'error'; error: string } {
  const seconds = Number(headers['webhook-timestamp']);
  const expected = signature(secret, headers['webhook-id'] ?? '', seconds, body);
  return (headers['webhook-signature'] ?? '').split(' ').includes(expected)
    ? { tag: 'ok' }
    : error('it does not match');
}
