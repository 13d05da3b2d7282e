import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { createNativeHistogram, zeroThreshold } from '../../../../src/export/native/histogram.ts';

function observed(values: readonly number[], limit = 160) {
  const histogram = createNativeHistogram(limit);
  for (const value of values) histogram.observe(value);
  return histogram.read();
}

/** Counts by index, as Prometheus decodes spans and deltas. */
function decoded({ spans, deltas }: ReturnType<typeof observed>): Map<number, number> {
  const counts = new Map<number, number>();
  let index = 0;
  let count = 0;
  let at = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let one = 0; one < length; one++) {
      count += deltas[at++] ?? 0;
      counts.set(index++, count);
    }
  }
  expect(at).toBe(deltas.length);
  return counts;
}

test.each([
  { name: 'nothing', values: [], spans: [], deltas: [], zeroCount: 0 },
  { name: 'one: the bucket that ends at 1', values: [1], spans: [{ offset: 0, length: 1 }], deltas: [1], zeroCount: 0 },
  {
    name: 'a bound is inclusive',
    values: [2, 4],
    spans: [
      { offset: 16, length: 1 },
      { offset: 15, length: 1 },
    ],
    deltas: [1, 0],
    zeroCount: 0,
  },
  { name: 'just above a bound', values: [1.0001], spans: [{ offset: 1, length: 1 }], deltas: [1], zeroCount: 0 },
  {
    name: 'below 1: negative indexes',
    values: [0.5, 0.5],
    spans: [{ offset: -16, length: 1 }],
    deltas: [2],
    zeroCount: 0,
  },
  {
    name: 'neighbours share a span',
    values: [1, 1.04, 1.04],
    spans: [{ offset: 0, length: 2 }],
    deltas: [1, 1],
    zeroCount: 0,
  },
  { name: 'zero', values: [0, zeroThreshold, 1], spans: [{ offset: 0, length: 1 }], deltas: [1], zeroCount: 2 },
])('$name', ({ values, spans, deltas, zeroCount }) => {
  const sum = values.reduce((total, value) => total + value, 0);
  expect(observed(values)).toEqual({ schema: 4, count: values.length, sum, zeroCount, spans, deltas });
});

it('has each value between the bounds of its bucket, at each schema', () => {
  const seconds = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(
      seconds,
      fc.array(seconds, { maxLength: 40 }),
      fc.integer({ min: 1, max: 20 }),
      (value, others, limit) => {
        const read = observed([...others, value], limit);
        const bounds = (index: number) =>
          [2 ** ((index - 1) / 2 ** read.schema), 2 ** (index / 2 ** read.schema)] as const;
        const isIn = (index: number) => {
          const [low, high] = bounds(index);
          return low < value * (1 + 1e-12) && value <= high * (1 + 1e-12);
        };
        expect([...decoded(read).keys()].some(isIn)).toBe(true);
      },
    ),
  );
});

describe('the limit of buckets', () => {
  it('halves the resolution and keeps the count', () => {
    const read = observed([1, 1.04, 1.09, 2], 3);
    expect(read.schema).toBe(3);
    expect(decoded(read)).toEqual(
      new Map([
        [0, 1],
        [1, 2],
        [8, 1],
      ]),
    );
  });

  it('holds for any times of probes, without a lost value', () =>
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-4, max: 130, noNaN: true })),
        fc.integer({ min: 4, max: 40 }),
        (values, limit) => {
          const counts = decoded(observed(values, limit));
          expect(counts.size).toBeLessThanOrEqual(limit);
          expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(values.length);
        },
      ),
    ));
});
