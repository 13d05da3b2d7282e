/**
 * The q-quantile by the nearest-rank method: always a measured value, so its probe can be found.
 * @param sorted  ascending
 * @param q       0 to 1
 * @returns       `null` for no values
 */
export function quantile(sorted: readonly number[], q: number): number | null {
  if (sorted.length === 0) return null;
  const rank = Math.max(1, Math.ceil(q * sorted.length));
  return sorted[Math.min(rank, sorted.length) - 1] ?? null;
}

/** The same of numbers in any order, which are left as they are. */
export function quantileOf(values: readonly number[], q: number): number | null {
  return quantile(
    [...values].sort((a, b) => a - b),
    q,
  );
}
