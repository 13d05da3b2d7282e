import fc from 'fast-check';
import { Counter, Gauge, Histogram, type OpenMetricsContentType, Registry } from 'prom-client';
import { describe, test } from 'vitest';
import { histogramFormOf, renderHistogramLines, renderPlainLines } from '../../../src/export/series-text.ts';
import { anyText } from '../../support/any-text.ts';

// The oracle is prom-client's own text of the same instrument, without its HELP and TYPE: byte for byte.

const labelNames = ['module', 'version', 'step'];
const hostile = fc.oneof(
  anyText(),
  fc.constantFrom('', 'golang.org/x/net', 'a"b', 'a\\b', 'a\nb', '# {probe_id="x"} 1 2', '\\n', '"'),
);
const labels = fc
  .record({ module: hostile, version: hostile, step: hostile }, { requiredKeys: [] })
  .map((some) => some as Record<string, string>);
const value = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -0, 0.1 + 0.2, 1e21, 1e-7, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);

async function bodyOf(registry: Registry<OpenMetricsContentType> | Registry, name: string): Promise<string> {
  const text = await registry.getSingleMetricAsString(name);
  const body = text.split('\n').slice(2);
  return text.includes('\n', text.indexOf('\n') + 1) ? `${body.join('\n')}\n` : '';
}

function openMetrics(): Registry<OpenMetricsContentType> {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return registry;
}

function held(text: string, count: number, oracle: string): void {
  if (text !== oracle) throw new Error(`ours:\n${text}\nprom-client's:\n${oracle}`);
  // A line feed in a label is written as \n: lines can be counted.
  const lines = oracle.split('\n').length - 1;
  if (count !== lines) throw new Error(`${count} lines were said, ${lines} are there`);
}

describe('each line is what prom-client writes', () => {
  test('of gauges', async () => {
    const sets = fc.array(fc.tuple(labels, value), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(sets, async (all) => {
        const registry = openMetrics();
        const gauge = new Gauge({ name: 'g', help: 'h', labelNames, registers: [registry] });
        for (const [of, to] of all) gauge.set(of, to);
        const { texts, count } = renderPlainLines(gauge, 'g');
        held([...texts].join(''), count, await bodyOf(registry, 'g'));
      }),
    );
  });

  test('of counters, under their full name', async () => {
    const incs = fc.array(fc.tuple(labels, fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(incs, async (all) => {
        const registry = openMetrics();
        const counter = new Counter({ name: 'c', help: 'h', labelNames, registers: [registry] });
        for (const [of, by] of all) counter.inc(of, by);
        const { texts, count } = renderPlainLines(counter, 'c_total');
        held([...texts].join(''), count, await bodyOf(registry, 'c'));
      }),
    );
  });

  const bounds = fc.uniqueArray(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 6 });
  const observations = fc.array(
    fc.tuple(labels, fc.double({ min: -10, max: 1e9, noNaN: true }), fc.option(hostile.map((id) => id.slice(0, 20)))),
    { maxLength: 12 },
  );

  test('of histograms with exemplars, in OpenMetrics', async () =>
    await fc.assert(
      fc.asyncProperty(bounds, observations, fc.array(labels, { maxLength: 3 }), async (some, all, zeros) => {
        const buckets = some.sort((a, b) => a - b);
        const registry = openMetrics();
        const options = { name: 'h', help: 'h', labelNames, buckets, enableExemplars: true, registers: [registry] };
        const histogram = new Histogram<string>(options);
        for (const of of zeros) histogram.zero(of);
        for (const [of, seen, id] of all)
          histogram.observe({ labels: of, value: seen, exemplarLabels: id === null ? {} : { probe_id: id } });
        const { texts, count } = renderHistogramLines(histogram, histogramFormOf('h', buckets), 'openmetrics');
        held([...texts].join(''), count, await bodyOf(registry, 'h'));
      }),
    ));

  test('of histograms in text 0.0.4', async () =>
    await fc.assert(
      fc.asyncProperty(bounds, observations, async (some, all) => {
        const buckets = some.sort((a, b) => a - b);
        const registry = new Registry();
        const histogram = new Histogram<string>({ name: 'h', help: 'h', labelNames, buckets, registers: [registry] });
        for (const [of, seen] of all) histogram.observe(of, seen);
        const { texts, count } = renderHistogramLines(histogram, histogramFormOf('h', buckets), 'text');
        held([...texts].join(''), count, await bodyOf(registry, 'h'));
      }),
    ));
});
