import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordingRules } from '../rules/alert-rules.ts';
import { real } from '../support/requires.ts';
import { at, story, theDay } from './boards-day.ts';
import { chosen, interpolated, panelQueries } from './boards-grafana.ts';
import { startNativePast } from './boards-native.ts';
import { type Past, type Series, startPast } from './boards-prometheus.ts';

// The boards and the rules over the day of boards.test.ts, stored with native histograms: the same series, and quantiles
// that differ by no more than the classic buckets are wide.

const sixHours = chosen(6 * 3600, '20m');
const moments = { spike: at(7), outage: at(10, 30), well: story.well } as const;
/** The widest classic bucket between the times and rates of the day is 2.2 × as wide as the one before it. */
const widest = 2.2;
const isOfHistogram = (expr: string) => /histogram_quantile/.test(expr);

const labelsText = (metric: Series['metric']): string =>
  Object.entries(metric)
    .map(([label, value]) => `${label}=${value}`)
    .sort()
    .join(' ');

function valuesOf(series: readonly Series[]): ReadonlyMap<string, number> {
  return new Map(series.map(({ metric, points }) => [labelsText(metric), points[0]?.[1] ?? Number.NaN]));
}

/** Both are NaN, or their ratio is within a factor. */
function expectNear(found: number, wanted: number, factor: number, what: string): void {
  if (Number.isNaN(wanted) || wanted === 0) expect(found, what).toBe(wanted);
  else {
    expect(found / wanted, what).toBeLessThanOrEqual(factor);
    expect(found / wanted, what).toBeGreaterThanOrEqual(1 / factor);
  }
}

/** The same series, quantiles within the width of a bucket, and all else the same number. */
function expectAlike(
  found: ReadonlyMap<string, number>,
  wanted: ReadonlyMap<string, number>,
  expr: string,
  moment: string,
): void {
  // A heat map has one series of its own in place of one for each bucket.
  const isHeat = [...wanted.keys()].some((labels) => /(^| )le=/.test(labels));
  expect([...found.keys()].sort(), moment).toEqual(isHeat ? [''] : [...wanted.keys()].sort());
  if (isHeat) return;
  const factor = isOfHistogram(expr) ? widest : 1 + 1e-9;
  for (const [labels, value] of wanted)
    expectNear(found.get(labels) ?? Number.NaN, value, factor, `${moment} ${labels}`);
}

real('boards and rules over a day of native histograms', ['promtool', 'prometheus3'], () => {
  let native: Past;
  let classic: Past;
  beforeAll(async () => {
    native = await startNativePast();
    // Both of one version: where a range begins differs between 2 and 3.
    classic = await startPast(await theDay(), 'prometheus3');
  });
  afterAll(async () => {
    await native?.close();
    await classic?.close();
  });

  test('no histogram of the daemon is classic there', async () => {
    const found = await native.instant(
      '{__name__=~"mirror_.*_bucket|mirrorwatch_(schedule|worker).*_bucket"}',
      story.well,
    );
    expect(found).toEqual([]);
  });

  test.each(panelQueries)('$key $of: the same series as of classic histograms', async ({ expr }) => {
    for (const [moment, momentMs] of Object.entries(moments)) {
      const query = interpolated(expr, sixHours);
      const [found, wanted] = [native, classic].map((past) => past.instant(query, momentMs));
      expectAlike(valuesOf((await found) ?? []), valuesOf((await wanted) ?? []), expr, moment);
    }
  });

  const raw = recordingRules.filter(({ record }) => /^target:.*p95_1h$/.test(record));
  test.each(raw)('$record: the same series from both forms', async ({ expr }) => {
    for (const momentMs of Object.values(moments)) {
      const found = valuesOf(await native.instant(expr, momentMs));
      const wanted = valuesOf(await classic.instant(expr, momentMs));
      expect(wanted.size).toBeGreaterThan(5);
      expectAlike(found, wanted, expr, String(momentMs));
    }
  });
});
