import { findingKinds, kindTraits } from '../../core/finding.ts';

/**
 * Bounds of buckets in seconds (docs/metrics.md#buckets). 0.8 is the minimum of the spike rule, and 120 the maximum of
 * timeouts. No bound is a whole number, because the text formats write whole numbers differently: the label `le` would
 * differ.
 */
export const secondsBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.8, 1.1, 1.6, 2.5, 5.5, 10.5, 30.5, 60.5, 120.5,
] as const;

/** Bounds of buckets in bytes per second. No bound is a whole number, for the reason given at `secondsBuckets`. */
export const throughputBuckets = [
  16384.5, 65536.5, 131072.5, 262144.5, 524288.5, 1048576.5, 2097152.5, 4194304.5, 8388608.5, 16777216.5, 67108864.5,
  268435456.5,
] as const;

export const mirrorFindingKinds = findingKinds.filter((kind) => !kindTraits[kind].isAboutUs);
export const ownFindingKinds = findingKinds.filter((kind) => kindTraits[kind].isAboutUs);
