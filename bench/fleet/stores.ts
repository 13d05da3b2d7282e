import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { defaultRuleParameters } from '../../src/features/rules/parameters.ts';
import { renderRules } from '../../src/features/rules/rules.ts';
import { removeTempDir, tempDir } from '../../test/support/paths.ts';
import { listenAnywhere } from '../../test/support/ports.ts';
import { startPrometheus } from '../../test/support/prometheus.ts';
import { startVictoriaMetrics } from '../../test/support/victoria-metrics.ts';
import type { Progress } from '../progress.ts';
import { mirrorAt, mirrorsOfPlace, seriesOfPlace, textOf } from './series.ts';

/** A store that is filled. */
export interface Filled {
  readonly url: string;
  readonly close: () => Promise<void>;
}

const placeName = (at: number): string => `place-${at}`;

function closing(servers: readonly Server[]): void {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
}

/** A real Prometheus with our rules, which scrapes so many exporters. */
export async function fillPrometheus(places: number, series: number, progress: Progress): Promise<Filled> {
  const dir = tempDir('bench-fleet');
  const servers: Server[] = [];
  const scraped: { targets: string[]; labels: { vantage: string } }[] = [];
  for (let at = 0; at < places; at += 1) {
    const all = seriesOfPlace(series, Date.now() / 1_000);
    let sample = 0;
    const server = createServer((_, response) => {
      sample += 1;
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(textOf(all, sample));
    });
    scraped.push({ targets: [`127.0.0.1:${await listenAnywhere(server)}`], labels: { vantage: placeName(at) } });
    servers.push(server);
  }
  const rules = join(dir, 'rules.yml');
  writeFileSync(rules, renderRules({ ...defaultRuleParameters, vantages: places, timeScale: 1 / 6 }));
  const prometheus = await startPrometheus({ targets: [], more: scraped, ruleFiles: [rules], intervalMs: 10_000 });
  const wanted = places * mirrorsOfPlace;
  progress.say('fleet: a Prometheus scrapes, and records its rules');
  await prometheus.waitForQuery(
    'count(registry_step:mirror_probe_rtt_seconds:p95_1h{step="mod"} > 0)',
    ([sample]) => (sample?.value ?? 0) >= wanted,
    240_000,
  );
  return {
    url: prometheus.url,
    async close() {
      await prometheus.close();
      closing(servers);
      removeTempDir(dir);
    },
  };
}

const historyMinutes = 60;

/** What a sample and a series take on the disk of a VictoriaMetrics. */
export interface StoredBytes {
  readonly samples: number;
  readonly bytesPerSample: number;
  readonly indexBytesPerSeries: number;
}

/** A real VictoriaMetrics without our rules, with an hour of a sample a minute. */
export async function fillVictoria(
  places: number,
  series: number,
  progress: Progress,
): Promise<Filled & { readonly stored: StoredBytes }> {
  const victoria = await startVictoriaMetrics([]);
  const nowMs = Date.now();
  const timestamps = Array.from({ length: historyMinutes }, (_, at) => nowMs - (historyMinutes - 1 - at) * 60_000);
  const post = async (path: string, body = ''): Promise<string> => {
    const answer = await fetch(`${victoria.url}${path}`, { method: 'POST', body });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.text();
  };
  for (let at = 0; at < places; at += 1) {
    progress.say(`fleet: place ${at + 1} of ${places} into a VictoriaMetrics`);
    const scrape = { job: 'mirrorwatch', instance: `10.0.0.${at}:10120`, vantage: placeName(at) };
    const lines = seriesOfPlace(series, nowMs / 1_000).map(({ name, labels, value }) =>
      JSON.stringify({
        metric: { __name__: name, ...scrape, ...labels },
        values: timestamps.map((_, sample) => value(sample + 1)),
        timestamps,
      }),
    );
    await post('/api/v1/import', lines.join('\n'));
  }
  await post('/internal/force_flush');
  await post('/internal/force_merge');
  const text = await (await fetch(`${victoria.url}/metrics`)).text();
  const sumOf = (name: string, type: RegExp): number =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) && type.test(line))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  const samples = places * series * historyMinutes;
  return {
    url: victoria.url,
    close: victoria.close,
    stored: {
      samples,
      bytesPerSample: sumOf('vm_data_size_bytes', /storage\//) / sumOf('vm_rows', /storage\//),
      indexBytesPerSeries: sumOf('vm_data_size_bytes', /indexdb/) / (places * series),
    },
  };
}

/** A server that responds as a store with our rules loaded would, without one behind it. */
export async function openGenerator(places: number): Promise<Filled> {
  type Row = readonly [labels: Readonly<Record<string, string>>, value: number];
  const all = Array.from({ length: places }, (_, at) => ({
    scrape: { job: 'mirrorwatch', instance: `10.0.${at >> 8}.${at & 255}:10120`, vantage: placeName(at) },
    series: seriesOfPlace(mirrorsOfPlace * 7 + 6, Date.now() / 1_000),
  }));
  const rowsOf = (pick: (name: string, value: number) => boolean, isNamed: boolean): readonly Row[] =>
    all.flatMap(({ scrape, series }) =>
      series.flatMap(({ name, labels, value }): Row[] =>
        pick(name, value(1)) ? [[{ ...(isNamed ? { __name__: name } : {}), ...scrape, ...labels }, value(1)]] : [],
      ),
    );
  const perMirror = (value: number): readonly Row[] =>
    all.flatMap(({ scrape: { vantage } }) =>
      Array.from({ length: mirrorsOfPlace }, (_, at): Row => [{ vantage, ...mirrorAt(at), step: 'mod' }, value]),
    );
  const vectorOf = (rows: readonly Row[]): string => {
    const now = Date.now() / 1_000;
    const result = rows.map(([metric, value]) => ({ metric, value: [now, String(value)] }));
    return JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });
  };
  const nowSeconds = Date.now() / 1_000;
  const sources = rowsOf((name) => name === 'mirrorwatch_build_info', false).map(
    ([labels]): Row => [labels, nowSeconds],
  );
  const rows: readonly (readonly [start: string, rows: readonly Row[]])[] = [
    ['timestamp(', sources],
    ['mirror_state == 1', rowsOf((name, value) => name === 'mirror_state' && value === 1, true)],
    [
      '{__name__=~',
      rowsOf((name) => !['mirrorwatch_build_info', 'mirror_state', 'mirror_sync_lag_seconds'].includes(name), true),
    ],
    ['place:', sources],
    ['registry:', perMirror(61)],
    ['registry_step:', perMirror(0.21)],
  ];
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '/', 'http://store').searchParams.get('query') ?? '';
    const found = rows.find(([start]) => query.startsWith(start))?.[1] ?? [];
    response.writeHead(200, { 'content-type': 'application/json' }).end(vectorOf(found));
  });
  const port = await listenAnywhere(server);
  return { url: `http://127.0.0.1:${port}`, close: async () => closing([server]) };
}
