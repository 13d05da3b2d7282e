import type { SpikeRule } from '../../core/config.ts';
import { timeoutMsOf } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Sample } from '../../core/sample.ts';

/**
 * The round trip above which a sample is slow, milliseconds: the larger of `factor` × baseline and
 * `limits.spikeTailFactor` × p99, at least `floorMs`, at most `limits.thresholdShareOfTimeout` × `timeoutMs`.
 * @param baselineMs  > 0; `null` while the baseline warms up: the result is `null` too
 * @param p99Ms       of the same window; `null`: the median alone decides
 * @throws RangeError if the baseline or the timeout is NaN, which is a defect of the caller
 * @see docs/detection.md#rules-of-findings
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
 * True if a round trip is slow: longer than the usual maximum (`usualMsMax`), and at least `rule.floorMs`. Both limits
 * are at most `limits.thresholdShareOfTimeout` × `timeoutMs`. `null` while the baseline warms up.
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
 * True for a round trip that counts for the end of a spike: below `limits.spikeClearFactor` × baseline, or below half
 * of the threshold.
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

function clearMs(baselineMs: number, rule: SpikeRule, timeoutMs: number, p99Ms: number | null): number {
  const slowMs = thresholdMsOf(baselineMs, rule, timeoutMs, p99Ms) ?? Number.POSITIVE_INFINITY;
  return Math.max(limits.spikeClearFactor * baselineMs, slowMs / 2);
}

/**
 * The round trips at which a verdict on speed changes, milliseconds. During a spike these include the bound of
 * `isClear`.
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

/**
 * The highest usual round trip, milliseconds. If a mirror's latencies have a long tail, only round trips beyond the
 * tail are slow.
 */
function usualMsMax(baselineMs: number, p99Ms: number | null, rule: SpikeRule): number {
  return Math.max(rule.factor * baselineMs, limits.spikeTailFactor * (p99Ms ?? 0));
}

function assertNumbers(...values: readonly number[]): void {
  if (values.some(Number.isNaN)) throw new RangeError('threshold: not a number');
}

type Delayed = Pick<Sample, 'rttMs' | 'loopDelayMsMax' | 'loopDelayMsSum'>;

/**
 * True if a delay of our own event loop could have changed the verdict on the sample.
 * @param boundsMs  where a verdict on speed changes; `null`: a download, which is judged by its bytes, not its time
 * @see docs/decisions/0047-what-a-delay-leaves-open.md
 */
export function isContaminated(sample: Pick<Sample, 'outcome'> & Delayed, boundsMs: readonly number[] | null): boolean {
  const { outcome, rttMs, loopDelayMsMax: delayMs } = sample;
  if (delayMs <= 0) return false;
  switch (outcome.tag) {
    case 'unknown':
      return false;
    case 'failed': {
      const limitMs = timeoutMsOf(outcome);
      if (limitMs === null) return false;
      // Each piece of a body waits for our event loop, so the sum of the delays counts. Other phases wait for one event
      // or a few, so the longest delay counts.
      const isBody = outcome.failure.kind === 'timeout_transfer';
      const spentMs = isBody ? (sample.loopDelayMsSum ?? delayMs) : delayMs;
      return spentMs >= limits.contaminatedShareOfTimeout * limitMs;
    }
    case 'ok':
      if (rttMs === null) return false;
      return (boundsMs ?? []).some((boundMs) => rttMs >= boundMs && rttMs - delayMs <= boundMs);
    default:
      return outcome satisfies never;
  }
}
