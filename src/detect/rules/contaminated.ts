import { isTimeout } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Sample } from '../../core/sample.ts';

type Delayed = Pick<Sample, 'rttMs' | 'loopDelayMsMax'>;

/**
 * True where our own event loop stretched a round trip by at least 20 ms and 10 % of it: an ok sample is judged all the
 * same, but no baseline learns its time.
 */
export function isDisturbed({ rttMs, loopDelayMsMax: delayMs }: Delayed): boolean {
  return rttMs !== null && delayMs >= limits.disturbedMsMin && delayMs >= limits.disturbedShareOfRtt * rttMs;
}

/**
 * True where our own event loop could have moved the verdict on a sample, which is unknown then. A delay only lengthens, so
 * an ok sample took between its round trip less the delay and its round trip: its verdict is open where a bound lies
 * there. A timeout is open from a delay of a quarter of it. Failures that no delay can cause (a refused connection) and
 * unknown samples are not.
 * @param boundsMs  the round trips at which a verdict about speed changes, none while warming; `null`: rates are judged
 *                  (heavy steps), and what is disturbed is open
 * @see docs/decisions/0047-what-a-delay-leaves-open.md
 */
export function isContaminated(sample: Pick<Sample, 'outcome'> & Delayed, boundsMs: readonly number[] | null): boolean {
  const { outcome, rttMs, loopDelayMsMax: delayMs } = sample;
  if (delayMs <= 0) return false;
  switch (outcome.tag) {
    case 'unknown':
      return false;
    case 'failed': {
      const { failure } = outcome;
      if (!isTimeout(failure.kind) || !('limitMs' in failure)) return false;
      return delayMs >= limits.contaminatedShareOfTimeout * failure.limitMs;
    }
    case 'ok':
      if (rttMs === null) return false;
      if (boundsMs === null) return isDisturbed(sample);
      return boundsMs.some((boundMs) => rttMs >= boundMs && rttMs - delayMs <= boundMs);
    default:
      return outcome satisfies never;
  }
}
