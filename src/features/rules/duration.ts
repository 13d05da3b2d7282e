import type { RuleParameters } from './parameters.ts';

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/**
 * Seconds as PromQL writes them, in the largest unit that fits whole: `90` is `90s`, `86400` is `1d`.
 * @throws RangeError below a millisecond: the caller's defect
 */
export function durationText(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  if (!(ms >= 1)) throw new RangeError(`not a duration: ${seconds} s`);
  for (const [unit, size] of units) if (ms % size === 0) return `${ms / size}${unit}`;
  return `${ms}ms`;
}

/** A window or waiting time of a rule, in the site's time scale. */
export function window({ timeScale }: RuleParameters, seconds: number): string {
  return durationText(seconds * timeScale);
}

/** Seconds to compare with, in the site's time scale. */
export function scaled({ timeScale }: RuleParameters, seconds: number): number {
  return Number((seconds * timeScale).toFixed(3));
}
