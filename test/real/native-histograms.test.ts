import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { observations, quantile } from '../../dashboards/promql.ts';
import type { Config } from '../../src/core/config.ts';
import { createExporter } from '../../src/export/exporter.ts';
import { recordingRules } from '../rules/alert-rules.ts';
import { type PrometheusOptions, startPrometheus } from '../support/prometheus.ts';
import { real } from '../support/requires.ts';
import { table } from '../support/table.ts';
import { config, mirror, sample, targetsOf, turn } from '../unit/export/fixture.ts';

/** The exact 95th percentile of the round trips, seconds. */
const exact = 0.941;
/** One bucket is so much wider than the previous one: a quantile is exact to within that. */
const growth = 2 ** (1 / 16);

/** A page with one series of 100 round trips, 1 to 991 ms, observed after the first scrape. */
async function serve(protobuf: Config['listen']['protobuf']) {
  const base = config({ mirrors: [mirror('a')] });
  const listen = { ...base.listen, ...(protobuf === undefined ? {} : { protobuf }) };
  const targets = targetsOf('a').slice(0, 1);
  const exporter = createExporter({ config: { ...base, listen }, targets, version: '0', node: 'v24', turn });
  const types = new Set<string>();
  const server = createServer(async (request, response) => {
    const { contentType, pieces } = exporter.render(request.headers.accept);
    response.setHeader('content-type', contentType);
    for await (const piece of pieces) response.write(piece);
    response.end();
    if (types.size === 0)
      for (const target of targets)
        for (let at = 0; at < 100; at++) exporter.sample(sample(target, { rttMs: 1 + 10 * at }));
    types.add(contentType.split(';')[0] ?? '');
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The content types of its responses. */
    types: () => [...types],
    close: () => server.close(),
  };
}

const trip = 'mirror_probe_rtt_seconds{registry="a"}';
/** The 95th percentile as the rules and as the boards ask for it. */
const ruled = recordingRules.find(({ record }) => record === 'target:mirror_probe_rtt_seconds:p95_1h')?.expr ?? '';
const shown = quantile(0.95, ['registry'], trip, '20m');

type Query = Awaited<ReturnType<typeof startPrometheus>>['waitForQuery'];

async function measure(waitForQuery: Query, promql: string): Promise<number> {
  const [found] = await waitForQuery(promql, ([one]) => one !== undefined && !Number.isNaN(one.value));
  return found?.value ?? Number.NaN;
}

interface Row {
  readonly name: string;
  readonly listen: Config['listen']['protobuf'];
  readonly options: Partial<PrometheusOptions>;
  readonly type: string;
  /** What the histogram is in Prometheus. */
  readonly stored: 'native' | 'classic' | 'nhcb';
}

const rows = table<readonly Row[]>('real/native-histograms', 'rows');

/** A p95 is as exact as the buckets: native ones, or the classic ones around 0.941 s. */
const rangeOf = { native: [exact / growth, exact * growth], classic: [0.8, 1.1], nhcb: [0.8, 1.1] } as const;

real('histograms in a real Prometheus, as it asks', ['prometheus', 'prometheus3'], () => {
  test.each(rows)(
    '$name: stored as $stored, and rules and boards read it',
    async ({ listen, options, type, stored }) => {
      const page = await serve(listen);
      const prometheus = await startPrometheus({ targets: [page.address], ...options });
      try {
        const [least, most] = rangeOf[stored];
        for (const p95 of [ruled, shown]) {
          const seconds = await measure(prometheus.waitForQuery, p95);
          expect(seconds).toBeGreaterThan(least);
          expect(seconds).toBeLessThanOrEqual(most);
        }
        expect(
          Math.round(await measure(prometheus.waitForQuery, observations(['registry'], trip, '1h'))),
        ).toBeGreaterThan(90);
        const isClassic = (await prometheus.query('mirror_probe_rtt_seconds_bucket')).length > 0;
        expect(isClassic).toBe(stored === 'classic');
        expect(page.types()).toEqual([type]);
        expect((await prometheus.targets()).map(({ error }) => error)).toEqual(['']);
      } finally {
        await prometheus.close();
        page.close();
      }
    },
  );
});
