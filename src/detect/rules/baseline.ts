import type { SpikeRule } from '../../core/config.ts';
import { placeIn, quantile } from '../../core/statistics.ts';

export interface Baseline {
  /** The last round trips in milliseconds, oldest first, at most `rule.window`. */
  readonly window: readonly number[];
  readonly sorted: readonly number[];
  /** The median of `window`, milliseconds; `null` until `window` has `rule.warmup` round trips. */
  readonly medianMs: number | null;
  /**
   * The larger of the 99th percentile by rank and the one implied by the quartiles, milliseconds; `null` while
   * `medianMs` is `null`.
   */
  readonly p99Ms: number | null;
  /** The version that `latest` resolved to; `null`: the version is fixed, or `latest` was not resolved yet. */
  readonly resolvedVersion: string | null;
}

export const emptyBaseline: Baseline = { window: [], sorted: [], medianMs: null, p99Ms: null, resolvedVersion: null };

/** The median of some numbers; `null` for an empty list. */
export function medianOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : middleOf([...values].sort(ascending));
}

const ascending = (a: number, b: number) => a - b;

function middleOf(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

export function learn(baseline: Baseline, rttMs: number, rule: SpikeRule): Baseline {
  const all = [...baseline.window, rttMs];
  // To sort the whole window for each sample would be costly.
  const sorted = [...baseline.sorted];
  for (const left of all.slice(0, -rule.window)) sorted.splice(placeIn(sorted, left), 1);
  sorted.splice(placeIn(sorted, rttMs), 0, rttMs);
  return newBaseline(all, baseline.resolvedVersion, rule, sorted);
}

/**
 * Makes a baseline from round trips in milliseconds, oldest first.
 * @param sorted  the last `rule.window` of them, sorted
 */
export function newBaseline(
  all: readonly number[],
  resolvedVersion: string | null,
  rule: SpikeRule,
  sorted: readonly number[] = all.slice(-rule.window).toSorted(ascending),
): Baseline {
  const window = all.slice(-rule.window);
  const p99Ms = quantile(sorted, 0.99);
  const isWarm = p99Ms !== null && window.length >= Math.min(rule.warmup, rule.window);
  return {
    window,
    sorted,
    medianMs: isWarm ? middleOf(sorted) : null,
    p99Ms: isWarm ? Math.max(p99Ms, impliedP99Ms(sorted)) : null,
    resolvedVersion,
  };
}

/**
 * The number of standard deviations between the quartiles of a normal distribution, and from its median to its 99th
 * percentile.
 */
const betweenQuartiles = 1.349;
const toP99 = 2.326;

/**
 * The 99th percentile of the log-normal distribution with the quartiles and the median of `sorted`; 0 if the lower
 * quartile is 0.
 */
function impliedP99Ms(sorted: readonly number[]): number {
  const [low, high] = [quantile(sorted, 0.25) ?? 0, quantile(sorted, 0.75) ?? 0];
  return low <= 0 ? 0 : middleOf(sorted) * (high / low) ** (toP99 / betweenQuartiles);
}

/**
 * The baseline for `resolvedVersion`. It is empty if `latest` resolved to another version before, because that is
 * another file.
 */
export function baselineForVersion(baseline: Baseline, resolvedVersion: string | undefined): Baseline {
  if (resolvedVersion === undefined || resolvedVersion === baseline.resolvedVersion) return baseline;
  if (baseline.resolvedVersion === null) return { ...baseline, resolvedVersion };
  return { ...emptyBaseline, resolvedVersion };
}
