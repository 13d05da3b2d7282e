import { limits } from '../core/limits.ts';

/**
 * The wait before the next attempt: doubled from the smallest to the largest back-off, with equal jitter (half fixed, half
 * random) so that many daemons do not send at the same times. Milliseconds.
 * @param attempts  attempts made so far, ≥ 1
 * @param share     randomness in [0, 1)
 */
export function backoffMs(attempts: number, share: number): number {
  const ceiling = Math.min(limits.deliveryBackoffMsMax, limits.deliveryBackoffMsMin * 2 ** Math.min(attempts, 30));
  return Math.max(limits.deliveryBackoffMsMin, ceiling / 2 + (ceiling / 2) * share);
}
