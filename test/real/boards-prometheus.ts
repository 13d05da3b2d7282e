import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandPath, tempDir } from '../support/paths.ts';
import { patienceMs } from '../support/patience.ts';
import { freePort } from '../support/ports.ts';
import { mustRun, startProcess } from '../support/process.ts';

/** One series of an answer: its labels, and its points as seconds and value (one point for an instant). */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [number, number])[];
}

/** Asks a Prometheus as Grafana does. Each throws an Error with Prometheus's words where the query is bad. */
export interface Asker {
  readonly instant: (promql: string, atMs: number) => Promise<readonly Series[]>;
  readonly range: (promql: string, fromMs: number, toMs: number, stepSeconds: number) => Promise<readonly Series[]>;
  /** What a variable's `label_values(selector, label)` lists. */
  readonly labelValues: (selector: string, label: string, fromMs: number, toMs: number) => Promise<readonly string[]>;
  /** `probe_id` of the exemplars behind a query. */
  readonly exemplars: (promql: string, fromMs: number, toMs: number) => Promise<readonly string[]>;
}

async function ask<T>(url: string, path: string, parameters: Readonly<Record<string, string>>): Promise<T> {
  const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`, {
    signal: AbortSignal.timeout(patienceMs),
  });
  const body = (await response.json()) as { status: string; error?: string; data: T };
  if (body.status !== 'success') throw new Error(`Prometheus: ${body.error ?? response.status}\n${parameters.query}`);
  return body.data;
}

const seconds = (ms: number) => String(ms / 1000);
type Point = readonly [number, string];
type Matrix = {
  readonly result: readonly { metric: Record<string, string>; values?: readonly Point[]; value?: Point }[];
};

const seriesOf = ({ result }: Matrix): readonly Series[] =>
  result.map(({ metric, values, value }) => ({
    metric,
    points: (values ?? (value === undefined ? [] : [value])).map(([time, text]) => [time, numberOf(text)] as const),
  }));

function numberOf(text: string): number {
  return text.endsWith('Inf') ? Number(text.replace('Inf', 'Infinity')) : Number(text);
}

/** The questions to a running Prometheus. */
export function asker(url: string): Asker {
  return {
    instant: async (query, atMs) => seriesOf(await ask<Matrix>(url, 'query', { query, time: seconds(atMs) })),
    range: async (query, fromMs, toMs, step) =>
      seriesOf(
        await ask<Matrix>(url, 'query_range', {
          query,
          start: seconds(fromMs),
          end: seconds(toMs),
          step: String(step),
        }),
      ),
    labelValues: (selector, label, fromMs, toMs) =>
      ask(url, `label/${label}/values`, { 'match[]': selector, start: seconds(fromMs), end: seconds(toMs) }),
    exemplars: async (query, fromMs, toMs) => {
      type Found = readonly { readonly exemplars: readonly { readonly labels: { readonly probe_id: string } }[] }[];
      const found = await ask<Found>(url, 'query_exemplars', { query, start: seconds(fromMs), end: seconds(toMs) });
      return found.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.probe_id));
    },
  };
}

/** A Prometheus over a past that was written for it; it scrapes nothing. */
export interface Past extends Asker {
  readonly close: () => Promise<void>;
}

/**
 * Turns OpenMetrics with times into blocks and starts Prometheus over them.
 * @param program  `prometheus3`: the one that `.ci/provision` builds
 * @throws Error with what promtool or Prometheus said
 */
export async function startPast(
  openMetrics: string,
  program: 'prometheus' | 'prometheus3' = 'prometheus',
): Promise<Past> {
  const dir = tempDir('past');
  const data = join(dir, 'data');
  writeFileSync(join(dir, 'day.om'), openMetrics);
  await mustRun(commandPath('promtool'), [
    'tsdb',
    'create-blocks-from',
    '--max-block-duration=48h',
    'openmetrics',
    '--quiet',
    join(dir, 'day.om'),
    data,
  ]);
  writeFileSync(join(dir, 'prometheus.yml'), '{}\n');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await startProcess({
    name: 'prometheus',
    command: commandPath(program),
    args: [
      `--config.file=${join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=100y',
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    cwd: dir,
    ready: async () => (await fetch(`${url}/-/ready`)).ok,
  });
  return {
    ...asker(url),
    close: () => server.close(),
  };
}
