import { limits } from '../core/limits.ts';

interface Bucket {
  level: number;
  atMs: number;
}

export type Buckets = ReturnType<typeof createBuckets>;

const sweepMs = 1_000;

/**
 * Creates a rate limit for each client. A bucket has room for the requests of one minute and refills evenly. If there
 * are more than `limits.clientsCounted` clients, all new ones share one bucket.
 * @param perMinute  requests of one client, > 0
 * @param nowMs      the monotonic clock
 */
export function createBuckets(perMinute: number, nowMs: () => number) {
  const buckets = new Map<string, Bucket>();
  let sweptAtMs = Number.NEGATIVE_INFINITY;
  const levelAt = ({ level, atMs }: Bucket, now: number): number =>
    Math.min(perMinute, level + ((now - atMs) * perMinute) / 60_000);

  function sweep(now: number): void {
    if (now - sweptAtMs < sweepMs) return;
    sweptAtMs = now;
    for (const [client, bucket] of buckets) if (levelAt(bucket, now) >= perMinute) buckets.delete(client);
  }

  function bucketOf(client: string, now: number): Bucket {
    const known = buckets.get(client);
    if (known !== undefined) return known;
    if (buckets.size >= limits.clientsCounted) sweep(now);
    const key = buckets.size < limits.clientsCounted ? client : '';
    const made = buckets.get(key) ?? { level: perMinute, atMs: now };
    buckets.set(key, made);
    return made;
  }

  return {
    /** Counts a request. @returns `null` if it may pass, else the number of whole seconds to wait, at least 1 */
    take(client: string): number | null {
      const now = nowMs();
      const bucket = bucketOf(client, now);
      bucket.level = levelAt(bucket, now);
      bucket.atMs = now;
      if (bucket.level < 1) return Math.max(1, Math.ceil(((1 - bucket.level) * 60) / perMinute));
      bucket.level -= 1;
      return null;
    },
  };
}
