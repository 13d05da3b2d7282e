import type { SpikeRule } from '../../core/config.ts';

/** What a series usually takes: its recent round trips in order of arrival, and their median once there are enough. */
export interface Baseline {
  /** Milliseconds, oldest first, at most `rule.window`. */
  readonly window: readonly number[];
  /** Median of the window; `null` while warming. */
  readonly medianMs: number | null;
  /** What `latest` stood for when the window was learned; `null` where the series has a fixed version or none. */
  readonly resolvedVersion: string | null;
}

/** A baseline that has seen nothing: warming. */
export const emptyBaseline: Baseline = { window: [], medianMs: null, resolvedVersion: null };

/** The median of some numbers; `null` of none. */
export function medianOf(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/**
 * The baseline with one more round trip. The caller leaves out what must not be learned: cold fetches, confirming
 * probes, anything above the threshold, and everything while a spike is open.
 */
export function learn(baseline: Baseline, rttMs: number, rule: SpikeRule): Baseline {
  return withWindow([...baseline.window, rttMs].slice(-rule.window), baseline.resolvedVersion, rule);
}

/** A baseline over a given window, as after a restart or a changed `warmup`. */
export function withWindow(window: readonly number[], resolvedVersion: string | null, rule: SpikeRule): Baseline {
  const kept = window.slice(-rule.window);
  const isWarm = kept.length >= Math.min(rule.warmup, rule.window) && kept.length > 0;
  return { window: kept, medianMs: isWarm ? medianOf(kept) : null, resolvedVersion };
}

/**
 * The baseline for an answer about `resolvedVersion`: unchanged, or empty when `latest` now stands for something else,
 * because another version is another file. `undefined`: the answer does not say.
 */
export function forVersion(baseline: Baseline, resolvedVersion: string | undefined): Baseline {
  if (resolvedVersion === undefined || resolvedVersion === baseline.resolvedVersion) return baseline;
  if (baseline.resolvedVersion === null) return { ...baseline, resolvedVersion };
  return { ...emptyBaseline, resolvedVersion };
}
