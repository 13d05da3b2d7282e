import type { OpenMetricsContentType } from 'prom-client';
import type { Config } from '../core/config.ts';
import { getOrMake } from '../core/get-or-make.ts';
import { type catalog, type LabelOf, type Labels, listMetricsFor, type MetricName, metricOf } from './catalog.ts';
import { listCombinations, type MetricKind } from './metric.ts';
import { createNativeHistogram, type NativeHistogram } from './native/histogram.ts';
import { type MetricMessage, makeHistogramMessage, makePlainMessage, makeSummaryMessage } from './native/messages.ts';
import type { TextFormat } from './negotiate.ts';
import { Counter, Gauge, Histogram, Registry } from './prom-client.ts';
import {
  histogramFormOf,
  type LabelSet,
  type ObservedSeries,
  type Plain,
  renderHistogramLines,
  renderPlainLines,
  renderSummaryLines,
  type SeriesLines,
  seriesLinesOf,
} from './series-text.ts';

interface InstrumentTypes<L extends string> {
  counter: Counter<L>;
  gauge: Gauge<L>;
  histogram: Histogram<L>;
  /**
   * A summary here is a histogram without buckets: it has only a sum and a count. prom-client's own summary would also
   * keep quantiles.
   */
  summary: Histogram<L>;
}

export type Instruments<N extends MetricName> = {
  readonly [M in N]: InstrumentTypes<LabelOf<M> | ExemplarLabel<M>>[(typeof catalog)[M]['type']];
};

/** The label of a metric's exemplars. prom-client's types require it among the labels of the metric. */
type ExemplarLabel<N extends MetricName> = (typeof catalog)[N] extends { readonly exemplars: true }
  ? 'probe_id'
  : never;

export type MetricRegistry<N extends MetricName> = ReturnType<typeof createMetricRegistry<N>>;

type AnyInstrument = Counter<string> | Gauge<string> | Histogram<string>;

/**
 * Returns the name of a metric in prom-client. A counter has no `_total` there, because prom-client adds it in
 * OpenMetrics.
 */
function familyName(name: MetricName): string {
  return metricOf(name).type === 'counter' ? name.replace(/_total$/, '') : name;
}

function createInstrument(name: MetricName, registry: Registry<OpenMetricsContentType>): AnyInstrument {
  const { type, help, labels, buckets = [], exemplars = false } = metricOf(name);
  const common = { name: familyName(name), help, labelNames: [...labels] as string[], registers: [registry] };
  if (type === 'counter') return new Counter(common);
  if (type === 'histogram' || type === 'summary')
    return new Histogram({ ...common, buckets: [...buckets], enableExemplars: exemplars });
  const gauge = new Gauge<string>(common);
  // prom-client sets a gauge without labels to 0 at once, but ours are absent until their value is known.
  if (labels.length === 0) gauge.remove({});
  return gauge;
}

function startAtZero(name: MetricName, instrument: AnyInstrument, labels: Record<string, string>): void {
  if (metricOf(name).onFirst === true) return;
  if (instrument instanceof Histogram) instrument.zero(labels);
  else if (metricOf(name).type === 'counter') instrument.inc(labels, 0);
}

const forms = new Map<MetricName, ReturnType<typeof histogramFormOf>>();
function formOf(name: MetricName): ReturnType<typeof histogramFormOf> {
  const form = forms.get(name) ?? histogramFormOf(name, metricOf(name).buckets ?? []);
  forms.set(name, form);
  return form;
}

/**
 * Returns the labels of a series: those labels of its entity that the metric has, and `more`. If the result equals
 * `labels`, the same object is returned, so that series share the text of their labels.
 */
function labelsOf(name: MetricName, labels: Labels, more: Labels): Record<string, string> {
  const { labels: taken } = metricOf(name);
  const own = Object.entries(labels).filter(([label]) => taken.some((one) => one === label));
  const isAll = own.length === Object.keys(labels).length && Object.keys(more).length === 0;
  return isAll ? (labels as Record<string, string>) : { ...Object.fromEntries(own), ...more };
}

export type NativeForm = NonNullable<Config['listen']['protobuf']> & {
  /**
   * True from the start if the setting is `both`, else from the first scrape in protobuf on. Until then native
   * histograms are not counted and cost nothing.
   */
  isKept: boolean;
};

/**
 * Makes an instrument also count its observations in native histograms. Returns functions that get and remove the
 * native histogram of a series.
 */
function keepNative(instrument: Histogram<string>, names: readonly string[], form: NativeForm) {
  const kept = new Map<string, NativeHistogram>();
  const keyOf = (labels: LabelSet): string => names.map((name) => labels[name] ?? '').join('\n');
  const of = (labels: LabelSet): NativeHistogram =>
    getOrMake(kept, keyOf(labels), () => createNativeHistogram(form.buckets));
  const observe = instrument.observe.bind(instrument) as (...all: unknown[]) => void;
  // prom-client accepts three forms: a value, labels and a value, or an object with an exemplar.
  instrument.observe = (...all: unknown[]) => {
    observe(...all);
    if (!form.isKept) return;
    const [first, second] = all;
    if (typeof first === 'number') of({}).observe(first);
    else if (typeof second === 'number') of(first as LabelSet).observe(second);
    else {
      const { labels, value } = first as { readonly labels: LabelSet; readonly value: number };
      of(labels).observe(value);
    }
  };
  return { of, remove: (labels: LabelSet) => kept.delete(keyOf(labels)) };
}

type KeptNative = ReturnType<typeof keepNative>;

function keepNatives(byName: ReadonlyMap<MetricName, AnyInstrument>, form: NativeForm): Map<MetricName, KeptNative> {
  const natives = new Map<MetricName, KeptNative>();
  for (const [name, instrument] of byName)
    if (metricOf(name).type === 'histogram' && instrument instanceof Histogram)
      natives.set(name, keepNative(instrument, metricOf(name).labels, form));
  return natives;
}

/** Creates a prom-client registry with the metrics of `names`. prom-client accepts exemplars only for OpenMetrics. */
export function createMetricRegistry<N extends MetricName>(names: readonly N[], form: NativeForm | null = null) {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  const byName = new Map<MetricName, AnyInstrument>(names.map((name) => [name, createInstrument(name, registry)]));
  const natives = form === null ? new Map<MetricName, KeptNative>() : keepNatives(byName, form);

  function walk(
    kind: MetricKind,
    labels: Labels,
    heavy: boolean,
    act: (name: MetricName, instrument: AnyInstrument, all: Record<string, string>) => void,
  ): void {
    for (const name of listMetricsFor(kind, heavy)) {
      const instrument = byName.get(name);
      if (instrument === undefined) continue;
      for (const more of listCombinations(metricOf(name).per[kind] ?? {}))
        act(name, instrument, labelsOf(name, labels, more));
    }
  }

  return {
    instruments: Object.fromEntries(byName) as unknown as Instruments<N>,
    /**
     * Opens the series of an entity (such as a mirror or a target). Counters and histograms start at 0. Gauges, and
     * counters with `onFirst`, stay absent until they have a value.
     */
    open(kind: MetricKind, labels: Labels, heavy = false): void {
      walk(kind, labels, heavy, startAtZero);
    },
    /** Removes an entity's series, except those with labels that come from responses (such as `mirror_tls_info`). */
    close(kind: MetricKind, labels: Labels, heavy = false): void {
      walk(kind, labels, heavy, (name, instrument, all) => {
        instrument.remove(all);
        natives.get(name)?.remove(all);
      });
    },
    clear(gauges: readonly MetricName[]): void {
      for (const name of gauges) {
        const instrument = byName.get(name);
        instrument?.reset();
        if (metricOf(name).labels.length === 0) instrument?.remove({});
      }
    },
    /** Returns the series of a metric for the protobuf format; empty if another prom-client registry has the metric. */
    messages(name: MetricName): Iterable<MetricMessage> {
      const instrument = byName.get(name);
      if (instrument === undefined) return [];
      const { type } = metricOf(name);
      if (type === 'counter' || type === 'gauge')
        return seriesLinesOf<Plain>(instrument)
          .values()
          .map((series) => makePlainMessage(type, series));
      const all = seriesLinesOf<ObservedSeries>(instrument).values();
      const native = natives.get(name);
      if (native === undefined) return all.map(makeSummaryMessage);
      const bounds = form?.histograms === 'both' ? formOf(name).bounds : [];
      return all.map((series) => makeHistogramMessage(series, native.of(series.labels), bounds));
    },
    /** Returns the sample lines of one metric; empty if the metric belongs to another prom-client registry. */
    lines(name: MetricName, format: TextFormat): SeriesLines {
      const instrument = byName.get(name);
      if (instrument === undefined) return { texts: [], count: 0 };
      if (metricOf(name).type === 'summary') return renderSummaryLines(instrument, name);
      return instrument instanceof Histogram
        ? renderHistogramLines(instrument, formOf(name), format)
        : renderPlainLines(instrument, name);
    },
  };
}
