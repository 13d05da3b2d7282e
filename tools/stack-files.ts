import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { demo } from '../src/ecosystems/go/demo.ts';

/** The folder of the checkout. */
export const root: string = fileURLToPath(new URL('..', import.meta.url));

/** Where the parts of the stack listen, each `127.0.0.1:port`. */
export interface Addresses {
  readonly daemon: string;
  readonly prometheus: string;
  readonly alertmanager: string;
}

/** Label `vantage` of the scrape and `vantage` of the daemon: they must agree. */
const vantage = 'stack';
const interval = '5s';

/** The daemon's configuration: two mirrors, the first preferred. JSON, which is YAML. */
export function daemonFile(
  at: Addresses,
  mirrorUrls: readonly [string, string],
  folder: string,
  token: string,
): string {
  const [near, far] = mirrorUrls;
  return JSON.stringify({
    vantage,
    listen: at.daemon,
    schedule: { every: '1s', timeout: '5s', perHost: 2 },
    steps: { list: '2s', info: '1s', latest: '5s', sumdb: '30s', zip: '30s' },
    mirrors: [
      { name: 'near', ecosystem: 'go', url: near, weight: 100, region: 'here' },
      { name: 'far', ecosystem: 'go', url: far, weight: 50, region: 'there' },
    ],
    clients: { go: `${near},${far},direct` },
    modules: { go: [demo.module] },
    go: { sumdb: 'off' },
    detect: { spike: { warmup: 8 } },
    advise: { hold: '1m' },
    alertmanager: { token },
    state: { path: join(folder, 'mirrorwatch.db') },
  });
}

/** deploy/alertmanager.yml as it stands, with this run's addresses, and people who are told at `peopleUrl`. */
export function alertmanagerFile(at: Addresses, peopleUrl: string, token: string): string {
  const text = readFileSync(join(root, 'deploy/alertmanager.yml'), 'utf8');
  const file = parse(text) as { receivers: readonly { name: string; webhook_configs?: readonly object[] }[] };
  const receivers = file.receivers.map(({ name, webhook_configs: [hook] = [] }) => ({
    name,
    webhook_configs: [
      name === 'people'
        ? { url: peopleUrl }
        : {
            ...hook,
            url: `http://${at.daemon}/api/v1/alertmanager`,
            http_config: { authorization: { credentials: token } },
          },
    ],
  }));
  return JSON.stringify({ ...file, receivers });
}

/** Prometheus with all of alerts/, scraping every part of the stack. */
export function prometheusFile(at: Addresses): string {
  const rules = readdirSync(join(root, 'alerts')).filter((name) => name.endsWith('.yml'));
  return JSON.stringify({
    global: { scrape_interval: interval, evaluation_interval: interval },
    rule_files: rules.map((name) => join(root, 'alerts', name)),
    alerting: { alertmanagers: [{ static_configs: [{ targets: [at.alertmanager] }] }] },
    scrape_configs: [
      { job_name: 'mirrorwatch', static_configs: [{ targets: [at.daemon], labels: { vantage } }] },
      { job_name: 'prometheus', static_configs: [{ targets: [at.prometheus] }] },
      { job_name: 'alertmanager', static_configs: [{ targets: [at.alertmanager] }] },
    ],
  });
}
