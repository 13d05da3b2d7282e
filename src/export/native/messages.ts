import type { Exemplar, LabelSet, ObservedSeries, Plain } from '../series-text.ts';
import { type NativeHistogram, zeroThreshold } from './histogram.ts';

export interface MetricMessage {
  readonly label: readonly object[];
  readonly counter?: object;
  readonly gauge?: object;
  readonly summary?: object;
  readonly histogram?: object;
}

function pairsOf(labels: LabelSet): readonly object[] {
  return Object.entries(labels).map(([name, value]) => ({ name, value }));
}

function exemplarOf(exemplar: Exemplar | null | undefined): object | undefined {
  if (!exemplar) return undefined;
  const seconds = Math.floor(exemplar.timestamp);
  const nanos = Math.round((exemplar.timestamp - seconds) * 1e9);
  return {
    label: pairsOf(exemplar.labelSet),
    value: exemplar.value,
    timestamp: { seconds, ...(nanos === 0 ? {} : { nanos }) },
  };
}

export function makePlainMessage(type: 'counter' | 'gauge', { labels, value }: Plain): MetricMessage {
  return { label: pairsOf(labels), [type]: { value } };
}

export function makeSummaryMessage({ labels, sum, count }: ObservedSeries): MetricMessage {
  return { label: pairsOf(labels), summary: { sample_count: count, sample_sum: sum } };
}

function classicBuckets(
  { bucketValues, bucketExemplars }: ObservedSeries,
  bounds: readonly string[],
): readonly object[] {
  let below = 0;
  return bounds.map((bound) => {
    below += bucketValues[bound] ?? 0;
    const exemplar = exemplarOf(bucketExemplars?.[bound]);
    return { cumulative_count: below, upper_bound: Number(bound), ...(exemplar === undefined ? {} : { exemplar }) };
  });
}

/**
 * Makes the message of a series with its native buckets.
 * @param bounds  the bounds of the classic buckets that the series also has; empty: none
 */
export function makeHistogramMessage(
  series: ObservedSeries,
  native: NativeHistogram,
  bounds: readonly string[],
): MetricMessage {
  const { schema, count, sum, zeroCount, spans, deltas } = native.read();
  const histogram = {
    sample_count: count,
    sample_sum: sum,
    bucket: classicBuckets(series, bounds),
    schema,
    zero_threshold: zeroThreshold,
    zero_count: zeroCount,
    positive_span: spans,
    positive_delta: deltas,
    exemplars: Object.values(series.bucketExemplars ?? {}).flatMap((one) => exemplarOf(one) ?? []),
  };
  return { label: pairsOf(series.labels), histogram };
}
