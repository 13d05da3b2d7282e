/**
 * The kinds of things with series. Those of `shardKinds` are spread over registries of at most `targetsPerBoard`
 * targets, those of `daemonKinds` are in the daemon's own registry.
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

/** Labels that a metric adds to those of its thing, each with its closed list of values; empty: none. */
export type Each = Readonly<Record<string, readonly string[]>>;

export interface Metric {
  /** A `summary` has a sum and a count, no quantiles. */
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  /** Without quotes, backslashes or line ends, which the two formats escape differently. */
  readonly help: string;
  readonly labels: readonly string[];
  /** The kinds of things that have the metric, with the closed labels that multiply its series. */
  readonly per: Readonly<Partial<Record<MetricKind, Each>>>;
  /** When the metric has no series, in words. */
  readonly absent: string;
  /** Upper bounds, ascending, `+Inf` implied; histograms only. */
  readonly buckets?: readonly number[];
  /** Only steps of this weight have the metric. */
  readonly only?: 'light' | 'heavy';
  /** Buckets carry `probe_id` in OpenMetrics. */
  readonly exemplars?: true;
  /** A series appears at its first event, with the value 1; another counter, from 0 on, has the sum. */
  readonly onFirst?: true;
}

/** All combinations of the labels that a metric adds; one empty one if there are none. */
export function listCombinations(each: Each): readonly Readonly<Record<string, string>>[] {
  let all: Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries(each))
    all = all.flatMap((labels) => values.map((value) => ({ ...labels, [label]: value })));
  return all;
}

/** A histogram has a line for each bucket, `+Inf`, sum and count; a summary the last two. */
export function countSeriesLines(metric: Metric): number {
  if (metric.type === 'summary') return 2;
  return metric.type === 'histogram' ? (metric.buckets?.length ?? 0) + 3 : 1;
}

type Weighed = Pick<Metric, 'only' | 'exemplars'>;

export function newCounter<const L extends Metric['labels'], const P extends Metric['per']>(
  labels: L,
  per: P,
  help: string,
) {
  return { type: 'counter', help, labels, per, absent: never } as const;
}

/** @param sum  the counter that is there from 0 */
export function newEventCounter<const L extends Metric['labels'], const P extends Metric['per']>(
  labels: L,
  per: P,
  help: string,
  sum: string,
) {
  return { type: 'counter', help, labels, per, absent: `until its first event; ${sum}`, onFirst: true } as const;
}

/** @param absent  when there is no series, in words */
export function newGauge<
  const L extends Metric['labels'],
  const P extends Metric['per'],
  const W extends Weighed = object,
>(labels: L, per: P, help: string, absent: string, weighed: W = {} as W) {
  return { type: 'gauge', help, labels, per, absent, ...weighed } as const;
}

export function newHistogram<
  const L extends Metric['labels'],
  const P extends Metric['per'],
  const W extends Weighed = object,
>(labels: L, per: P, buckets: readonly number[], help: string, weighed: W = {} as W) {
  return { type: 'histogram', help, labels, per, buckets, absent: never, ...weighed } as const;
}

export function newSummary<const L extends Metric['labels'], const P extends Metric['per']>(
  labels: L,
  per: P,
  help: string,
) {
  return { type: 'summary', help, labels, per, absent: never } as const;
}

const never = 'never; the value is 0 from the start';
