import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { testCerts } from '../test/support/certs.ts';
import { startNginx } from '../test/support/nginx.ts';
import { removeTempDir, tempDir } from '../test/support/paths.ts';
import { freePort } from '../test/support/ports.ts';
import { startProcess } from '../test/support/process.ts';
import { startWebhookReceiver, verifyPost } from '../test/support/webhook-receiver.ts';
import { watchOthers } from './disturbance.ts';
import { eventsOf } from './event-stream.ts';
import { moduleTree, NoFigures } from './no-figures.ts';
import type { Progress } from './progress.ts';
import { type Summary, summaryOf } from './statistics.ts';

/** One mirror killed under one daemon. Advice and webhook: seconds since the first failed probe ended. */
export interface Reaction {
  /** From the kill to the end of the first failed probe. */
  readonly noticedSeconds: number;
  readonly adviceSeconds: number;
  readonly webhookSeconds: number;
  /** The mirror that was advised. */
  readonly to: string;
}

/** How long from a dead mirror to advice in someone's hands. */
export interface ReactionReport {
  readonly runs: readonly Reaction[];
  readonly failed: readonly string[];
  readonly advice: Summary;
  readonly webhook: Summary;
  readonly othersCores: number;
}

const secret = `whsec_${Buffer.from('a secret of the bench alone, 32B').toString('base64')}`;
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
/** Daemons at a time: they hardly work, and a second one's kill falls elsewhere in its interval. */
const atOnce = 4;
const warmSecondsMax = 30;
const adviceSecondsMax = 20;

/** Kills the preferred of three mirrors under a real daemon, several times over, each time with a fresh one. */
export async function reaction(quick: boolean, progress: Progress): Promise<ReactionReport> {
  const batches = quick ? 1 : 3;
  const runs: Reaction[] = [];
  const failed: string[] = [];
  const watch = watchOthers();
  for (let batch = 0; batch < batches; batch += 1) {
    progress.say(`reaction: batch ${batch + 1} of ${batches}, ${atOnce} daemons warm up and lose a mirror`);
    const ends = await Promise.allSettled(Array.from({ length: atOnce }, (_, n) => kill(n / atOnce)));
    for (const end of ends) {
      if (end.status === 'fulfilled') runs.push(end.value);
      else failed.push(end.reason instanceof Error ? end.reason.message : String(end.reason));
    }
  }
  if (runs.length === 0) throw new NoFigures(`reaction: no run came to an advice: ${failed[0]}`);
  return {
    runs,
    failed,
    advice: summaryOf(runs.map(({ adviceSeconds }) => adviceSeconds)),
    webhook: summaryOf(runs.map(({ webhookSeconds }) => webhookSeconds)),
    othersCores: watch().othersCores,
  };
}

/** @param afterSeconds  waited once warm, so that kills fall all over the interval */
async function kill(afterSeconds: number): Promise<Reaction> {
  const closers: (() => Promise<void> | void)[] = [];
  try {
    const dir = tempDir('bench');
    closers.push(() => removeTempDir(dir));
    const receiver = await startWebhookReceiver();
    closers.push(receiver.close);
    const mirrors = [];
    for (const name of ['near', 'middle', 'far']) {
      const nginx = await startNginx({ root: moduleTree() });
      closers.push(nginx.close);
      mirrors.push({ name, nginx });
    }
    const port = await freePort();
    const configFile = join(dir, 'mirrorwatch.yaml');
    writeFileSync(
      configFile,
      configText(
        port,
        dir,
        mirrors.map(({ name, nginx }) => ({ name, url: nginx.httpsUrl })),
        receiver.url,
      ),
    );
    const url = `http://127.0.0.1:${port}`;
    const daemon = await startProcess({
      name: 'mirrorwatch',
      command: process.execPath,
      args: [main, 'run', '--config', configFile, '--log-level', 'error'],
      ready: async () => (await fetch(`${url}/-/ready`)).ok,
    });
    closers.push(daemon.close);
    const events = eventsOf(get(`${url}/api/v1/events?types=sample,advice`));
    closers.push(events.close);
    await untilWarm(url);
    await sleep(afterSeconds * 1_000);
    const killedAtMs = Date.now();
    await mirrors[0]?.nginx.kill();
    const advice = await events.find(
      (event) => event.type === 'advice' && event.data['change'] === 'proposed',
      adviceSecondsMax * 1_000,
    );
    const post = await adviceReceived(receiver.posts, adviceSecondsMax * 1_000);
    const probeIds = events.all.flatMap(({ type, data }) =>
      type === 'sample' && data['registry'] === 'near' && !/^(ok|unknown)/.test(String(data['outcome']))
        ? [String(data['probeId'])]
        : [],
    );
    const failures = await Promise.all(probeIds.map((id) => endOf(url, id)));
    if (failures.length === 0) throw new Error('advice without a failed probe');
    const firstMs = Math.min(...failures);
    const { issuedAt, to } = advice.data['advice'] as { issuedAt: string; to: string };
    return {
      noticedSeconds: (firstMs - killedAtMs) / 1_000,
      adviceSeconds: (Date.parse(issuedAt) - firstMs) / 1_000,
      webhookSeconds: (performance.timeOrigin + post.atMs - firstMs) / 1_000,
      to,
    };
  } finally {
    for (const closer of closers.reverse()) await closer();
  }
}

function configText(
  port: number,
  dir: string,
  mirrors: readonly { readonly name: string; readonly url: string }[],
  receiver: string,
): string {
  const { certFile } = testCerts().ca;
  const entries = mirrors.map(
    ({ name, url }, n) =>
      `  - { name: ${name}, ecosystem: go, url: "${url}", weight: ${100 - n}, tls: { ca: ${certFile} } }`,
  );
  return `vantage: bench
listen: 127.0.0.1:${port}
schedule: { every: 1s, timeout: 5s, perHost: 2 }
mirrors:
${entries.join('\n')}
clients: { go: "${mirrors.map(({ url }) => url).join(',')},direct" }
modules: { go: [ github.com/pkg/errors@v0.9.1, rsc.io/quote@v1.5.2 ] }
go: { sumdb: off }
webhooks:
  - { name: bench, url: "${receiver}", secrets: [ "${secret}" ], on: [ advice ], allow: [ 127.0.0.0/8 ] }
state: { path: ${join(dir, 'state.db')} }
`;
}

/** Waits until every mirror has been measured well enough to be chosen. */
async function untilWarm(url: string): Promise<void> {
  const untilMs = performance.now() + warmSecondsMax * 1_000;
  let gates = 'none';
  while (performance.now() < untilMs) {
    const page = (await (await fetch(`${url}/api/v1/mirrors`)).json()) as { mirrors: { gate: string | null }[] };
    gates = page.mirrors.map(({ gate }) => gate ?? 'none').join(' ');
    if (page.mirrors.every(({ gate }) => gate === 'ok' || gate === 'current')) return;
    await sleep(200);
  }
  throw new Error(`the mirrors were not measured within ${warmSecondsMax} s: ${gates}`);
}

async function adviceReceived(
  posts: readonly { readonly atMs: number; readonly body: string; readonly headers: object }[],
  forMs: number,
): Promise<{ readonly atMs: number }> {
  const untilMs = performance.now() + forMs;
  while (performance.now() < untilMs) {
    const found = posts.find(({ body }) => body.includes('"state":"proposed"'));
    if (found !== undefined) {
      verifyPost(found as Parameters<typeof verifyPost>[0], secret);
      return found;
    }
    await sleep(5);
  }
  throw new Error('no webhook with the advice');
}

/** When a probe ended, wall milliseconds. */
async function endOf(url: string, probeId: string): Promise<number> {
  const probe = (await (await fetch(`${url}/api/v1/probes/${probeId}`)).json()) as {
    startedAt: string;
    rttSeconds: number | null;
  };
  return Date.parse(probe.startedAt) + (probe.rttSeconds ?? 0) * 1_000;
}
