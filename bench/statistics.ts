/** A set of numbers in short. */
export interface Summary {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly worst: number;
}

/** How a figure moved between rounds. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/**
 * The nearest-rank quantile: the smallest value that at least a share `q` of all are not above.
 * @param q  0 to 1
 * @returns NaN of nothing
 */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(q * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/** Median, p99 and worst; the worst is the largest. */
export function summaryOf(values: readonly number[]): Summary {
  return {
    count: values.length,
    median: quantile(values, 0.5),
    p99: quantile(values, 0.99),
    worst: quantile(values, 1),
  };
}

/** Median, least and most; all NaN of nothing. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), least: quantile(values, 0), most: quantile(values, 1) };
}

/** The mean; NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
