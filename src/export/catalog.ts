import { getOrMake } from '../core/get-or-make.ts';
import { declaredMetrics } from './catalog/metrics.ts';
import texts from './catalog/texts.json' with { type: 'json' };
import { countSeriesLines, type DaemonKind, type Metric, type MetricKind, type ShardKind } from './metric.ts';

/** All metrics of the daemon. The exporter, docs/metrics.md, the alerts and the dashboards use this list. */
export const catalog = declaredMetrics;

export type MetricName = keyof typeof catalog;
export type LabelOf<N extends MetricName> = (typeof catalog)[N]['labels'][number];
/** Labels of one series. A label that does not apply is absent, which Prometheus treats as empty. */
export type Labels = Readonly<Partial<Record<LabelOf<MetricName>, string>>>;
type NamesPer<K extends MetricKind> = {
  [N in MetricName]: K & keyof (typeof catalog)[N]['per'] extends never ? never : N;
}[MetricName];
export type ShardMetric = NamesPer<ShardKind>;
export type DaemonMetric = NamesPer<DaemonKind>;

/** The names of all metrics, in the order of the exposition. */
export const metricNames = Object.keys(catalog) as readonly MetricName[];

const metrics = new Map<MetricName, Metric>(
  metricNames.map((name) => [name, { absent: 'never', ...catalog[name], ...texts[name] }]),
);

export function metricOf(name: MetricName): Metric {
  return metrics.get(name) as Metric;
}

/** Returns the OpenMetrics unit of a metric: the last word of its name, before `_total`; `null`: it has none. */
export function unitOf(name: MetricName): string | null {
  return /_(bytes_per_second|seconds|bytes)(_total)?$/.exec(name)?.[1] ?? null;
}

interface Brought {
  readonly names: readonly MetricName[];
  /** The maximum number of sample lines of one entity (such as a mirror). */
  readonly lines: number;
}

const brought = new Map<string, Brought>();

function broughtBy(kind: MetricKind, heavy: boolean): Brought {
  return getOrMake(brought, `${kind} ${heavy}`, () => {
    const names = metricNames.filter((name) => {
      const { per, only } = metricOf(name);
      return per[kind] !== undefined && (only === undefined || (only === 'heavy') === heavy);
    });
    return { names, lines: countLinesOf(names, kind) };
  });
}

/**
 * Lists the metrics of a kind of entity (such as a mirror or a step). `heavy` matters only for steps: some metrics
 * exist only for heavy or only for light steps.
 */
export function listMetricsFor(kind: MetricKind, heavy = false): readonly MetricName[] {
  return broughtBy(kind, heavy).names;
}

/**
 * Returns the number of sample lines of one entity (such as a mirror or a step). Gauges that may be absent count too.
 */
export function countLinesFor(kind: MetricKind, heavy = false): number {
  return broughtBy(kind, heavy).lines;
}

/** Returns the number of sample lines that these metrics of one entity (such as a mirror) have. */
export function countLinesOf(names: readonly MetricName[], kind: MetricKind): number {
  let lines = 0;
  for (const name of names) {
    const metric = metricOf(name);
    const factors = Object.values(metric.per[kind] ?? {}).map((values) => values.length);
    lines += factors.reduce((product, factor) => product * factor, countSeriesLines(metric) * (metric.seriesMax ?? 1));
  }
  return lines;
}
