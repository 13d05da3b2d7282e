import type { SpikeRule } from '../../core/config.ts';
import { timeoutMsOf } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Sample } from '../../core/sample.ts';

/**
 * What a round trip is compared with, milliseconds: the median (> 0) of usual ones, and their 99th percentile. `null`:
 * no median is known. Without `p99Ms`, the median alone decides.
 */
interface Level {
  readonly medianMs: number | null;
  readonly p99Ms?: number | null;
}

/**
 * The round trip above which a sample is slow, milliseconds: the larger of `factor` × median and
 * `limits.spikeTailFactor` × p99, at least `floorMs`, at most `limits.thresholdShareOfTimeout` × `timeoutMs`. `null`
 * without a median.
 * @throws RangeError if the median or the timeout is NaN, which is a defect of the caller
 * @see docs/detection.md#rules-of-findings
 */
export function thresholdMsOf({ medianMs, p99Ms }: Level, rule: SpikeRule, timeoutMs: number): number | null {
  if (medianMs === null) return null;
  assertNumbers(medianMs, timeoutMs);
  const slowMs = Math.max(usualMsMax(medianMs, p99Ms, rule), rule.floorMs);
  return Math.min(slowMs, limits.thresholdShareOfTimeout * timeoutMs);
}

/**
 * True if a round trip is slow: longer than the usual maximum (`usualMsMax`), and at least `rule.floorMs`. Both limits
 * are at most `limits.thresholdShareOfTimeout` × `timeoutMs`. `null` without a median.
 */
export function isSlow(observedMs: number, level: Level, rule: SpikeRule, timeoutMs: number): boolean | null {
  const { medianMs, p99Ms } = level;
  if (medianMs === null) return null;
  assertNumbers(observedMs, medianMs, timeoutMs);
  const capMs = limits.thresholdShareOfTimeout * timeoutMs;
  return observedMs > Math.min(usualMsMax(medianMs, p99Ms, rule), capMs) && observedMs >= Math.min(rule.floorMs, capMs);
}

/**
 * True for a round trip that counts for the end of a spike: below `limits.spikeClearFactor` × median, or below half of
 * the threshold. False without a median.
 */
export function isClear(observedMs: number, level: Level, rule: SpikeRule, timeoutMs: number): boolean {
  return observedMs < clearMs(level, rule, timeoutMs);
}

function clearMs(level: Level, rule: SpikeRule, timeoutMs: number): number {
  return Math.max(limits.spikeClearFactor * (level.medianMs ?? 0), (thresholdMsOf(level, rule, timeoutMs) ?? 0) / 2);
}

/**
 * The round trips at which a verdict on speed changes, milliseconds. During a spike these include the bound of
 * `isClear`.
 */
export function boundsMsOf(level: Level, rule: SpikeRule, timeoutMs: number, isInSpike: boolean): readonly number[] {
  const { medianMs } = level;
  if (medianMs === null) return [];
  const slow = [level, { medianMs }].flatMap((one) => thresholdMsOf(one, rule, timeoutMs) ?? []);
  return isInSpike ? [...slow, clearMs(level, rule, timeoutMs)] : slow;
}

/**
 * The highest usual round trip, milliseconds. If a mirror's latencies have a long tail, only round trips beyond the
 * tail are slow.
 */
function usualMsMax(medianMs: number, p99Ms: number | null | undefined, rule: SpikeRule): number {
  return Math.max(rule.factor * medianMs, limits.spikeTailFactor * (p99Ms ?? 0));
}

function assertNumbers(...values: readonly number[]): void {
  if (values.some(Number.isNaN)) throw new RangeError('threshold: not a number');
}

type Delayed = Pick<Sample, 'rttMs' | 'loopDelayMsMax' | 'loopDelayMsSum'>;

/**
 * True if a delay of our own event loop could have changed the verdict on the sample.
 * @param boundsMs  where a verdict on speed changes; `null`: a download, which is judged by its bytes, not its time
 * @see docs/decisions/0047-delays-of-our-own.md
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
