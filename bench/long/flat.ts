import { quantile } from '../statistics.ts';

/**
 * What grew from the second third of a series to its last one, by their medians: 1.1 is a tenth more. The first third, in which
 * what is bounded fills, does not count.
 * @param values  three or more, in order
 */
export function growthOf(values: readonly number[]): number {
  const third = Math.floor(values.length / 3);
  const median = (from: number, to?: number): number => quantile(values.slice(from, to), 0.5);
  return median(values.length - third) / median(third, values.length - third);
}
