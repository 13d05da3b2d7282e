import { type MetricName, metricOf } from '../catalog.ts';
import type { MetricMessage } from './messages.ts';

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

/** How the value of a field is encoded. `zigzag`: a signed integer; fields: an embedded message. */
type Kind = 'string' | 'double' | 'varint' | 'zigzag' | MessageFields;

/** The fields of a message by their names, in the order of their numbers. A list of values is a repeated field. */
interface MessageFields {
  readonly [name: string]: readonly [id: number, kind: Kind];
}

const wireTypes = { varint: 0, zigzag: 0, double: 1, string: 2 } as const;
const double = new DataView(new ArrayBuffer(8));

/**
 * Encodes a message. MessageFields that are absent, or that `fields` does not have, are left out.
 * @see https://protobuf.dev/programming-guides/encoding/
 */
function encodeMessage(fields: MessageFields, message: object): readonly number[] {
  const bytes: number[] = [];
  for (const [name, [id, kind]] of Object.entries(fields)) {
    const value = (message as Readonly<Record<string, unknown>>)[name];
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      writeVarint(bytes, id * 8 + (typeof kind === 'string' ? wireTypes[kind] : wireTypes.string));
      if (typeof kind === 'object') writeSized(bytes, encodeMessage(kind, one));
      else if (kind === 'string') writeSized(bytes, Buffer.from(one));
      else if (kind === 'double') writeDouble(bytes, one);
      else writeVarint(bytes, kind === 'zigzag' ? (one < 0 ? -2 * one - 1 : 2 * one) : one);
    }
  }
  return bytes;
}

/** Appends an integer from 0 to 2^53 - 1. */
function writeVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  bytes.push(rest);
}

function writeSized(bytes: number[], content: Iterable<number> & { readonly length: number }): void {
  writeVarint(bytes, content.length);
  for (const byte of content) bytes.push(byte);
}

function writeDouble(bytes: number[], value: number): void {
  double.setFloat64(0, value, true);
  for (let at = 0; at < 8; at += 1) bytes.push(double.getUint8(at));
}
