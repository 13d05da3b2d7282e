import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectRows } from '../support/expect-rows.ts';
import { type FakeMirror, startFakeMirror } from '../support/fake-mirror.ts';
import { until } from '../support/patience.ts';
import { type Prometheus, startPrometheus } from '../support/prometheus.ts';
import { real } from '../support/requires.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { annotationQueries, chosen, interpolated, panelQueries, variableQueries } from './boards-grafana.ts';
import { type Asker, asker } from './boards-prometheus.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';

// Every query of every board, asked of a real Prometheus that scrapes the real daemon, for a bounded time: that the
// daemon as it is exports what the boards need, without a `vantage` label on the
// scrape target, and that a point leads to the probe behind it.

/** What has no series here, and why that is right. */
const absent: Readonly<Record<string, string>> = {
  'self/22/B': 'every alert was accepted',
  'places/2/A': 'every mirror is up',
  'places/4/C': 'the place is not divided into shards',
};

/** The same by what is asked for. */
const absentMetrics: readonly (readonly [RegExp, string])[] = [
  [/mirror_client_/, 'no real client is run'],
  [/mirror_(lag_|sync_lag_|missing_versions|withdrawn_versions)/, 'two mirrors without an origin are behind nobody'],
  [/mirror_(propagation|withdrawal)_/, 'nothing is released or withdrawn'],
  [/mirror_withheld_items/, 'nothing is withheld'],
  [/mirror_quota_/, 'no mirror states a quota'],
  [/mirror_not_found_/, 'nothing is asked for that is not there'],
  [/mirror_throughput_/, 'a zip of a few KB tells no rate'],
  [/mirrorwatch_door_/, 'no front door is open'],
];

const whyAbsent = (key: string, expr: string): string | null =>
  absent[key] ?? absentMetrics.find(([metric]) => metric.test(expr))?.[1] ?? null;

real('the boards over a live daemon', ['prometheus'], () => {
  let near: FakeMirror;
  let far: FakeMirror;
  let receiver: WebhookReceiver;
  let daemon: DaemonProcess;
  let prometheus: Prometheus;
  let ask: Asker;
  const values = chosen(60, '8s', { window: '20s' });

  beforeAll(async () => {
    near = await startFakeMirror();
    far = await startFakeMirror();
    receiver = await startWebhookReceiver();
    daemon = await startDaemon({
      yaml: `
vantage: live
labels: { group: here, network: loopback }
schedule: { every: 500ms, timeout: 30s, perHost: 4 }
steps: { list: 1s, info: 1s, latest: 1s, zip: { every: 1s, timeout: 30s } }
mirrors:
  - { name: near, ecosystem: go, url: "${near.url}", weight: 100, connection: both }
  - { name: far, ecosystem: go, url: "${far.url}", weight: 50 }
controls: [ "tcp://127.0.0.1:${receiver.port}" ]
modules: { go: [ example.com/hello@v1.0.0 ] }
go: { sumdb: off }
detect: { spike: { warmup: 5 } }
webhooks:
  - { name: ops, url: "${receiver.url}", secrets: [ "whsec_${Buffer.from('a secret of this test alone, 32B').toString('base64')}" ], allow: [ 127.0.0.0/8 ] }
`,
    });
    prometheus = await startPrometheus({ targets: [`127.0.0.1:${daemon.port}`], intervalMs: 1_000 });
    ask = asker(prometheus.url);
    await prometheus.waitForQuery('count_over_time(mirror_advice_rank[1m]) > 4', (found) => found.length === 2);
    await prometheus.waitForQuery('min(mirror_probe_rtt_baseline_seconds)', (found) => found.length === 1);
    await prometheus.waitForQuery('sum(rate(mirror_transfer_bytes_total{step="zip"}[10s])) > 0');
    await prometheus.waitForQuery('mirror_control_up');
  });

  afterAll(async () => {
    for (const one of [prometheus, daemon, near, far, receiver]) await one?.close();
  });

  test('each panel has its series, with the labels that legends name', () =>
    expectRows(
      panelQueries,
      ({ key, of }) => `${key} ${of}`,
      async ({ key, expr, needs, isInstant }) => {
        const query = interpolated(expr, values);
        const now = async () => {
          const nowMs = Date.now();
          return isInstant ? await ask.instant(query, nowMs) : await ask.range(query, nowMs - 15_000, nowMs, 1);
        };
        const why = whyAbsent(key, expr);
        const series = why !== null ? await now() : await until('series', now, ({ length }) => length > 0);
        // A column of a table has NaN for each mirror without a value.
        const known = series.filter(({ points }) => points.some(([, value]) => !Number.isNaN(value)));
        if (why !== null) expect(known, why).toEqual([]);
        // Who compares places has given the scrape target its `vantage`; the one place here has none.
        const named = key.startsWith('places/') ? needs.filter((label) => label !== 'vantage') : needs;
        for (const { metric } of series) for (const label of named) expect(metric[label] ?? '', label).not.toBe('');
      },
    ));

  test('no data at all does not look fine: only the count of daemons has a number, which is none', () =>
    expectRows(
      panelQueries,
      ({ key, of }) => `${key} ${of}`,
      async ({ expr }) => {
        const series = await ask.instant(interpolated(expr, values), Date.now() - 86_400_000);
        expect(series.map(({ points }) => points[0]?.[1])).toEqual(expr.includes('vector(0)') ? [0] : []);
      },
    ));

  test('marks are of what is wrong alone', () =>
    expectRows(
      annotationQueries,
      ({ key }) => key,
      async ({ of, expr }) => {
        const nowMs = Date.now();
        // The mirrors are well; a busy machine may have a finding about itself.
        const spans = await ask.range(interpolated(expr, values), nowMs - 15_000, nowMs, 1);
        expect(of === 'Findings about us' ? ['self', 'vantage'] : []).toEqual(
          expect.arrayContaining(spans.map(({ metric }) => metric['kind'])),
        );
      },
    ));

  test('variables list what there is', () => {
    const wanted: Record<string, readonly string[]> = {
      vantage: [],
      ecosystem: ['go'],
      registry: ['far', 'near'],
      module: ['example.com/hello'],
      version: ['v1.0.0'],
      connection: ['cold', 'warm'],
      daemon_url: [`http://127.0.0.1:${daemon.port}`],
    };
    return expectRows(
      variableQueries,
      ({ key }) => key,
      async ({ variable, isResult, selector, label }) => {
        const text = interpolated(selector, values);
        const now = async () =>
          isResult
            ? (await ask.instant(text, Date.now())).map(({ metric }) => metric[label])
            : await ask.labelValues(text, label, Date.now() - 60_000, Date.now());
        await until('its values', now, (found) => JSON.stringify(found) === JSON.stringify(wanted[variable]));
      },
    );
  });

  test('exemplars lead to the probe behind a point', () =>
    expectRows(
      panelQueries.filter(({ hasExemplars }) => hasExemplars),
      ({ key, of }) => `${key} ${of}`,
      async ({ expr }) => {
        const query = interpolated(expr, values);
        // A busy machine may scrape so late that a newer probe has taken the place of the one that Prometheus has last.
        await until(
          'an exemplar whose probe is kept',
          async () => {
            const ids = await ask.exemplars(query, Date.now() - 30_000, Date.now());
            const pages = ids.map((id) => daemon.get(`/probes/${encodeURIComponent(id)}`));
            return (await Promise.all(pages)).map(({ status }) => status);
          },
          (statuses) => statuses.includes(200),
        );
      },
    ));

  test('the other links to the daemon lead somewhere', async () => {
    expect((await daemon.get('/mirrors/near')).status).toBe(200);
    expect((await daemon.get('/')).status).toBe(200);
  });
});
