/**
 * The q-quantile by the nearest-rank method, which is one of the values.
 * @param sorted  ascending
 * @param q       0 to 1
 * @returns       `null` for no values
 */
export function quantile(sorted: readonly number[], q: number): number | null {
  if (sorted.length === 0) return null;
  const rank = Math.max(1, Math.ceil(q * sorted.length));
  return sorted[Math.min(rank, sorted.length) - 1] ?? null;
}

/** As `quantile`, for numbers in any order. */
export function quantileOf(values: readonly number[], q: number): number | null {
  return quantile(
    [...values].sort((a, b) => a - b),
    q,
  );
}

/** The half-width of a 95 % confidence interval in standard deviations. */
export const deviations95 = 1.96;

/**
 * The 95 % confidence interval of a share observed in `trials` trials, 0 to 1.
 * @see Wilson: Probable inference, the law of succession, and statistical inference, JASA 22 (1927)
 */
export function wilsonOf(share: number, trials: number): { readonly low: number; readonly high: number } {
  if (trials <= 0) return { low: 0, high: 1 };
  const squared = deviations95 ** 2;
  const middle = (share + squared / (2 * trials)) / (1 + squared / trials);
  const half =
    (deviations95 * Math.sqrt((share * (1 - share)) / trials + squared / (4 * trials ** 2))) / (1 + squared / trials);
  return { low: Math.max(0, Math.min(share, middle - half)), high: Math.min(1, Math.max(share, middle + half)) };
}

/** The log-likelihood of `bad` failures in `all` trials at the failure rate `bad / all`; 0 without trials. */
export function likelihoodOf(bad: number, all: number): number {
  const good = all - bad;
  return (bad === 0 ? 0 : bad * Math.log(bad / all)) + (good === 0 ? 0 : good * Math.log(good / all));
}
