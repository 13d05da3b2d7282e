import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { Config } from '../../src/core/config.ts';
import { createExporter } from '../../src/export/exporter.ts';
import { startPrometheus } from '../support/prometheus.ts';
import { real } from '../support/requires.ts';
import { config, mirror, sample, targetsOf, turn } from '../unit/export/fixture.ts';

/** A page with one series of 100 round trips, 1 to 991 ms. */
async function serve(protobuf: Config['listen']['protobuf']) {
  const base = config({ mirrors: [mirror('a')] });
  const listen = { ...base.listen, ...(protobuf === undefined ? {} : { protobuf }) };
  const targets = targetsOf('a').slice(0, 1);
  const exporter = createExporter({ config: { ...base, listen }, targets, version: '0', node: 'v24', turn });
  for (const target of targets)
    for (let at = 0; at < 100; at++) exporter.sample(sample(target, { rttMs: 1 + 10 * at }));
  const server = createServer(async (request, response) => {
    const { contentType, pieces } = exporter.render(request.headers.accept);
    response.setHeader('content-type', contentType);
    for await (const piece of pieces) response.write(piece);
    response.end();
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

real('native histograms in a real Prometheus', ['prometheus'], () => {
  test.each(['native', 'both'] as const)(
    '%s: their p95 is within 4.4 % of the true one, and in the classic bucket',
    async (histograms) => {
      const native = await serve({ histograms, buckets: 160 });
      const classic = await serve(undefined);
      const prometheus = await startPrometheus({ targets: [native.address, classic.address], native: true });
      try {
        const of = async (instance: string, suffix: string) => {
          const selector = `mirror_probe_rtt_seconds${suffix}{instance="${instance}"}`;
          const [found] = await prometheus.waitForQuery(`histogram_quantile(0.95, ${selector})`);
          return found?.value ?? Number.NaN;
        };
        const exact = 0.941;
        const p95 = await of(native.address, '');
        expect(Math.abs(p95 / exact - 1)).toBeLessThan(0.044);
        const classicP95 = await of(classic.address, '_bucket');
        for (const value of [p95, classicP95]) {
          expect(value).toBeGreaterThan(0.8);
          expect(value).toBeLessThanOrEqual(1.1);
        }
        // Prometheus 2.42 stores the native form alone of both.
        const buckets = `mirror_probe_rtt_seconds_bucket{instance="${native.address}"}`;
        expect(await prometheus.query(buckets)).toEqual([]);
        expect((await prometheus.targets()).map(({ error }) => error)).toEqual(['', '']);
      } finally {
        await prometheus.close();
        native.close();
        classic.close();
      }
    },
  );
});
