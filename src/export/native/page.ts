import { type MetricName, metricOf } from '../catalog.ts';
import type { MetricMessage } from './messages.ts';
import { encodeMessage, type MessageFields, writeVarint } from './protobuf.ts';

// The fields of metrics.proto that the daemon uses, of github.com/prometheus/client_model v0.6.2.
const label: MessageFields[string] = [1, { name: [1, 'string'], value: [2, 'string'] }];
const timestamp = { seconds: [1, 'varint'], nanos: [2, 'varint'] } satisfies MessageFields;
const exemplar = { label, value: [2, 'double'], timestamp: [3, timestamp] } satisfies MessageFields;
const bucket = {
  cumulative_count: [1, 'varint'],
  upper_bound: [2, 'double'],
  exemplar: [3, exemplar],
} satisfies MessageFields;
const histogram = {
  sample_count: [1, 'varint'],
  sample_sum: [2, 'double'],
  bucket: [3, bucket],
  schema: [5, 'zigzag'],
  zero_threshold: [6, 'double'],
  zero_count: [7, 'varint'],
  positive_span: [12, { offset: [1, 'zigzag'], length: [2, 'varint'] }],
  positive_delta: [13, 'zigzag'],
  exemplars: [16, exemplar],
} satisfies MessageFields;
const metric = {
  label,
  gauge: [2, { value: [1, 'double'] }],
  counter: [3, { value: [1, 'double'] }],
  summary: [4, { sample_count: [1, 'varint'], sample_sum: [2, 'double'] }],
  histogram: [7, histogram],
} satisfies MessageFields;
const family = { name: [1, 'string'], help: [2, 'string'], type: [3, 'varint'] } satisfies MessageFields;
const typeNumbers = { counter: 0, gauge: 1, summary: 2, histogram: 4 } as const;

/** Encodes one series as a field of its metric family. */
export function encodeSeries(message: MetricMessage): Uint8Array {
  return Uint8Array.from(encodeMessage({ metric: [4, metric] }, { metric: message }));
}

/**
 * Encodes the beginning of a metric family, with the length that delimits it. The encoded series of the family follow.
 * @param seriesBytes  the length of these series
 */
export function encodeHead(name: MetricName, seriesBytes: number): Uint8Array {
  const { type, help } = metricOf(name);
  const head = encodeMessage(family, { name, help, type: typeNumbers[type] });
  const bytes: number[] = [];
  writeVarint(bytes, head.length + seriesBytes);
  bytes.push(...head);
  return Uint8Array.from(bytes);
}
