import protobuf from 'protobufjs/light.js';
import { type MetricName, metricOf } from '../catalog.ts';
import { clientModel } from './client-model.ts';
import type { MetricMessage } from './messages.ts';

const root = protobuf.Root.fromJSON(clientModel);
const familyType = root.lookupType('io.prometheus.client.MetricFamily');
const metricType = root.lookupType('io.prometheus.client.Metric');
const typeNumbers = root.lookupEnum('io.prometheus.client.MetricType').values;
const metricField = familyType.fields.metric?.id ?? 0;
/** The wire type of embedded messages. @see https://protobuf.dev/programming-guides/encoding/ */
const lengthDelimited = 2;

/** Encodes one series as a field of its metric family. */
export function encodeSeries(message: MetricMessage): Uint8Array {
  return protobuf.Writer.create()
    .uint32((metricField << 3) | lengthDelimited)
    .bytes(metricType.encode(message).finish())
    .finish();
}

/**
 * Encodes the beginning of a metric family, with the length that delimits it. The encoded series of the family follow.
 * @param seriesBytes  the length of these series
 */
export function encodeHead(name: MetricName, seriesBytes: number): Uint8Array {
  const { type, help } = metricOf(name);
  const head = familyType.encode({ name, help, type: typeNumbers[type.toUpperCase()] }).finish();
  const length = protobuf.Writer.create()
    .uint32(head.length + seriesBytes)
    .finish();
  return Buffer.concat([length, head]);
}
