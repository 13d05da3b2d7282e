import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandPath, tempDir } from './paths.ts';
import { patienceMs } from './patience.ts';
import { freePort } from './ports.ts';
import { startProcess } from './process.ts';

/** How to start Prometheus. */
export interface PrometheusOptions {
  /** What it scrapes, each `127.0.0.1:port`; the path is /metrics. */
  readonly targets: readonly string[];
  /** Labels of these targets. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Further targets with labels of their own. */
  readonly more?: readonly { readonly targets: readonly string[]; readonly labels: Readonly<Record<string, string>> }[];
  /** Scrape and evaluation interval, in ms. Default 1000. */
  readonly intervalMs?: number;
  /** Paths of rule files. */
  readonly ruleFiles?: readonly string[];
  /** Where alerts go, as `127.0.0.1:port`. */
  readonly alertmanager?: string;
  /** `alert_relabel_configs`. */
  readonly alertRelabel?: readonly Readonly<Record<string, unknown>>[];
  /** Asks for the protobuf format and stores native histograms. */
  readonly native?: true;
  /** `3`: Prometheus 3, built by `.ci/provision cache prometheus`. Default: Debian's 2. */
  readonly major?: 2 | 3;
  /** Stores the classic histograms of a scrape as native ones with the same bounds; Prometheus 3 alone. */
  readonly convert?: true;
  /** Sent as bearer token with each scrape. */
  readonly bearerToken?: string;
  /** Default `http`; `https` trusts `caFile`. */
  readonly scheme?: 'http' | 'https';
  readonly caFile?: string;
  /** `metric_relabel_configs` of the scrape. */
  readonly relabel?: readonly Readonly<Record<string, unknown>>[];
}

/** One series of an instant query. */
export interface PromSample {
  readonly metric: Readonly<Record<string, string>>;
  /** NaN and infinities as such. */
  readonly value: number;
}

/** One alert as Prometheus sees it. */
export interface PromAlert {
  readonly state: 'pending' | 'firing';
  /** Since when its condition holds, RFC 3339. */
  readonly activeAt: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A running Prometheus with an empty database. */
export interface Prometheus {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Instant query, now. @throws Error with Prometheus's own words where the query is bad */
  readonly query: (promql: string) => Promise<readonly PromSample[]>;
  /** Repeats a query until it has a result that pleases. @throws Error at the deadline, default the patience of the tests, with the last result */
  readonly waitForQuery: (
    promql: string,
    pleases?: (samples: readonly PromSample[]) => boolean,
    deadlineMs?: number,
  ) => Promise<readonly PromSample[]>;
  readonly alerts: () => Promise<readonly PromAlert[]>;
  /** Health and last error of each scrape target. */
  readonly targets: () => Promise<readonly { readonly url: string; readonly health: string; readonly error: string }[]>;
  readonly log: () => string;
  readonly close: () => Promise<void>;
}

/** How a scrape gets native histograms. Prometheus 2 has a flag for it instead. */
const nativeKeys = ({ major, native, convert }: PrometheusOptions): Readonly<Record<string, boolean>> => ({
  ...(major === 3 && native === true ? { scrape_native_histograms: true } : {}),
  ...(convert === true ? { convert_classic_histograms_to_nhcb: true } : {}),
});

function configuration(options: PrometheusOptions, dir: string): string {
  const interval = `${options.intervalMs ?? 1000}ms`;
  // JSON is YAML.
  return JSON.stringify({
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: options.ruleFiles ?? [],
    ...(options.alertmanager === undefined
      ? {}
      : {
          alerting: {
            alert_relabel_configs: options.alertRelabel ?? [],
            alertmanagers: [{ static_configs: [{ targets: [options.alertmanager] }] }],
          },
        }),
    scrape_configs: [
      {
        job_name: 'mirrorwatch',
        ...nativeKeys(options),
        scheme: options.scheme ?? 'http',
        ...(options.caFile === undefined ? {} : { tls_config: { ca_file: options.caFile } }),
        ...(options.bearerToken === undefined ? {} : { authorization: { credentials_file: join(dir, 'token') } }),
        static_configs: [{ targets: options.targets, labels: options.labels ?? {} }, ...(options.more ?? [])],
        metric_relabel_configs: options.relabel ?? [],
      },
    ],
  });
}

async function ask<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(patienceMs) });
  const body = (await response.json()) as { status: string; error?: string; data: T };
  if (body.status !== 'success') throw new Error(`Prometheus: ${body.error ?? response.status}`);
  return body.data;
}

const numberOf = (text: string): number =>
  text === '+Inf' ? Number.POSITIVE_INFINITY : text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);

/**
 * Starts the real Prometheus.
 * @throws Error with its log when it does not start
 */
export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const dir = tempDir('prometheus');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const configFile = join(dir, 'prometheus.yml');
  writeFileSync(configFile, configuration(options, dir));
  writeFileSync(join(dir, 'token'), options.bearerToken ?? '');
  const server = await startProcess({
    name: 'prometheus',
    command: commandPath(options.major === 3 ? 'prometheus3' : 'prometheus'),
    args: [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      `--enable-feature=exemplar-storage${options.native === true && options.major !== 3 ? ',native-histograms' : ''}`,
    ],
    cwd: dir,
    ready: async () => (await fetch(`${url}/-/ready`)).ok,
  });
  type Vector = { result: readonly { metric: Record<string, string>; value: [number, string] }[] };
  const query = async (promql: string): Promise<readonly PromSample[]> => {
    const data = await ask<Vector>(`${url}/api/v1/query?query=${encodeURIComponent(promql)}`);
    return data.result.map(({ metric, value }) => ({ metric, value: numberOf(value[1]) }));
  };
  return {
    url,
    port,
    pid: server.pid,
    query,
    waitForQuery: async (promql, pleases = (samples) => samples.length > 0, deadlineMs = patienceMs) => {
      const endMs = performance.now() + deadlineMs;
      for (;;) {
        const samples = await query(promql);
        if (pleases(samples)) return samples;
        if (performance.now() > endMs) {
          throw new Error(`after ${deadlineMs} ms ${promql} is still ${JSON.stringify(samples)}`);
        }
        await sleep(100);
      }
    },
    alerts: async () => (await ask<{ alerts: readonly PromAlert[] }>(`${url}/api/v1/alerts`)).alerts,
    targets: async () => {
      type Targets = { activeTargets: readonly { scrapeUrl: string; health: string; lastError: string }[] };
      const data = await ask<Targets>(`${url}/api/v1/targets?state=active`);
      return data.activeTargets.map(({ scrapeUrl, health, lastError }) => ({
        url: scrapeUrl,
        health,
        error: lastError,
      }));
    },
    log: server.log,
    close: () => server.close(),
  };
}
