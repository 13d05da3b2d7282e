const minuteMs = 60_000;
const minutes = 60;

/** Bytes transferred over the last hour, by minute. A minute leaves the sum as a whole, so the sum is slightly too high. */
export interface ByteWindow {
  add(bytes: number, monotonicMs: number): void;
  sum(monotonicMs: number): number;
}

/** An empty window. */
export function createByteWindow(): ByteWindow {
  const buckets = new Array<number>(minutes + 1).fill(0);
  let newest = Number.NEGATIVE_INFINITY;
  let total = 0;

  function advance(monotonicMs: number): void {
    const minute = Math.floor(monotonicMs / minuteMs);
    if (minute <= newest) return;
    for (let passed = Math.max(newest + 1, minute - minutes); passed <= minute; passed += 1) {
      const at = ((passed % buckets.length) + buckets.length) % buckets.length;
      total -= buckets[at] ?? 0;
      buckets[at] = 0;
    }
    newest = minute;
  }

  return {
    add(bytes, monotonicMs) {
      advance(monotonicMs);
      const at = ((newest % buckets.length) + buckets.length) % buckets.length;
      buckets[at] = (buckets[at] ?? 0) + bytes;
      total += bytes;
    },
    sum(monotonicMs) {
      advance(monotonicMs);
      return total;
    },
  };
}
