import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { text } from '../support/answer.ts';
import { repoDir } from '../support/paths.ts';
import { type RawServer, startRawServer } from '../support/raw-server.ts';
import { moduleAnswers, syntheticModules } from '../support/synthetic-modules.ts';

/** What Alertmanager shows the daemon. */
export const token = 'token-of-the-loop';

/** Signs what the webhook receiver gets. */
export const secret = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';

/** `dead`: 503 to everything. */
export type Slowness = 'none' | 'now and then' | 'always' | 'dead';

/** A Go mirror whose canary is slow as told. `slowAtMs`: the first slow answer since it was told so, performance.now(). */
export interface Mirror extends RawServer {
  slowness: Slowness;
  slowAtMs: number | null;
}

/** What the canary takes of a mirror that is well: what a busy machine adds stays below 2.5 times that, which the rule calls slow. */
const usualMs = 40;

/** A mirror with the synthetic modules, fast until it is told otherwise. */
export async function startMirror(): Promise<Mirror> {
  const answers = moduleAnswers(syntheticModules);
  let asked = 0;
  const server = await startRawServer({
    answer: async ({ path }) => {
      if (mirror.slowness === 'dead') return text(503, 'out of order\n');
      if (path.endsWith('.mod')) await sleep(waitMs());
      return answers.get(path) ?? text(404, 'not found\n');
    },
  });
  const mirror: Mirror = Object.assign(server, { slowness: 'none' as const, slowAtMs: null });
  function waitMs(): number {
    asked += 1;
    // Four of 24 by 300 ms: below the floor of a spike (800 ms), and a p95 of eight times the usual. Each of the four adds some
    // 2.4 to our own test of times and each of the others takes .6 from it (docs/detection.md, 5): it swings between 0 and 10,
    // past the half of its bound that will do with an alert (7), never past the whole (14).
    const isSlowTurn = mirror.slowness === 'now and then' && asked % 24 < 4;
    const ms = mirror.slowness === 'always' ? 1200 : isSlowTurn ? usualMs + 300 : usualMs;
    if (ms > usualMs) mirror.slowAtMs ??= performance.now();
    return ms;
  }
  return mirror;
}

/** What the daemon of the loop gets: it tells the receiver of the test and Alertmanager, which tells it of its alerts. */
export function loopConfiguration(
  parts: Readonly<Record<'a' | 'b' | 'hooks' | 'alertmanager', { readonly url: string }>>,
): string {
  const { a, b, hooks, alertmanager } = parts;
  return `
vantage: loop
schedule: { every: 500ms, timeout: 30s, perHost: 8 }
steps: { list: 5s, info: 2s, latest: 5s, zip: 60s }
mirrors:
  - { name: a, ecosystem: go, url: "${a.url}", weight: 100 }
  - { name: b, ecosystem: go, url: "${b.url}", weight: 90 }
clients: { go: "${a.url},${b.url}|direct" }
modules: { go: [ "example.com/hello@v1.0.0" ] }
go: { sumdb: off }
advise: { hold: 3s }
alertmanager: { token: ${token}, repeat: 10s }
webhooks:
  - { name: ops, url: "${hooks.url}", secrets: [ ${secret} ], on: [ advice ], allow: [ 127.0.0.0/8 ] }
  - { name: am, url: "${alertmanager.url}", format: alertmanager, allow: [ 127.0.0.0/8 ] }
`;
}

/** deploy/alertmanager.yml, with its waits shortened and its machine receiver led here. */
export function alertmanagerConfig(url: string): object {
  const config = parse(readFileSync(join(repoDir, 'deploy/alertmanager.yml'), 'utf8')) as {
    route: { routes: Record<string, unknown>[] };
    receivers: { name: string; webhook_configs?: Record<string, unknown>[] }[];
  };
  const waits = { group_wait: '3s', group_interval: '2s', repeat_interval: '10s' };
  const { routes } = config.route;
  const machine = routes.find(({ receiver }) => receiver === 'mirrorwatch');
  const hook = config.receivers.find(({ name }) => name === 'mirrorwatch')?.webhook_configs?.[0];
  if (machine === undefined || hook === undefined) throw new Error('deploy/alertmanager.yml has no machine receiver');
  Object.assign(machine, waits);
  Object.assign(hook, { url, http_config: { authorization: { credentials: token } } });
  // What the daemon pushed itself is led back to it, as a careless route would.
  routes.unshift({ receiver: 'mirrorwatch', matchers: ['mirrorwatch_origin=~".+"'], continue: true, ...waits });
  return config;
}
