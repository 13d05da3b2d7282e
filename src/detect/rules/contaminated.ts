import { isTimeout } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Sample } from '../../core/sample.ts';

/**
 * True where our own event loop could have moved the verdict on a sample: a delay of at least the distance to the
 * threshold; for a timeout at least a quarter of it; without a threshold (warming, heavy steps) at least 20 ms and
 * 10 % of the round trip. Failures that no delay can cause (a refused connection) and unknown samples are not.
 * @param thresholdMs  the spike threshold in force, or `null` where there is none
 * @see design.md section 3
 */
export function isContaminated(
  sample: Pick<Sample, 'outcome' | 'rttMs' | 'loopDelayMsMax'>,
  thresholdMs: number | null,
): boolean {
  const delayMs = sample.loopDelayMsMax;
  if (delayMs <= 0) return false;
  switch (sample.outcome.tag) {
    case 'unknown':
      return false;
    case 'failed': {
      const { failure } = sample.outcome;
      if (!isTimeout(failure.kind) || !('limitMs' in failure)) return false;
      return delayMs >= limits.contaminatedShareOfTimeout * failure.limitMs;
    }
    case 'ok':
      if (sample.rttMs === null) return false;
      if (thresholdMs !== null) return delayMs >= Math.abs(sample.rttMs - thresholdMs);
      return delayMs >= limits.contaminatedMsMin && delayMs >= limits.contaminatedShareOfRtt * sample.rttMs;
    default:
      return sample.outcome satisfies never;
  }
}
