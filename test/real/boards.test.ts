import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshness } from '../../dashboards/lag.ts';
import { versionOrder } from '../../dashboards/promql.ts';
import { repoDir } from '../support/paths.ts';
import { real } from '../support/requires.ts';
import { at, dayStartMs, modules, registries, stepMs, story, theDay } from './boards-day.ts';
import { annotationQueries, chosen, interpolated, panelQueries, variableQueries } from './boards-grafana.ts';
import { type Past, type Series, startPast } from './boards-prometheus.ts';

// Every query of every board, asked of a real Prometheus that holds a day with a spike, an outage, a recovery, a mirror
// that is well and one that is never asked.

const daySeconds = 24 * 3600;
const sixHours = chosen(6 * 3600, '20m');
const moments = { spike: at(7), outage: at(10, 30), well: story.well } as const;
const goldenPath = join(repoDir, 'test/golden/boards-day.golden.json');

/** By query, moment and labels: the value with three digits, `null` for NaN. */
type Golden = Record<string, Record<string, Record<string, number | null>>>;
const golden: Golden = existsSync(goldenPath) ? (JSON.parse(readFileSync(goldenPath, 'utf8')) as Golden) : {};
const isUpdating = process.env.UPDATE_GOLDEN === '1';

function labelsText(metric: Series['metric']): string {
  return Object.entries(metric)
    .map(([label, value]) => `${label}=${value}`)
    .sort()
    .join(' ');
}

/** What an instant answered, by labels. */
function valuesOf(series: readonly Series[]): Record<string, number | null> {
  const rows = series.map(({ metric, points }) => {
    const value = points[0]?.[1] ?? Number.NaN;
    return [labelsText(metric), Number.isNaN(value) ? null : Number(value.toPrecision(3))] as const;
  });
  return Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1)));
}

real('the boards over a day that is past', ['prometheus', 'promtool'], () => {
  let past: Past;
  const seen: Golden = {};

  beforeAll(async () => {
    past = await startPast(await theDay());
  });
  afterAll(async () => {
    await past?.close();
    if (isUpdating) writeFileSync(goldenPath, `${JSON.stringify(seen, null, 1)}\n`);
  });

  test.each(panelQueries)(
    '$key $of: the series it should, with the labels it needs',
    async ({ key, expr, isInstant, needs }) => {
      for (const [moment, momentMs] of Object.entries(moments)) {
        const series = await past.instant(interpolated(expr, sixHours), momentMs);
        expect(series.length, `${moment}: nothing, though there are data`).toBeGreaterThan(0);
        for (const { metric } of series)
          for (const label of needs)
            expect(metric[label] ?? '', `${moment}: no ${label} in ${labelsText(metric)}`).not.toBe('');
        const found = valuesOf(series);
        seen[key] = { ...seen[key], [moment]: found };
        if (isUpdating) continue;
        const wanted = golden[key]?.[moment] ?? {};
        expect(Object.keys(found), moment).toEqual(Object.keys(wanted));
        // Versions of Prometheus differ a little in where a range begins.
        for (const [labels, value] of Object.entries(wanted))
          if (value === null) expect(found[labels], `${moment} ${labels}`).toBeNull();
          else
            expect(Math.abs((found[labels] ?? Number.NaN) - value), `${moment} ${labels}`).toBeLessThanOrEqual(
              Math.abs(value) * 0.05 + 1e-9,
            );
      }
      if (isInstant) return;
      const lines = await past.range(interpolated(expr, sixHours), dayStartMs + stepMs, story.end, 600);
      expect(lines.flatMap(({ points }) => points).length).toBeGreaterThan(daySeconds / 600 / 2);
    },
  );

  test.each(panelQueries)('$key $of obeys what is chosen', async ({ board, expr }) => {
    const variables = variableQueries.filter((one) => one.board === board).map(({ variable }) => variable);
    const some = {
      registry: ['near', 'flaky'],
      module: ['example.com/lib'],
      version: ['v1.1.0+incompatible'],
      vantage: ['shanghai'],
      ecosystem: ['go'],
    };
    const series = await past.instant(interpolated(expr, { ...sixHours, ...some }), moments.outage);
    expect(series.length).toBeGreaterThan(0);
    for (const { metric } of series)
      for (const label of ['registry', 'module', 'version', 'ecosystem'] as const)
        if (
          variables.includes(label) &&
          metric[label] !== undefined &&
          !(label === 'version' && metric['node'] !== undefined)
        )
          expect(some[label]).toContain(metric[label]);
    const elsewhere = await past.instant(interpolated(expr, { ...sixHours, vantage: ['nowhere'] }), moments.outage);
    expect(valuesOf(elsewhere)).toEqual(expr.includes('vector(0)') ? { '': 0 } : {});
  });

  test.each(panelQueries)('$key $of: no data at all does not look fine', async ({ expr }) => {
    const series = await past.instant(interpolated(expr, sixHours), dayStartMs - daySeconds * 1000);
    // Only the count of daemons says a number then: none.
    expect(valuesOf(series)).toEqual(expr.includes('vector(0)') ? { '': 0 } : {});
  });

  test.each(annotationQueries)('$key: the spans of the day', async ({ of, expr, needs }) => {
    const series = await past.range(interpolated(expr, sixHours), dayStartMs, story.end, stepMs / 1000);
    const spans = series.map(({ metric, points }) => {
      for (const label of needs) expect(metric[label] ?? '').not.toBe('');
      const on = points
        .filter(([, value]) => value > 0)
        .map(([seconds]) => new Date(seconds * 1000).toISOString().slice(11, 16));
      return `${labelsText(metric)}: ${on[0]} to ${on.at(-1)}`;
    });
    const wanted: Record<string, readonly string[]> = {
      Findings: ['kind=outage registry=flaky: 10:05 to 11:30', 'kind=spike registry=near: 06:05 to 08:00'],
      'Findings about us': [],
      // Its series is gone at 08:30; a written past has no marks of staleness, so Prometheus holds it for five minutes.
      Advice: ['cause=spike from=near to=calm upstream=go: 06:10 to 08:30'],
    };
    expect(spans.sort()).toEqual(wanted[of]);
  });

  test.each(variableQueries)('$key lists what there is', async ({ variable, selector, label }) => {
    const wanted: Record<string, readonly string[]> = {
      vantage: ['shanghai'],
      ecosystem: ['go'],
      registry: [...registries],
      module: [...new Set(modules.map(({ module }) => module))].sort(),
      version: modules.map(({ version }) => version).sort(),
      connection: ['cold', 'warm'],
    };
    expect(await past.labelValues(interpolated(selector, sixHours), label, dayStartMs, story.end)).toEqual(
      wanted[variable],
    );
  });

  describe('what the day looks like', () => {
    const value = async (key: string, momentMs: number, labels: Record<string, string>, more = {}) => {
      const query = panelQueries.find((one) => one.key === key);
      const series = await past.instant(interpolated(query?.expr ?? '', { ...sixHours, ...more }), momentMs);
      return series.find(({ metric }) => Object.entries(labels).every(([label, text]) => metric[label] === text))
        ?.points[0]?.[1];
    };

    test('the spike is orange at one mirror alone, and gone six hours later', async () => {
      expect(
        await value('rtt-matrix/2/A', at(7), { registry: 'near', version: 'v1.0.0' }, { module: ['example.com/lib'] }),
      ).toBeGreaterThan(0.8);
      expect(
        await value('rtt-matrix/2/A', at(7), { registry: 'calm', version: 'v1.0.0' }, { module: ['example.com/lib'] }),
      ).toBeLessThan(0.3);
      expect(
        await value(
          'rtt-matrix/2/A',
          at(14, 30),
          { registry: 'near', version: 'v1.0.0' },
          { module: ['example.com/lib'] },
        ),
      ).toBeLessThan(0.3);
      expect(await value('mirror/20/A', at(7), { registry: 'near' })).toBeGreaterThan(1);
      expect(await value('mirror/20/A', at(7), { registry: 'calm' })).toBeLessThan(1);
    });

    test('a mirror that was asked nothing is grey in the matrix, unknown in its band, and in no availability', async () => {
      expect(await value('rtt-matrix/1/A', story.well, { registry: 'quiet' })).toBeNaN();
      expect(await value('overview/10/A', story.well, { registry: 'quiet' })).toBe(1);
      expect(await value('mirror/30/A', story.well, { registry: 'quiet' })).toBeUndefined();
      expect(await value('mirror/2/A', story.well, { registry: 'quiet' })).toBeNaN();
    });

    test('the outage burns a hundred times the budget for its hour, and the budget of the day is spent', async () => {
      expect(await value('mirror/31/A', at(11), { registry: 'flaky' })).toBeCloseTo(200, 0);
      expect(await value('mirror/2/A', story.end, { registry: 'flaky' }, { __range: `${daySeconds}s` })).toBeLessThan(
        0,
      );
      expect(await value('mirror/33/A', at(10, 25), { reason: 'refused' }, { registry: ['flaky'] })).toBeGreaterThan(0);
      expect(await value('mirror/33/A', at(11), { reason: 'server' }, { registry: ['flaky'] })).toBeGreaterThan(0);
    });

    test('the phases of a mirror add up to its mean round trip', async () => {
      const queries = panelQueries.filter(({ key }) => key.startsWith('mirror/10/'));
      const found = await Promise.all(
        queries.map(({ expr }) => past.instant(interpolated(expr, { ...sixHours, registry: ['calm'] }), story.well)),
      );
      const phases = found.flat();
      expect(phases).toHaveLength(5);
      const rate = (of: string) =>
        `sum(rate(mirror_probe_rtt_seconds_${of}{registry="calm",step="mod"}[${sixHours['window']}]))`;
      const [mean] = await past.instant(`${rate('sum')} / ${rate('count')}`, story.well);
      const sum = phases.reduce((total, { points }) => total + (points[0]?.[1] ?? Number.NaN), 0);
      expect(sum).toBeCloseTo(mean?.points[0]?.[1] ?? Number.NaN, 6);
    });

    test('the bars of the outage add up to what failed in it', async () => {
      const query = interpolated(panelQueries.find(({ key }) => key === 'overview/12/A')?.expr ?? '', sixHours);
      const [counted] = await past.instant('sum(mirror_probe_target_failures_total)', story.end);
      const bars = await past.range(query, dayStartMs, story.end, 20 * 60);
      const sum = bars.flatMap(({ points }) => points).reduce((total, [, value]) => total + value, 0);
      expect(counted?.points[0]?.[1]).toBeGreaterThan(500);
      expect(sum / (counted?.points[0]?.[1] ?? Number.NaN)).toBeCloseTo(1, 1);
    });

    test('twenty minutes after the daemon died each mirror still has its row, and says what is not known', async () => {
      const deadMs = story.end + 20 * 60_000;
      for (const { key, expr } of panelQueries.filter((one) => one.key.startsWith('overview/6/'))) {
        const series = await past.instant(interpolated(expr, sixHours), deadMs);
        expect(series.map(({ metric }) => metric['registry']).sort(), key).toEqual([...registries]);
      }
      expect(await value('overview/6/A', deadMs, { registry: 'near' })).toBeNaN();
      expect(await value('overview/6/E', deadMs, { registry: 'near' })).toBeGreaterThanOrEqual(20 * 60);
    });

    test('versions sort as versions do, by what Grafana sorts by', async () => {
      const versions = ['latest', 'v2.0.1', 'v1.10.0+incompatible', 'v1.10.0', 'v1.10.0-rc.1', 'v1.9.3', '1.9.2'];
      const one = (version: string) => `label_replace(vector(1), "version", "${version}", "", "")`;
      const series = await past.instant(versionOrder([...versions].sort().map(one).join(' or ')), story.well);
      // @grafana/data's string comparer, newest first: what has no key comes before what has one.
      const { compare } = new Intl.Collator('en', { sensitivity: 'base' });
      const key = ({ order }: { order: string }) => (order === '' ? 0 : 1);
      const sorted = series
        .map(({ metric }) => ({ version: metric['version'], order: metric['order'] ?? '' }))
        .sort((a, b) => key(a) - key(b) || compare(b.order, a.order));
      expect(sorted.map(({ version }) => version)).toEqual(versions);
    });

    test('the row on lag has both bounds of each mirror', async () => {
      const [panel] = freshness().map((builder) => builder.build());
      const { expr } = (panel?.targets ?? [])[0] as unknown as { expr: string };
      const series = await past.instant(interpolated(expr, sixHours), story.well);
      expect(series.map(({ metric }) => labelsText(metric)).sort()).toEqual([
        'bound=lower registry=calm',
        'bound=lower registry=flaky',
        'bound=lower registry=near',
        'bound=upper registry=calm',
        'bound=upper registry=flaky',
        'bound=upper registry=near',
      ]);
    });
  });

  test('shows the number of requests', () => {
    const asked = panelQueries.length + annotationQueries.length + variableQueries.length;
    console.log(
      `boards: ${panelQueries.length} panel queries, ${annotationQueries.length} annotations, ${variableQueries.length} variables: ${asked} in all`,
    );
    expect(Object.keys(seen).sort()).toEqual(panelQueries.map(({ key }) => key).sort());
  });
});
