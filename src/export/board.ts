import { Counter, Gauge, Histogram, type OpenMetricsContentType, Registry } from 'prom-client';
import { type catalog, type LabelOf, type MetricName, metricOf, metricsPer } from './catalog.ts';
import { combinations, type Kind, type Labels } from './metric.ts';

interface InstrumentTypes<L extends string> {
  counter: Counter<L>;
  gauge: Gauge<L>;
  histogram: Histogram<L>;
}

/** The prom-client object behind each name, typed by the catalogue: another label does not compile. */
export type Instruments<N extends MetricName> = {
  readonly [M in N]: InstrumentTypes<LabelOf<M> | ExemplarLabel<M>>[(typeof catalog)[M]['type']];
};

/** prom-client types the labels of an exemplar as labels of the metric. */
type ExemplarLabel<N extends MetricName> = (typeof catalog)[N] extends { readonly exemplars: true }
  ? 'probe_id'
  : never;

/** One registry: its instruments, and the text of one family of it. */
export interface Board<N extends MetricName> {
  readonly names: readonly N[];
  readonly instruments: Instruments<N>;
  /** Counters and histograms of a thing start at 0; gauges stay absent. */
  open(kind: Kind, labels: Labels, heavy?: boolean): void;
  /** Takes every series of a thing away, those of gauges too. Labels that come from answers (`mirror_tls_info`) are the caller's. */
  close(kind: Kind, labels: Labels, heavy?: boolean): void;
  /** Takes every series of some gauges away: they are set anew from a snapshot. */
  clear(gauges: readonly N[]): void;
  /** The sample lines of one family in OpenMetrics, each ended by a line feed; empty without series. */
  lines(name: N): Promise<string>;
}

type AnyInstrument = Counter<string> | Gauge<string> | Histogram<string>;

/** The name prom-client knows a metric by: it adds `_total` to counters itself in OpenMetrics. */
function familyName(name: MetricName): string {
  return metricOf(name).type === 'counter' ? name.replace(/_total$/, '') : name;
}

function createInstrument(name: MetricName, registry: Registry<OpenMetricsContentType>): AnyInstrument {
  const { type, help, labels, buckets = [], exemplars = false } = metricOf(name);
  const common = { name: familyName(name), help, labelNames: [...labels] as string[], registers: [registry] };
  if (type === 'counter') return new Counter(common);
  if (type === 'histogram') return new Histogram({ ...common, buckets: [...buckets], enableExemplars: exemplars });
  const gauge = new Gauge<string>(common);
  // prom-client starts a gauge without labels at 0; ours are absent until known.
  if (labels.length === 0) gauge.remove({});
  return gauge;
}

function startAtZero(name: MetricName, instrument: AnyInstrument, labels: Record<string, string>): void {
  if (instrument instanceof Histogram) instrument.zero(labels);
  else if (metricOf(name).type === 'counter') instrument.inc(labels, 0);
}

/** A registry with the metrics of `names`, rendered as OpenMetrics (prom-client refuses exemplars in the old format). */
export function createBoard<N extends MetricName>(names: readonly N[]): Board<N> {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  const byName = new Map<MetricName, AnyInstrument>(names.map((name) => [name, createInstrument(name, registry)]));

  function walk(
    kind: Kind,
    labels: Labels,
    heavy: boolean,
    act: (name: MetricName, instrument: AnyInstrument, all: Record<string, string>) => void,
  ): void {
    for (const name of metricsPer(kind, heavy)) {
      const instrument = byName.get(name);
      if (instrument === undefined) continue;
      const metric = metricOf(name);
      const own = Object.fromEntries(
        Object.entries(labels).filter(([label]) => metric.labels.some((l) => l === label)),
      );
      for (const more of combinations(metric.per[kind] ?? {})) act(name, instrument, { ...own, ...more });
    }
  }

  return {
    names,
    instruments: Object.fromEntries(byName) as unknown as Instruments<N>,
    open(kind, labels, heavy = false) {
      walk(kind, labels, heavy, startAtZero);
    },
    close(kind, labels, heavy = false) {
      walk(kind, labels, heavy, (_, instrument, all) => instrument.remove(all));
    },
    clear(gauges) {
      for (const name of gauges) {
        const instrument = byName.get(name);
        instrument?.reset();
        if (metricOf(name).labels.length === 0) instrument?.remove({});
      }
    },
    async lines(name) {
      const text = await registry.getSingleMetricAsString(familyName(name));
      // HELP and TYPE come first, a line each; the exposition writes its own from the catalogue.
      const body = text.indexOf('\n', text.indexOf('\n') + 1);
      return body === -1 ? '' : `${text.slice(body + 1)}\n`;
    },
  };
}
