import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { moduleTree } from '../support/goproxy-tree.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { commandPath } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { run } from '../support/process.ts';
import { type Prometheus, startPrometheus } from '../support/prometheus.ts';
import { real } from '../support/requires.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import type { ProbeJson } from './views.ts';

/** The query that the issue promises, word for word. */
const promised =
  'histogram_quantile(0.95, sum by (le, module, version, registry) (rate(mirror_probe_rtt_seconds_bucket{step="zip",connection="cold"}[1h])))';

const modules = ['rsc.io/quote@v1.5.2', 'github.com/BurntSushi/toml@v1.6.0', 'rsc.io/sampler@latest'];
const registries = ['a', 'b', 'origin'];

interface Exemplars {
  readonly status: string;
  readonly data: readonly {
    readonly seriesLabels: Readonly<Record<string, string>>;
    readonly exemplars: readonly {
      readonly labels: { readonly probe_id?: string };
      readonly value: string;
      readonly timestamp: number;
    }[];
  }[];
}

real('a real Prometheus', ['prometheus', 'promtool', 'nginx', 'tree'], () => {
  const mirrors: Nginx[] = [];
  let daemon: DaemonProcess;
  let prometheus: Prometheus;

  beforeAll(async () => {
    for (const _ of registries) mirrors.push(await startNginx({ root: moduleTree().dir }));
    const [a, b, origin] = mirrors.map(({ httpUrl }) => httpUrl);
    daemon = await startDaemon({
      yaml: `
vantage: scraped
schedule: { every: 1s, timeout: 30s, perHost: 4 }
steps: { list: 2s, info: 2s, mod: 1s, latest: 2s, sumdb: 4s, zip: { every: 4s, timeout: 30s } }
mirrors:
  - { name: a, ecosystem: go, url: "${a}", weight: 100, connection: both }
  - { name: b, ecosystem: go, url: "${b}", weight: 50 }
  - { name: origin, ecosystem: go, url: "${origin}", role: origin }
modules: { go: [ ${modules.join(', ')} ] }
go: { sumdb: ${moduleTree().sumdbName} }
`,
    });
    prometheus = await startPrometheus({ targets: [`127.0.0.1:${daemon.port}`], intervalMs: 1000 });
  });
  afterAll(async () => {
    await prometheus?.close();
    await daemon?.close();
    for (const mirror of mirrors) await mirror.close();
  });

  test('answers the promised query for every (module, version, registry)', async () => {
    const wanted = registries.flatMap((registry) => modules.map((id) => `${id} ${registry}`)).sort();
    const samples = await prometheus.waitForQuery(
      promised,
      (list) => list.length === wanted.length && list.every(({ value }) => value > 0),
    );
    expect(
      samples.map(({ metric }) => `${metric['module']}@${metric['version']} ${metric['registry']}`).sort(),
    ).toEqual(wanted);
    for (const { metric } of samples) expect(Object.keys(metric).sort()).toEqual(['module', 'registry', 'version']);
    const targets = await prometheus.targets();
    expect(targets.map(({ health, error }) => [health, error])).toEqual([['up', '']]);
  });

  test('has no series with both connections in one, and no gauge that was never measured', async () => {
    const both = await prometheus.query('count by (registry, connection) (mirror_probe_rtt_seconds_count{step="mod"})');
    const sets = both.map(({ metric }) => `${metric['registry']} ${metric['connection']}`).sort();
    expect(sets).toEqual(['a cold', 'a warm', 'b cold', 'origin cold']);
    expect(await prometheus.query('mirror_tls_certificate_expiry_timestamp_seconds')).toEqual([]);
    expect((await prometheus.query('mirror_up')).map(({ value }) => value)).toEqual([1, 1, 1]);
  });

  test('keeps exemplars that lead to the probe on the wire', async () => {
    const asked = async (): Promise<Exemplars> => {
      const nowSeconds = Date.now() / 1000;
      const query = new URLSearchParams({
        query: 'mirror_probe_rtt_seconds_bucket{step="mod"}',
        start: String(nowSeconds - 3_600),
        end: String(nowSeconds + 5),
      });
      return (await (await fetch(`${prometheus.url}/api/v1/query_exemplars?${query}`)).json()) as Exemplars;
    };
    const answer = await until('exemplars of each mirror', asked, ({ status, data }) => {
      const seen = new Set((data ?? []).map(({ seriesLabels }) => seriesLabels['registry']));
      return status === 'success' && registries.every((registry) => seen.has(registry));
    });
    const all = answer.data.flatMap(({ seriesLabels, exemplars }) =>
      exemplars.map(({ labels, value, timestamp }) => ({
        seriesLabels,
        id: labels.probe_id ?? '',
        value: Number(value),
        timestamp,
      })),
    );
    const newest = registries.map((registry) =>
      all
        .filter(({ seriesLabels }) => seriesLabels['registry'] === registry)
        .reduce((a, b) => (a.timestamp > b.timestamp ? a : b)),
    );
    for (const { seriesLabels, id, value } of newest) {
      const probe = await daemon.api<ProbeJson>(`probes/${id}`);
      expect(probe.target).toMatchObject({
        registry: seriesLabels['registry'],
        // Only the canary has its module; the others of the step are one series.
        ...(seriesLabels['module'] === undefined ? {} : { module: seriesLabels['module'] }),
        step: 'mod',
      });
      expect(probe.rttSeconds).toBeCloseTo(value, 5);
      expect(probe.hops?.at(-1)?.status).toBe(200);
    }
  });

  test('its promtool finds nothing to say about the names', async () => {
    const { text, headers } = await daemon.get('/metrics');
    expect(headers['content-type']).toContain('version=0.0.4');
    const file = join(daemon.dir, 'metrics.txt');
    writeFileSync(file, text);
    const lint = await run('sh', ['-c', `${commandPath('promtool')} check metrics < "$1"`, 'sh', file]);
    expect(lint).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('sees counters begin at 0: an increase over the first hour is the number of attempts', async () => {
    await prometheus.waitForQuery(
      'sum(max_over_time(mirror_probe_attempts_total{step="mod",registry="b"}[1h]))',
      ([increase]) => (increase?.value ?? 0) > 10,
    );
    const [first] = await prometheus.query('min(min_over_time(mirror_probe_target_failures_total[1h]))');
    expect(first?.value).toBe(0);
  });
});
