import type { SpikeRule } from '../../core/config.ts';
import { isTimeout } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Sample } from '../../core/sample.ts';

/**
 * The round trip above which a sample counts as slow: the larger of `factor` × baseline and `limits.spikeTailFactor` × the
 * window's p99, at least `floorMs`, at most `limits.thresholdShareOfTimeout` × `timeoutMs`.
 * @param baselineMs  median of the recent ok samples, > 0; `null` while warming
 * @param timeoutMs   the deadline of the probe, > 0
 * @param p99Ms       99th percentile of the same window; `null`: the median alone decides
 * @returns           milliseconds, or `null` while warming: no verdict, neither "fine" nor "slow"
 * @throws RangeError on NaN: the caller's defect, never a mirror's fault
 * @see design.md section 5, Spike
 */
export function thresholdMsOf(
  baselineMs: number | null,
  rule: SpikeRule,
  timeoutMs: number,
  p99Ms: number | null = null,
): number | null {
  if (baselineMs === null) return null;
  assertNumbers(baselineMs, timeoutMs);
  return Math.min(
    Math.max(usualMsMax(baselineMs, p99Ms, rule), rule.floorMs),
    limits.thresholdShareOfTimeout * timeoutMs,
  );
}

/**
 * True for a round trip above `factor` × baseline, above `limits.spikeTailFactor` × the window's p99, and at or above
 * `floorMs`; each of these is at most `limits.thresholdShareOfTimeout` × `timeoutMs`. `null` while warming. The comparisons
 * differ on purpose: exactly the factor is still usual, exactly the floor is slow.
 */
export function isSlow(
  observedMs: number,
  baselineMs: number | null,
  rule: SpikeRule,
  timeoutMs: number,
  p99Ms: number | null = null,
): boolean | null {
  if (baselineMs === null) return null;
  assertNumbers(observedMs, baselineMs, timeoutMs);
  const capMs = limits.thresholdShareOfTimeout * timeoutMs;
  return (
    observedMs > Math.min(usualMsMax(baselineMs, p99Ms, rule), capMs) && observedMs >= Math.min(rule.floorMs, capMs)
  );
}

/**
 * True for a round trip that counts for the end of a spike: below `limits.spikeClearFactor` × baseline, or below half of the
 * threshold for slow.
 * The second matters where the floor decides: at a mirror with 3 ms, 9 ms is not part of a spike of 900.
 */
export function isClear(
  observedMs: number,
  baselineMs: number,
  rule: SpikeRule,
  timeoutMs: number,
  p99Ms: number | null = null,
): boolean {
  return observedMs < clearMs(baselineMs, rule, timeoutMs, p99Ms);
}

/** The round trip below which a sample counts for the end of a spike, milliseconds. */
function clearMs(baselineMs: number, rule: SpikeRule, timeoutMs: number, p99Ms: number | null): number {
  const slowMs = thresholdMsOf(baselineMs, rule, timeoutMs, p99Ms) ?? Number.POSITIVE_INFINITY;
  return Math.max(limits.spikeClearFactor * baselineMs, slowMs / 2);
}

/**
 * The round trips at which a verdict on the speed of a series changes: slow with and without its tail, and during a spike
 * clear again. None while warming. Milliseconds.
 */
export function boundsMsOf(
  { medianMs, p99Ms }: { readonly medianMs: number | null; readonly p99Ms: number | null },
  rule: SpikeRule,
  timeoutMs: number,
  isInSpike: boolean,
): readonly number[] {
  if (medianMs === null) return [];
  const slow = [p99Ms, null].flatMap((tailMs) => thresholdMsOf(medianMs, rule, timeoutMs, tailMs) ?? []);
  return isInSpike ? [...slow, clearMs(medianMs, rule, timeoutMs, p99Ms)] : slow;
}

/** A mirror with a long tail is slow only beyond it. */
function usualMsMax(baselineMs: number, p99Ms: number | null, rule: SpikeRule): number {
  return Math.max(rule.factor * baselineMs, limits.spikeTailFactor * (p99Ms ?? 0));
}

function assertNumbers(...values: readonly number[]): void {
  if (values.some(Number.isNaN)) throw new RangeError('threshold: not a number');
}

type Delayed = Pick<Sample, 'rttMs' | 'loopDelayMsMax'>;

/**
 * True where our own event loop delayed a round trip by at least `limits.disturbedMsMin` and `limits.disturbedShareOfRtt` of
 * it: an ok sample is still judged, but no baseline learns its time.
 */
export function isDisturbed({ rttMs, loopDelayMsMax: delayMs }: Delayed): boolean {
  return rttMs !== null && delayMs >= limits.disturbedMsMin && delayMs >= limits.disturbedShareOfRtt * rttMs;
}

/**
 * True where our own event loop could have changed the verdict on a sample, which is then unknown. A delay only lengthens,
 * so the true time of an ok sample is between its round trip minus the delay and its round trip: the verdict is open if a
 * bound is in that range. For a timeout the verdict is open from a delay of
 * `limits.contaminatedShareOfTimeout` of it. Failures that no delay can cause (a refused connection) and unknown samples are
 * not affected.
 * @param boundsMs  the round trips at which a verdict on speed changes, none while warming; `null`: rates are judged
 * (heavy steps), and a disturbed sample is open
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
