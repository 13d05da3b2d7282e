import { readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { startAlertmanager } from '../test/support/alertmanager.ts';
import { type FakeMirror, startFakeMirror } from '../test/support/fake-mirror.ts';
import type { Fault } from '../test/support/faults.ts';
import { removeTempDir, repoDir, tempDir } from '../test/support/paths.ts';
import { freePort } from '../test/support/ports.ts';
import { startProcess } from '../test/support/process.ts';
import { startPrometheus } from '../test/support/prometheus.ts';
import { startWebhookReceiver } from '../test/support/webhook-receiver.ts';
import { type EventStream, eventsOf, type StreamEvent } from './event-stream.ts';
import { machineNow } from './machine.ts';
import { startProgress } from './progress.ts';
import { machineLines, tableOf } from './report.ts';

// `node bench/reaction-kinds.ts [KIND]...`: from a fault of each kind to a person, by our webhook and by the way of
// Prometheus and Alertmanager with the rules and routes that we ship, at their usual intervals.

const kinds: Readonly<Record<string, Fault>> = {
  refused: { kind: 'refuse' },
  'black hole': { kind: 'hang-connect' },
  reset: { kind: 'reset-after-request' },
  silent: { kind: 'hang-head' },
  cut: { kind: 'reset-mid-body' },
  '502': { kind: 'status', status: 502 },
  'wrong content': { kind: 'html' },
  throttled: { kind: 'status', status: 429, headers: { 'retry-after': '120' } },
};

/** Seconds since the fault; `null`: not within the time given. */
interface Reached {
  readonly kind: string;
  readonly failedProbe: number | null;
  readonly finding: number | null;
  readonly advice: number | null;
  readonly webhook: number | null;
  readonly alertmanager: number | null;
  /** What Alertmanager said first. */
  readonly alert: string;
}

const atOnce = 4;
/** Of the canary; the others go at their usual paces. */
const everySeconds = 10;
/** What Prometheus scrapes and evaluates by where nobody says otherwise in most files. */
const scrapeMs = 15_000;
const ownSecondsMax = 120;
const alertSecondsMax = 480;
const warmSecondsMax = 600;

interface Hook {
  readonly atMs: number;
  readonly body: string;
}

async function react(kind: string, fault: Fault): Promise<Reached> {
  const closers: (() => Promise<void> | void)[] = [];
  try {
    const dir = tempDir('reaction');
    closers.push(() => removeTempDir(dir));
    const mirrors: FakeMirror[] = [];
    for (let count = 0; count < 3; count += 1) mirrors.push(await startFakeMirror());
    for (const mirror of mirrors) closers.push(mirror.close);
    const [own, people] = [await startWebhookReceiver(), await startWebhookReceiver()];
    closers.push(own.close, people.close);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const vantage = kind.replaceAll(' ', '-');
    const configFile = join(dir, 'mirrorwatch.yaml');
    writeFileSync(configFile, configText(vantage, port, dir, mirrors, own.url));
    const daemon = await startProcess({
      name: 'mirrorwatch',
      command: process.execPath,
      args: [
        fileURLToPath(new URL('../src/main.ts', import.meta.url)),
        'run',
        '--config',
        configFile,
        '--log-level',
        'error',
      ],
      ready: async () => (await fetch(`${url}/-/ready`)).ok,
    });
    closers.push(daemon.close);
    const alertmanager = await startAlertmanager({ config: routes(people.url) });
    closers.push(alertmanager.close);
    const prometheus = await startPrometheus({
      targets: [`127.0.0.1:${port}`],
      labels: { vantage },
      intervalMs: scrapeMs,
      ruleFiles: [join(repoDir, 'alerts', 'mirrorwatch.yml')],
      alertmanager: alertmanager.address,
    });
    closers.push(prometheus.close);
    const events = eventsOf(get(`${url}/api/v1/events?types=sample,finding,advice`));
    closers.push(events.close);
    await untilWarm(url);
    const faultAtMs = Date.now();
    await mirrors[0]?.setFault(fault);
    const after = (wallMs: number | null): number | null => (wallMs === null ? null : (wallMs - faultAtMs) / 1_000);
    const postAfter = (post: Hook | null): number | null => after(post && performance.timeOrigin + post.atMs);
    const advice = await eventAt(events, isAdvice);
    const webhook = await posted(own.posts, (body) => body.includes('"state":"proposed"'), ownSecondsMax);
    const alert = await posted(
      people.posts,
      (body) => /"status":"firing".*"registry":"near"/.test(body),
      alertSecondsMax,
    );
    return {
      kind,
      failedProbe: after(await eventAt(events, isFailure)),
      finding: after(await eventAt(events, isFinding)),
      advice: after(advice),
      webhook: postAfter(webhook),
      alertmanager: postAfter(alert),
      alert: alert === null ? '' : (/"alertname":"(\w+)"/.exec(alert.body)?.[1] ?? ''),
    };
  } finally {
    for (const closer of closers.reverse()) await closer();
  }
}

function isFailure({ type, data }: StreamEvent): boolean {
  return type === 'sample' && data['registry'] === 'near' && !/^(ok|unknown)/.test(String(data['outcome']));
}

function isFinding({ type, data }: StreamEvent): boolean {
  const { registry } = (data['finding'] ?? {}) as { registry?: unknown };
  return type === 'finding' && data['change'] === 'opened' && registry === 'near';
}

function isAdvice({ type, data }: StreamEvent): boolean {
  return type === 'advice' && data['change'] === 'proposed';
}

/** When the first such event was told, wall milliseconds. */
async function eventAt(events: EventStream, fits: (event: StreamEvent) => boolean): Promise<number | null> {
  const event = await events.find(fits, ownSecondsMax * 1_000).catch(() => null);
  return event === null ? null : Date.parse(String(event.data['at']));
}

async function posted(
  posts: readonly Hook[],
  fits: (body: string) => boolean,
  secondsMax: number,
): Promise<Hook | null> {
  const untilMs = performance.now() + secondsMax * 1_000;
  for (;;) {
    const found = posts.find(({ body }) => fits(body));
    if (found !== undefined || performance.now() > untilMs) return found ?? null;
    await sleep(20);
  }
}

/** deploy/alertmanager.yml with its people here; its machine receiver is left out, so that alerts lead to no advice. */
function routes(peopleUrl: string): object {
  const config = parse(readFileSync(join(repoDir, 'deploy/alertmanager.yml'), 'utf8')) as Record<string, unknown>;
  const receivers = [{ name: 'mirrorwatch' }, { name: 'people', webhook_configs: [{ url: peopleUrl }] }];
  return { ...config, receivers };
}

function configText(vantage: string, port: number, dir: string, mirrors: readonly FakeMirror[], hook: string): string {
  const names = ['near', 'middle', 'far'];
  const entries = mirrors.map(
    ({ url }, n) => `  - { name: ${names[n]}, ecosystem: go, url: "${url}", weight: ${100 - n} }`,
  );
  const secret = `whsec_${Buffer.from('a secret of the bench alone, 32B').toString('base64')}`;
  return `vantage: "${vantage}"
listen: 127.0.0.1:${port}
schedule: { every: ${everySeconds}s, timeout: 10s }
mirrors:
${entries.join('\n')}
clients: { go: "${mirrors.map(({ url }) => url).join(',')},direct" }
modules: { go: [ example.com/hello@v1.0.0, example.com/tags@latest ] }
go: { sumdb: off }
webhooks:
  - { name: bench, url: "${hook}", secrets: [ "${secret}" ], on: [ advice ], allow: [ 127.0.0.0/8 ] }
state: { path: ${join(dir, 'state.db')} }
`;
}

/** Waits until every mirror has been measured well enough to be chosen. */
async function untilWarm(url: string): Promise<void> {
  const untilMs = performance.now() + warmSecondsMax * 1_000;
  while (performance.now() < untilMs) {
    const page = (await (await fetch(`${url}/api/v1/mirrors`)).json()) as { mirrors: { gate: string | null }[] };
    if (page.mirrors.every(({ gate }) => gate === 'ok' || gate === 'current')) return;
    await sleep(500);
  }
  throw new Error(`the mirrors were not measured within ${warmSecondsMax} s`);
}

function cell(seconds: number | null): string {
  return seconds === null ? 'none' : `${seconds.toFixed(1)} s`;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((kind) => !(kind in kinds));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; kinds: ${Object.keys(kinds).join(', ')}`);
  process.exit(2);
}
const machine = machineNow();
const progress = startProgress();
const all = Object.entries(kinds).filter(([kind]) => wanted.length === 0 || wanted.includes(kind));
const rows: Reached[] = [];
const broken: string[] = [];
for (let from = 0; from < all.length; from += atOnce) {
  const batch = all.slice(from, from + atOnce);
  progress.say(`warming up, then: ${batch.map(([kind]) => kind).join(', ')}`);
  for (const end of await Promise.allSettled(batch.map(([kind, fault]) => react(kind, fault)))) {
    if (end.status === 'fulfilled') rows.push(end.value);
    else broken.push(String(end.reason));
  }
}
progress.end();
console.log(machineLines(machine).join('\n'));
console.log(
  `Seconds since the fault; canaries every ${everySeconds} s, Prometheus every ${scrapeMs / 1_000} s; none: not within ${ownSecondsMax} s (ours), ${alertSecondsMax} s (Alertmanager)`,
);
const head = ['', 'first failed probe told', 'finding', 'advice', 'webhook', 'Alertmanager', 'its alert'];
const lines = rows.map((row) => [
  row.kind,
  ...[row.failedProbe, row.finding, row.advice, row.webhook, row.alertmanager].map(cell),
  row.alert,
]);
console.log([...tableOf([head, ...lines]), ...broken.map((why) => `failed: ${why}`)].join('\n'));
process.exit(broken.length === 0 ? 0 : 1);
