import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { expect, it } from 'vitest';
import type { Config } from '../../../../src/core/config.ts';
import { createExporter } from '../../../../src/export/exporter.ts';
import { encodeSeries } from '../../../../src/export/native/page.ts';
import { contentTypes } from '../../../../src/export/negotiate.ts';
import { config, mirror, sample, targetsOf, textOf, turn } from '../fixture.ts';

const root = protobuf.loadSync('tools/metrics.proto');
const familyType = root.lookupType('io.prometheus.client.MetricFamily');

interface Decoded {
  readonly name: string;
  readonly type: string;
  readonly metric: readonly {
    readonly label: readonly { readonly name: string; readonly value: string }[];
    readonly counter?: { readonly value: number };
    readonly summary?: { readonly sampleCount: number };
    readonly histogram?: {
      readonly sampleCount: number;
      readonly schema: number;
      readonly zeroThreshold: number;
      readonly bucket: readonly { readonly cumulativeCount: number; readonly upperBound: number }[];
      readonly positiveSpan: readonly { readonly offset: number; readonly length: number }[];
      readonly positiveDelta: readonly number[];
      readonly exemplars: readonly { readonly label: readonly { readonly value: string }[]; readonly value: number }[];
    };
  }[];
}

function exporterOf(protobufForm: Config['listen']['protobuf']) {
  const base = config({ mirrors: [mirror('a')] });
  const listen = { ...base.listen, ...(protobufForm === undefined ? {} : { protobuf: protobufForm }) };
  const targets = targetsOf('a');
  const exporter = createExporter({ config: { ...base, listen }, targets, version: '0.1.0', node: 'v24.0.0', turn });
  const [mod] = targets;
  if (mod === undefined) throw new Error('no target');
  // The first scrape, from which native buckets are kept.
  if (protobufForm?.histograms === 'native') exporter.render(contentTypes.protobuf);
  for (const rttMs of [80, 80, 160]) exporter.sample(sample(mod, { rttMs }));
  return exporter;
}

async function decodedOf(exporter: ReturnType<typeof exporterOf>): Promise<ReadonlyMap<string, Decoded>> {
  const chunks: Uint8Array[] = [];
  for await (const piece of exporter.render(contentTypes.protobuf).pieces) chunks.push(piece as Uint8Array);
  const reader = protobuf.Reader.create(Buffer.concat(chunks));
  const families = new Map<string, Decoded>();
  while (reader.pos < reader.len) {
    const family = familyType.toObject(familyType.decodeDelimited(reader), {
      longs: Number,
      enums: String,
      arrays: true,
    }) as Decoded;
    expect(families.has(family.name)).toBe(false);
    families.set(family.name, family);
  }
  return families;
}

const tripOf = (families: ReadonlyMap<string, Decoded>) =>
  families.get('mirror_probe_rtt_seconds')?.metric.find(({ histogram }) => histogram?.sampleCount === 3);

it('each series is the same bytes as protobufjs makes', () => {
  const metricType = protobuf.parse(readFileSync('tools/metrics.proto', 'utf8'), new protobuf.Root(), {
    keepCase: true,
  });
  const type = metricType.root
    .addJSON(protobuf.common.get('google/protobuf/timestamp.proto')?.nested ?? {})
    .lookupType('io.prometheus.client.Metric');
  const bytesOf = (message: object) => {
    const bytes = type.encode(message).finish();
    return Buffer.from(
      protobuf.Writer.create()
        .uint32((4 << 3) | 2)
        .bytes(bytes)
        .finish(),
    ).toString('hex');
  };
  const words = fc.record({ name: fc.string({ unit: 'grapheme' }), value: fc.string({ maxLength: 300 }) });
  const count = fc.oneof(fc.nat(), fc.maxSafeNat());
  const delta = fc.oneof(fc.integer(), fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }));
  // Zeros of a timestamp are left out: it has the rules of proto3.
  const positive = fc.integer({ min: 1, max: 999_999_999 });
  const time = fc.record({ seconds: positive, nanos: positive }, { requiredKeys: ['seconds'] });
  const exemplar = fc.record({ label: fc.array(words), value: fc.double(), timestamp: time });
  const bucket = fc.record(
    { cumulative_count: count, upper_bound: fc.double(), exemplar },
    { requiredKeys: ['cumulative_count', 'upper_bound'] },
  );
  const histogram = fc.record({
    sample_count: count,
    sample_sum: fc.double(),
    bucket: fc.array(bucket),
    schema: fc.integer({ min: -4, max: 8 }),
    zero_threshold: fc.double(),
    zero_count: count,
    positive_span: fc.array(fc.record({ offset: fc.integer(), length: fc.nat() })),
    positive_delta: fc.array(delta),
    exemplars: fc.array(exemplar),
  });
  const plain = fc.record({ value: fc.double() });
  const summary = fc.record({ sample_count: count, sample_sum: fc.double() });
  const message = fc.record(
    { label: fc.array(words), gauge: plain, counter: plain, summary, histogram },
    { requiredKeys: ['label'] },
  );
  fc.assert(
    fc.property(message, (one) => {
      expect(Buffer.from(encodeSeries(one)).toString('hex')).toBe(bytesOf(one));
    }),
  );
});

it('has round trips as native histograms, with exemplars and without classic buckets', async () => {
  const families = await decodedOf(exporterOf({ histograms: 'native', buckets: 160 }));
  const trip = tripOf(families);
  expect(trip?.label).toContainEqual({ name: 'registry', value: 'a' });
  expect(trip?.histogram).toMatchObject({
    schema: 4,
    bucket: [],
    // 0.08 is in (2^(-59/16), 2^(-58/16)], 0.16 one power of two above.
    positiveSpan: [
      { offset: -58, length: 1 },
      { offset: 15, length: 1 },
    ],
    positiveDelta: [2, -1],
  });
  expect(trip?.histogram?.exemplars.map(({ label }) => label[0]?.value)).toEqual(['p1', 'p1']);
});

it('keeps the types and the names of all other metrics', async () => {
  const families = await decodedOf(exporterOf({ histograms: 'native', buckets: 160 }));
  const attempts = families.get('mirror_probe_attempts_total');
  expect(attempts?.type).toBe('COUNTER');
  expect(attempts?.metric.map(({ counter }) => counter?.value).sort()).toEqual([0, 0, 0, 3]);
  expect(families.get('mirror_cold_fetch_seconds')?.type).toBe('SUMMARY');
  expect(families.get('mirrorwatch_build_info')?.type).toBe('GAUGE');
  const text = await textOf(exporterOf(undefined).render(undefined));
  const named = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type?.toUpperCase()]);
  expect([...families.values()].map(({ name, type }) => [name, type])).toEqual(named);
});

it('an unobserved series differs from a classic one by its zero threshold', async () => {
  const families = await decodedOf(exporterOf({ histograms: 'native', buckets: 160 }));
  const unobserved = families
    .get('mirror_probe_rtt_seconds')
    ?.metric.find(({ histogram }) => histogram?.sampleCount === 0);
  expect(unobserved?.histogram).toMatchObject({ positiveSpan: [], zeroThreshold: 2 ** -128 });
});

it('has both forms where configured', async () => {
  const { histogram } = tripOf(await decodedOf(exporterOf({ histograms: 'both', buckets: 160 }))) ?? {};
  expect(histogram?.positiveDelta).toEqual([2, -1]);
  const below = histogram?.bucket.map(({ upperBound, cumulativeCount }) => [upperBound, cumulativeCount]);
  expect(below).toContainEqual([0.05, 0]);
  expect(below).toContainEqual([0.1, 2]);
  expect(below).toContainEqual([0.2, 3]);
});

it('merges buckets at the configured limit', async () => {
  const { histogram } = tripOf(await decodedOf(exporterOf({ histograms: 'native', buckets: 1 }))) ?? {};
  expect(histogram?.schema).toBeLessThan(4);
  expect(histogram?.positiveDelta).toEqual([3]);
});

it('native buckets, their count and their sum begin with the first scrape that gets them', async () => {
  const base = config({ mirrors: [mirror('a')] });
  const listen = { ...base.listen, protobuf: { histograms: 'native', buckets: 160 } as const };
  const targets = targetsOf('a');
  const exporter = createExporter({ config: { ...base, listen }, targets, version: '0.1.0', node: 'v24.0.0', turn });
  const [mod] = targets;
  if (mod === undefined) throw new Error('no target');
  const countOf = (families: ReadonlyMap<string, Decoded>) =>
    families
      .get('mirror_probe_rtt_seconds')
      ?.metric.reduce((sum, { histogram }) => sum + (histogram?.sampleCount ?? 0), 0);
  exporter.sample(sample(mod, { rttMs: 80 }));
  await textOf(exporter.render('text/plain'));
  expect(countOf(await decodedOf(exporter))).toBe(0);
  exporter.sample(sample(mod, { rttMs: 160 }));
  const families = await decodedOf(exporter);
  expect(countOf(families)).toBe(1);
  const trip = families.get('mirror_probe_rtt_seconds')?.metric.find(({ histogram }) => histogram?.sampleCount === 1);
  expect(trip?.histogram).toMatchObject({ sampleSum: 0.16, positiveDelta: [1] });
});

it('where it is not offered, a scraper that prefers protobuf gets text', () =>
  expect(exporterOf(undefined).render(`${contentTypes.protobuf},text/plain;q=0.5`).contentType).toBe(
    contentTypes.text,
  ));

it('the text page is the same in each form', async () => {
  const pages = [undefined, { histograms: 'native', buckets: 160 }, { histograms: 'both', buckets: 160 }] as const;
  const texts = await Promise.all(pages.map((form) => textOf(exporterOf(form).render('text/plain'))));
  const histograms = texts.map((text) => text.split('\n').filter((line) => line.startsWith('mirror_')));
  expect(histograms[1]).toEqual(histograms[0]);
  expect(histograms[2]).toEqual(histograms[0]);
});
