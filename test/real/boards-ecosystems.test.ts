import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registry } from '../../src/ecosystems/registry.ts';
import { type AllMirrors, startAllMirrors } from '../daemon/all-ecosystems.ts';
import { until } from '../support/patience.ts';
import { type Prometheus, startPrometheus } from '../support/prometheus.ts';
import { real } from '../support/requires.ts';
import { chosen, interpolated, panelQueries } from './boards-grafana.ts';
import { type Asker, asker } from './boards-prometheus.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';

// Mirrors of every ecosystem, one daemon, a real Prometheus: whoever chooses one ecosystem on a board sees its mirrors
// on every panel that a mirror has a line on, as the board opens.

const waitMs = 120_000;

/** What moves an artifact, of any ecosystem. */
const heavySteps = registry.all
  .flatMap(({ steps }) => Object.entries(steps).flatMap(([step, { weight }]) => (weight === 'heavy' ? [step] : [])))
  .join('|');

/**
 * No real client is run here, two mirrors without an origin are behind nobody, nothing is released, nothing is asked
 * for that is not there, and no artifact is large enough to tell a rate: boards-day has all of that.
 */
const notHere = /mirror_(client_|lag_|sync_lag_|missing_versions|propagation_|not_found_|throughput_)/;

/** Queries that are answered by mirror. */
const ofMirrors = panelQueries.filter(
  ({ board, needs, expr }) => board !== 'self' && needs.includes('registry') && !notHere.test(expr),
);

real('the boards over mirrors of every ecosystem', ['prometheus'], () => {
  let all: AllMirrors;
  let daemon: DaemonProcess;
  let prometheus: Prometheus;
  let ask: Asker;

  beforeAll(async () => {
    all = await startAllMirrors();
    // Where it listens and what it keeps is this process's own.
    daemon = await startDaemon({ yaml: all.yaml.replace(/^(listen|state): .*$/gm, '') });
    prometheus = await startPrometheus({ targets: [`127.0.0.1:${daemon.port}`], intervalMs: 1_000 });
    ask = asker(prometheus.url);
    const everyEcosystem = (metric: string) =>
      prometheus.waitForQuery(
        `count by (ecosystem) (count by (ecosystem, registry) (${metric}) > 0) == 2`,
        (found) => found.length === registry.ids.length,
        waitMs,
      );
    await everyEcosystem('mirror_advice_rank');
    await everyEcosystem('mirror_probe_rtt_baseline_seconds');
    await everyEcosystem(`rate(mirror_transfer_bytes_total{step=~"${heavySteps}"}[20s]) > 0`);
    await everyEcosystem('rate(mirror_probe_rtt_seconds_count[20s]) > 0');
  });

  afterAll(async () => {
    for (const one of [prometheus, daemon, all]) await one?.close();
  });

  describe.each(registry.ids)('%s', (ecosystem) => {
    const values = chosen(60, '8s', { window: '20s', ecosystem: [ecosystem] });

    test.each(ofMirrors)('$key $of', async ({ expr, isInstant }) => {
      const query = interpolated(expr, values);
      // On a busy machine a scrape takes longer than its second, and until the next one an instant has no series.
      const series = await until(
        'series',
        () => {
          const nowMs = Date.now();
          return isInstant ? ask.instant(query, nowMs) : ask.range(query, nowMs - 15_000, nowMs, 1);
        },
        ({ length }) => length > 0,
      );
      const found = new Set(series.map(({ metric }) => metric['registry']));
      // On a busy machine one of them may be gated, or not be judged for a while.
      expect(found.size, query).toBeGreaterThan(0);
      expect([`${ecosystem}-far`, `${ecosystem}-near`]).toEqual(expect.arrayContaining([...found]));
    });
  });
});
