import type { Weight } from '../../core/mirror.ts';

// If the times of mirrors scatter by factors, a few very slow responses may be chance. In logarithms, a very slow
// response counts little more than a slow one, so the logarithms of the ratios of times tell chance from slowness.
// docs/decisions/0169-ratios-of-times.md

/**
 * The sum of the logarithms must be this many times its standard deviation, of which `usualScatter` does not count for
 * each comparison.
 */
const ratioBound = 6;
const usualScatter = 0.4;
/** After so many comparisons, slowness is no chance, even if only some responses are slow. */
const chanceRounds = { light: 60, heavy: 12 } as const;

export class Ratios {
  /** The sum of ln(head's time / (least ratio that is worth a switch × candidate's time)). */
  sum = 0;
  /** Running mean and variance of ln(head's time / candidate's time). */
  mean = 0;
  variance = 0;
  /** The assumed minimum of `variance` while few downloads are known. */
  varianceLeast = 0;
}

/** ln(head's time / candidate's time). Times below 1 ms count as 1 ms. */
export function ratioOf(headMs: number, candidateMs: number): number {
  return Math.log(Math.max(1, headMs) / Math.max(1, candidateMs));
}

/**
 * Updates mean and variance.
 * @param weight  the weight of this comparison in mean and variance, 0 to 1
 */
export function updateRatio(ratios: Ratios, headMs: number, candidateMs: number, weight: number): void {
  const off = ratioOf(headMs, candidateMs) - ratios.mean;
  ratios.mean += weight * off;
  ratios.variance = (1 - weight) * (ratios.variance + weight * off * off);
}

/**
 * True if the slowness of the head may be chance, because times scatter by factors.
 * @param rounds  the number of comparisons in `sum`
 * @param ease    the share of the bound that is enough, 0 to 1
 */
export function isChance({ sum, variance, varianceLeast }: Ratios, rounds: number, by: Weight, ease: number): boolean {
  if (rounds >= chanceRounds[by]) return false;
  const scatter = Math.sqrt(Math.max(variance, varianceLeast)) - usualScatter;
  return scatter > 0 && sum < ease * ratioBound * scatter * Math.sqrt(rounds);
}
