/**
 * Returns the q-quantile by the nearest-rank method, so it is always one of the values.
 * @param sorted  ascending
 * @param q       0 to 1
 * @returns       `null` for no values
 */
export function quantile(sorted: readonly number[], q: number): number | null {
  if (sorted.length === 0) return null;
  const rank = Math.max(1, Math.ceil(q * sorted.length));
  return sorted[Math.min(rank, sorted.length) - 1] ?? null;
}

/**
 * Returns the index of the first number that is not below `value`, so the place where `value` keeps the order.
 * @param sorted  ascending
 */
export function placeIn(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Like `quantile`, for numbers in any order. */
export function quantileOf(values: readonly number[], q: number): number | null {
  return quantile(
    [...values].sort((a, b) => a - b),
    q,
  );
}

/** Returns the log-likelihood of `bad` failures in `all` trials at the failure rate `bad / all`; 0 without trials. */
export function likelihoodOf(bad: number, all: number): number {
  const good = all - bad;
  return (bad === 0 ? 0 : bad * Math.log(bad / all)) + (good === 0 ? 0 : good * Math.log(good / all));
}

/** The numbers of failures and of all trials. */
export interface Counts {
  readonly bad: number;
  readonly all: number;
}

/**
 * How much better two failure rates explain the responses of two mirrors than one common rate: a log-likelihood ratio,
 * 0 or more.
 */
export function compareRates(a: Counts, b: Counts): number {
  return likelihoodOf(a.bad, a.all) + likelihoodOf(b.bad, b.all) - likelihoodOf(a.bad + b.bad, a.all + b.all);
}

/** Rounds to six decimals, so a value in seconds to whole microseconds. */
export function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
