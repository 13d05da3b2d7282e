import { join } from 'node:path';
import protobuf from 'protobufjs';
import { repoDir } from '../test/support/paths.ts';
import { patienceMs } from '../test/support/patience.ts';

// Samples with times for a running Prometheus: promtool makes no blocks of native histograms.

/** What is used of the messages of remote write 1.0. @see https://prometheus.io/docs/specs/prw/remote_write_spec/ */
const writeRequest = protobuf
  .parse(
    `syntax = "proto3";
    message WriteRequest { repeated TimeSeries timeseries = 1; }
    message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; repeated Histogram histograms = 4; }
    message Label { string name = 1; string value = 2; }
    message Sample { double value = 1; int64 timestamp = 2; }
    message BucketSpan { sint32 offset = 1; uint32 length = 2; }
    message Histogram {
      uint64 count_int = 1; double sum = 3; sint32 schema = 4; double zero_threshold = 5; uint64 zero_count_int = 6;
      repeated BucketSpan positive_spans = 11; repeated sint64 positive_deltas = 12; int64 timestamp = 15;
    }`,
    { keepCase: true },
  )
  .root.lookupType('WriteRequest');
const familyType = protobuf
  .loadSync(join(repoDir, 'tools/metrics.proto'))
  .lookupType('io.prometheus.client.MetricFamily');

type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly name: string;
  readonly metric: readonly {
    readonly label: readonly { readonly name: string; readonly value: string }[];
    readonly counter?: { readonly value: number };
    readonly gauge?: { readonly value: number };
    readonly summary?: { readonly sampleCount: number; readonly sampleSum: number };
    readonly histogram?: {
      readonly sampleCount: number;
      readonly sampleSum: number;
      readonly schema: number;
      readonly zeroThreshold: number;
      readonly zeroCount: number;
      readonly positiveSpan: readonly object[];
      readonly positiveDelta: readonly number[];
    };
  }[];
}

function labelsOf(name: string, labels: Labels): readonly object[] {
  const all = Object.entries({ __name__: name, ...labels }).filter(([, value]) => value !== '');
  return all.sort(([a], [b]) => (a < b ? -1 : 1)).map(([label, value]) => ({ name: label, value }));
}

/** The series of a family: a native histogram is one, a summary two. */
const seriesOf = ({ name, metric }: Family, labels: Labels, timestamp: number): readonly object[] =>
  metric.flatMap(({ label, counter, gauge, summary, histogram }): object[] => {
    const own = { ...Object.fromEntries(label.map((one) => [one.name, one.value])), ...labels };
    const plain = (suffix: string, value: number) => ({
      labels: labelsOf(`${name}${suffix}`, own),
      samples: [{ value, timestamp }],
    });
    if (summary !== undefined) return [plain('_sum', summary.sampleSum), plain('_count', summary.sampleCount)];
    if (histogram === undefined) return [plain('', (counter ?? gauge)?.value ?? 0)];
    const { schema, zeroThreshold, zeroCount, positiveSpan, positiveDelta } = histogram;
    const sample = {
      count_int: histogram.sampleCount,
      sum: histogram.sampleSum,
      schema,
      zero_threshold: zeroThreshold,
      zero_count_int: zeroCount,
      positive_spans: positiveSpan,
      positive_deltas: positiveDelta,
      timestamp,
    };
    return [{ labels: labelsOf(name, own), histograms: [sample] }];
  });

/** The series of a page in Prometheus' protobuf format. @param labels  those of the scrape target */
export function seriesOfPage(page: Uint8Array, labels: Labels, timestamp: number): readonly object[] {
  const reader = protobuf.Reader.create(page);
  const all: object[] = [];
  const form = { longs: Number, enums: String, arrays: true, defaults: false };
  while (reader.pos < reader.len) {
    const family = familyType.toObject(familyType.decodeDelimited(reader), form) as Family;
    all.push(...seriesOf(family, labels, timestamp));
  }
  return all;
}

/** The series of a line of text with labels and seconds. */
export function seriesOfLine(line: string): object {
  const [, name = '', labels = '', value = '', seconds = ''] = /^(\w+)\{(.*)\} (\S+) (\S+)$/.exec(line) ?? [];
  const own = Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, text]) => [label, text]));
  const samples = [{ value: Number(value.replace('Inf', 'Infinity')), timestamp: Math.round(Number(seconds) * 1000) }];
  return { labels: labelsOf(name, own as Record<string, string>), samples };
}

/** Snappy's block format without compression: the length, then literals. @see google/snappy format_description.txt */
function asSnappy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [protobuf.Writer.create().uint32(bytes.length).finish()];
  for (let at = 0; at < bytes.length; at += 65_536) {
    const chunk = bytes.subarray(at, at + 65_536);
    const last = chunk.length - 1;
    parts.push(Uint8Array.of(0xf4, last & 0xff, last >> 8), chunk);
  }
  return Uint8Array.from(Buffer.concat(parts));
}

/** Writes samples to a Prometheus with `--web.enable-remote-write-receiver`. @throws Error with what it said */
export async function writeSeries(url: string, timeseries: readonly object[]): Promise<void> {
  const body = asSnappy(writeRequest.encode(writeRequest.fromObject({ timeseries })).finish());
  const response = await fetch(`${url}/api/v1/write`, {
    method: 'POST',
    headers: {
      'content-encoding': 'snappy',
      'content-type': 'application/x-protobuf',
      'x-prometheus-remote-write-version': '0.1.0',
    },
    body,
    signal: AbortSignal.timeout(patienceMs),
  });
  if (!response.ok) throw new Error(`remote write: ${response.status} ${await response.text()}`);
}
