import { secondsBuckets } from '../../../src/export/catalog/values.ts';
import { samplesMin, slowFactor, slowFloorSeconds, slowShareMin } from '../../../src/features/rules/round-trips.ts';

const hourMs = 3_600_000;

interface Timed {
  readonly atMs: number;
  readonly seconds: number;
}

/** Round trips of one mirror over the last hour, by target. */
export interface Slowness {
  observe(targetId: string, seconds: number, atMs: number): void;
  /**
   * The rule `MirrorSlow`: true if half of the judged targets are slow. A target is slow if the 95th percentiles of the
   * last hour and of its last quarter are above the limit.
   */
  isSlow(baselines: ReadonlyMap<string, number>, nowMs: number): boolean;
}

/** Makes the record of a mirror without responses. */
export function createSlowness(): Slowness {
  const targets = new Map<string, Timed[]>();
  return {
    observe(targetId, seconds, atMs) {
      const timed = targets.get(targetId) ?? [];
      targets.set(targetId, timed);
      timed.push({ atMs, seconds });
    },
    isSlow(baselines, nowMs) {
      let judged = 0;
      let slow = 0;
      for (const [id, all] of targets) {
        const timed = all.filter(({ atMs }) => atMs > nowMs - hourMs);
        targets.set(id, timed);
        const baseline = baselines.get(id);
        if (baseline === undefined || timed.length < samplesMin) continue;
        judged += 1;
        const limit = Math.max(slowFactor * baseline, slowFloorSeconds);
        const quarter = timed.filter(({ atMs }) => atMs > nowMs - hourMs / 4);
        if (p95(timed) > limit && p95(quarter) > limit) slow += 1;
      }
      return judged > 0 && slow / judged >= slowShareMin;
    },
  };
}

/**
 * The 95th percentile as Prometheus's `histogram_quantile` computes it: linear within a bucket, never above the last
 * bound; NaN without values.
 */
export function p95(timed: readonly { readonly seconds: number }[]): number {
  if (timed.length === 0) return Number.NaN;
  const counts = secondsBuckets.map(() => 0);
  for (const { seconds } of timed) {
    const bucket = secondsBuckets.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  const rank = 0.95 * timed.length;
  let below = 0;
  let from = 0;
  for (const [bucket, bound] of secondsBuckets.entries()) {
    const inside = counts[bucket] ?? 0;
    if (below + inside >= rank) return from + (bound - from) * ((rank - below) / inside);
    below += inside;
    from = bound;
  }
  return from;
}
