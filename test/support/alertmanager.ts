import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandPath, tempDir } from './paths.ts';
import { freePort } from './ports.ts';
import { startProcess } from './process.ts';

/** How to start Alertmanager. */
export interface AlertmanagerOptions {
  /** Where its webhook receiver posts; default: nowhere. */
  readonly webhookUrl?: string;
  /** Sent as bearer token with each post. */
  readonly bearerToken?: string;
  /** Before the first post of a group, in ms. Default 100. */
  readonly groupWaitMs?: number;
  /** The whole configuration, in place of what the other options make. */
  readonly config?: object;
}

/** One alert it holds. */
export interface HeldAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly status: { readonly state: string };
}

/** A running Alertmanager with nothing in it. */
export interface Alertmanager {
  readonly url: string;
  readonly port: number;
  /** `127.0.0.1:port`, as `PrometheusOptions.alertmanager` takes it. */
  readonly address: string;
  readonly alerts: () => Promise<readonly HeldAlert[]>;
  readonly log: () => string;
  readonly close: () => Promise<void>;
}

/**
 * Starts the real Alertmanager, alone, without a cluster.
 * @throws Error with its log when it does not start
 */
export async function startAlertmanager(options: AlertmanagerOptions = {}): Promise<Alertmanager> {
  const dir = tempDir('alertmanager');
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const auth =
    options.bearerToken === undefined ? {} : { http_config: { authorization: { credentials: options.bearerToken } } };
  const hooks = options.webhookUrl === undefined ? [] : [{ url: options.webhookUrl, send_resolved: true, ...auth }];
  const configFile = join(dir, 'alertmanager.yml');
  // JSON is YAML.
  const route = {
    receiver: 'hook',
    group_by: ['...'],
    group_wait: `${options.groupWaitMs ?? 100}ms`,
    group_interval: '1s',
  };
  const made = { route, receivers: [{ name: 'hook', webhook_configs: hooks }] };
  writeFileSync(configFile, JSON.stringify(options.config ?? made));
  const server = await startProcess({
    name: 'alertmanager',
    command: commandPath('prometheus-alertmanager'),
    args: [
      `--config.file=${configFile}`,
      `--storage.path=${join(dir, 'data')}`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address=',
    ],
    cwd: dir,
    ready: async () => (await fetch(`http://${address}/-/ready`)).ok,
  });
  return {
    url: `http://${address}`,
    port,
    address,
    alerts: async () => (await fetch(`http://${address}/api/v2/alerts`)).json() as Promise<readonly HeldAlert[]>,
    log: server.log,
    close: () => server.close(),
  };
}
