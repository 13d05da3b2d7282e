/**
 * The schema (resolution) at the start: each bucket is 2^(1/16) times as wide as the previous one, so a quantile is
 * exact to within 4.4 %.
 */
const startSchema = 4;
/** The lowest schema of Prometheus: each bucket is 65 536 times as wide as the previous one. */
const lowestSchema = -4;
/** Values up to this one count in the zero bucket. The default of Prometheus' Go client is the same. */
export const zeroThreshold = 2 ** -128;

export type NativeHistogram = ReturnType<typeof createNativeHistogram>;

/** Returns the index of the bucket of a value > 0. The upper bound of a bucket, 2^(index / 2^schema), is inclusive. */
function indexOf(value: number, schema: number): number {
  const width = 2 ** -schema;
  const index = Math.ceil(Math.log2(value) / width);
  // Corrects the rounding of the logarithm: a value at a bound belongs to the bucket that ends there.
  if (2 ** ((index - 1) * width) >= value) return index - 1;
  return 2 ** (index * width) < value ? index + 1 : index;
}

/**
 * Counts the values >= 0 of one series in sparse buckets of exponential width.
 * @param limit  the maximum number of buckets, at least 1
 */
export function createNativeHistogram(limit: number) {
  let schema = startSchema;
  let buckets = new Map<number, number>();
  let zeroCount = 0;
  let count = 0;
  let sum = 0;

  /** Merges pairs of neighbouring buckets: 2i - 1 and 2i become i. */
  function halveResolution(): void {
    const merged = new Map<number, number>();
    for (const [index, count] of buckets) {
      const next = Math.ceil(index / 2);
      merged.set(next, (merged.get(next) ?? 0) + count);
    }
    buckets = merged;
    schema -= 1;
  }

  return {
    observe(value: number): void {
      count += 1;
      sum += value;
      if (value <= zeroThreshold) {
        zeroCount += 1;
        return;
      }
      const index = indexOf(value, schema);
      buckets.set(index, (buckets.get(index) ?? 0) + 1);
      while (buckets.size > limit && schema > lowestSchema) halveResolution();
    },
    /**
     * Returns the runs of non-empty buckets as protobuf needs them: each count is the difference to the previous count.
     */
    read() {
      const spans: { offset: number; length: number }[] = [];
      const deltas: number[] = [];
      let end = 0;
      let previous = 0;
      for (const [index, inBucket] of [...buckets].sort(([a], [b]) => a - b)) {
        const last = spans.at(-1);
        if (last !== undefined && index === end) last.length += 1;
        else spans.push({ offset: index - end, length: 1 });
        deltas.push(inBucket - previous);
        previous = inBucket;
        end = index + 1;
      }
      return { schema, count, sum, zeroCount, spans, deltas };
    },
  };
}
