import { limits } from '../core/limits.ts';

/**
 * How long to wait before the next attempt: doubling from the least to the greatest back-off, with equal jitter (half
 * of it fixed, half random) so that many daemons do not beat on a receiver together. Milliseconds.
 * @param attempts  attempts made so far, ≥ 1
 * @param share     randomness in [0, 1)
 */
export function backoffMs(attempts: number, share: number): number {
  const ceiling = Math.min(limits.deliveryBackoffMsMax, limits.deliveryBackoffMsMin * 2 ** Math.min(attempts, 30));
  return Math.max(limits.deliveryBackoffMsMin, ceiling / 2 + (ceiling / 2) * share);
}
