/**
 * The kinds of entities (things with series of metrics). Those of `shardKinds` are spread over prom-client registries
 * of at most `targetsPerBoard` targets. Those of `daemonKinds` are in the daemon's own registry.
 */
export const shardKinds = [
  'trip',
  'canary',
  'target',
  'path',
  'step',
  'artifact',
  'module',
  'client',
  'mirror',
] as const;
export type ShardKind = (typeof shardKinds)[number];
export const daemonKinds = ['daemon', 'upstream', 'receiver', 'control', 'worker', 'action'] as const;
export type DaemonKind = (typeof daemonKinds)[number];
export type MetricKind = ShardKind | DaemonKind;

/** Labels that a metric adds to those of its entity, each with all its possible values; empty: none. */
export type Each = Readonly<Record<string, readonly string[]>>;

export interface Metric {
  /** The type. A `summary` has a sum and a count but no quantiles. */
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  /**
   * The HELP text. It has no quotes, backslashes or line ends, because the two text formats escape these differently.
   */
  readonly help: string;
  readonly labels: readonly string[];
  /**
   * For each kind of entity that has the metric: the labels that the metric adds to those of the entity. An entity has
   * one series for each combination of their values.
   */
  readonly per: Readonly<Partial<Record<MetricKind, Each>>>;
  /** The maximum number of series of one entity, for labels whose values come from responses; absent: as in `per`. */
  readonly seriesMax?: number;
  /** In which cases the metric has no series, in words. */
  readonly absent: string;
  /** The upper bounds of a histogram's buckets, ascending; `+Inf` is added. */
  readonly buckets?: readonly number[];
  /** Set if only heavy steps (artifact downloads), or only light steps, have the metric. */
  readonly only?: 'light' | 'heavy';
  /** In OpenMetrics, buckets have exemplars with the label `probe_id`. */
  readonly exemplars?: true;
  /**
   * True: a series appears only at its first event, with the value 1. Another metric (see `absent`) has a series from
   * the start.
   */
  readonly onFirst?: true;
}

/** Lists all combinations of the labels that a metric adds. If it adds none, the list has one empty combination. */
export function listCombinations(each: Each): readonly Readonly<Record<string, string>>[] {
  let all: Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries(each))
    all = all.flatMap((labels) => values.map((value) => ({ ...labels, [label]: value })));
  return all;
}

/**
 * Returns the number of lines of one series. A histogram has a line for each bucket, `+Inf`, sum and count; a summary
 * has only sum and count.
 */
export function countSeriesLines(metric: Metric): number {
  if (metric.type === 'summary') return 2;
  return metric.type === 'histogram' ? (metric.buckets?.length ?? 0) + 3 : 1;
}

/** A metric as `src/export/catalog/` declares it. Its texts are in `src/export/catalog/texts.json`. */
export type DeclaredMetric = Omit<Metric, 'help' | 'absent'>;

type Weighed = Pick<Metric, 'only' | 'exemplars'>;

export function newCounter<const L extends Metric['labels'], const P extends Metric['per']>(labels: L, per: P) {
  return { type: 'counter', labels, per } as const;
}

/** Defines a counter whose series appear at their first event. */
export function newEventCounter<const L extends Metric['labels'], const P extends Metric['per']>(labels: L, per: P) {
  return { type: 'counter', labels, per, onFirst: true } as const;
}

export function newGauge<const L extends Metric['labels'], const P extends Metric['per']>(labels: L, per: P) {
  return { type: 'gauge', labels, per } as const;
}

export function newHistogram<
  const L extends Metric['labels'],
  const P extends Metric['per'],
  const W extends Weighed = object,
>(labels: L, per: P, buckets: readonly number[], weighed: W = {} as W) {
  return { type: 'histogram', labels, per, buckets, ...weighed } as const;
}

export function newSummary<const L extends Metric['labels'], const P extends Metric['per']>(labels: L, per: P) {
  return { type: 'summary', labels, per } as const;
}
