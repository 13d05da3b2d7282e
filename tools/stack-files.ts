import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { PlaceLabels } from '../src/core/config.ts';
import { go } from '../src/ecosystems/go/go.ts';

const goDemo = await go.demo();

/** The folder of the checkout. */
export const root: string = fileURLToPath(new URL('..', import.meta.url));

/** One daemon of the stack. */
export interface StackDaemon {
  /** The label `vantage` of the scrape job and the key `vantage` of the daemon, which must be equal. */
  readonly vantage: string;
  /** The daemon's address, as `127.0.0.1:port`. */
  readonly address: string;
  /** The URLs of mirrors by name, the preferred mirror first. */
  readonly mirrors: Readonly<Record<string, string>>;
  readonly labels?: PlaceLabels;
}

const interval = '5s';
const weights = [100, 50, 25];

/** The text of the daemon's configuration file. It is JSON, which is valid YAML. */
export function daemonFile(
  { vantage, address, mirrors, labels }: StackDaemon,
  statePath: string,
  token: string,
): string {
  return JSON.stringify({
    vantage,
    ...(labels === undefined ? {} : { labels }),
    listen: address,
    schedule: { every: '1s', timeout: '5s', perHost: 2 },
    steps: { list: '2s', info: '1s', latest: '5s', sumdb: '30s', zip: '30s' },
    mirrors: Object.entries(mirrors).map(([name, url], at) => ({
      name,
      ecosystem: 'go',
      url,
      weight: weights[at],
      region: at === 0 ? 'here' : 'there',
    })),
    clients: { go: `${Object.values(mirrors).join(',')},direct` },
    modules: { go: [goDemo.module] },
    go: { sumdb: 'off' },
    detect: { spike: { warmup: 8 } },
    advise: { hold: '1m' },
    alertmanager: { token },
    state: { path: statePath },
  });
}

/** The text of deploy/alertmanager.yml with the addresses of this run. Alerts for people are sent to `peopleUrl`. */
export function alertmanagerFile(daemon: StackDaemon, peopleUrl: string, token: string): string {
  const text = readFileSync(join(root, 'deploy/alertmanager.yml'), 'utf8');
  const file = parse(text) as { receivers: readonly { name: string; webhook_configs?: readonly object[] }[] };
  const receivers = file.receivers.map(({ name, webhook_configs: [hook] = [] }) => ({
    name,
    webhook_configs: [
      name === 'people'
        ? { url: peopleUrl }
        : {
            ...hook,
            url: `http://${daemon.address}/api/v1/alertmanager`,
            http_config: { authorization: { credentials: token } },
          },
    ],
  }));
  return JSON.stringify({ ...file, receivers });
}

/** The text of a scrape configuration for Prometheus or VictoriaMetrics. `more` adds further keys. */
export function scrapeFile(
  daemons: readonly StackDaemon[],
  more: Readonly<Record<string, unknown>> = {},
  jobs: readonly object[] = [],
): string {
  const targets = daemons.map(({ address, vantage }) => ({ targets: [address], labels: { vantage } }));
  return JSON.stringify({
    global: { scrape_interval: interval },
    ...more,
    scrape_configs: [{ job_name: 'mirrorwatch', static_configs: targets }, ...jobs],
  });
}

/** The text of Prometheus's configuration with rules. They are evaluated at the interval of the scrapes. */
export function prometheusFile(
  daemons: readonly StackDaemon[],
  ruleFiles: readonly string[],
  at: { readonly prometheus: string; readonly alertmanager: string | null },
): string {
  const own = (name: string, address: string) => ({ job_name: name, static_configs: [{ targets: [address] }] });
  const managers = at.alertmanager === null ? [] : [own('alertmanager', at.alertmanager)];
  const more = {
    global: { scrape_interval: interval, evaluation_interval: interval },
    rule_files: ruleFiles,
    alerting: { alertmanagers: managers.map(({ static_configs }) => ({ static_configs })) },
  };
  return scrapeFile(daemons, more, [own('prometheus', at.prometheus), ...managers]);
}

/** The paths of the files of rules in the checkout. */
export function ruleFilesIn(folder = join(root, 'alerts')): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yml'))
    .map((name) => join(folder, name));
}
