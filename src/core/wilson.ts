/** The normal quantile of an interval that holds the truth 19 times of 20. */
export const deviations95 = 1.96;

/**
 * What a share could truly be that was seen over so many trials, 19 times of 20, 0 to 1. Of none: anything.
 * @see Wilson: Probable inference, the law of succession, and statistical inference, JASA 22 (1927)
 */
export function wilson(share: number, trials: number): { readonly low: number; readonly high: number } {
  if (trials <= 0) return { low: 0, high: 1 };
  const squared = deviations95 ** 2;
  const middle = (share + squared / (2 * trials)) / (1 + squared / trials);
  const half =
    (deviations95 * Math.sqrt((share * (1 - share)) / trials + squared / (4 * trials ** 2))) / (1 + squared / trials);
  return { low: Math.max(0, Math.min(share, middle - half)), high: Math.min(1, Math.max(share, middle + half)) };
}
