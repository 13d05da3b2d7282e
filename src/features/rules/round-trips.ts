import { hour, minute, type RuleParameters } from './parameters.ts';
import { type GroupOf, scaled, window, without } from './rule.ts';

/**
 * A target is slow above this factor × the baseline and above `slowFloorSeconds`. These are the defaults of the spike
 * rule (docs/detection.md#rules-of-findings).
 */
export const slowFactor = 2.5;
export const slowFloorSeconds = 0.8;
/** The minimum number of samples for a 95th percentile (docs/metrics.md#queries). */
export const samplesMin = 40;
/** The name of the recording rule for the share of slow targets. */
const slowShare = 'registry:mirror_probe_rtt_seconds:slow_share1h';
/** A mirror is slow if at least this share of its judged targets (0 to 1) is slow. */
export const slowShareMin = 0.5;
/** The query whether a mirror is slow. */
export const isSlowQuery = `${slowShare} >= bool ${slowShareMin}`;
/** Leaves only the labels of a mirror of the series of its targets. */
export const mirrorOnly = without('module', 'version', 'step', 'connection');
/** The name of the recording rule for the share of targets that are slow now. */
export const slowShareNow = 'registry:mirror_probe_rtt_seconds:slow_share5m';
/** The time between two evaluations of the rules about latency, seconds. */
export const roundTripsSeconds = 2 * minute;

/** Returns a query for a quantile of a histogram. It reads the native histogram, or else the classic one. */
export function quantileQueryOf(quantile: number, histogram: string, grouping: string, range: string): string {
  const native = `histogram_quantile(${quantile}, sum ${grouping} (rate(${histogram}[${range}])))`;
  return `(\n  ${native}\n    or\n  histogram_quantile(${quantile}, sum ${grouping} (rate(${histogram}_bucket[${range}])))\n)`;
}

/** Returns a query for the threshold, seconds. A target is slow if its 95th percentile is higher. */
export function slowThresholdFor(parameters: RuleParameters): string {
  const floor = scaled(parameters, slowFloorSeconds);
  return `clamp_min(${slowFactor} * max ${without()} (mirror_probe_rtt_baseline_seconds), ${floor})`;
}

/** Rules about latency. They read the histogram of every target, so they run only every two minutes. */
export const roundTrips: GroupOf = (parameters) => {
  const hourText = window(parameters, hour);
  const quarter = window(parameters, hour / 4);
  const histogram = 'mirror_probe_rtt_seconds';
  const ofStepOnly = without('module', 'version');
  const ofStep = (quantile: number) => `(
  histogram_quantile(${quantile}, registry_step:mirror_probe_rtt_seconds:rate1h)
    or
  histogram_quantile(${quantile}, registry_step:mirror_probe_rtt_seconds_bucket:rate1h)
) >= 0`;
  const ofTarget = (range: string) => quantileQueryOf(0.95, histogram, without(), range);
  const threshold = slowThresholdFor(parameters);
  return {
    name: 'mirrorwatch-round-trips',
    intervalSeconds: roundTripsSeconds,
    about:
      'Percentiles of an hour, from native or classic histograms of every target: docs/rules.md has what that costs.',
    alerts: [],
    recordings: [
      {
        record: 'registry_step:mirror_probe_rtt_seconds_bucket:rate1h',
        expr: `sum ${ofStepOnly} (rate(${histogram}_bucket[${hourText}]))`,
        text: 'Classic buckets of a step of a mirror over all modules. From them you can compute any percentile, also of several places together.',
      },
      {
        record: 'registry_step:mirror_probe_rtt_seconds:rate1h',
        expr: `sum ${ofStepOnly} (rate(${histogram}[${hourText}]))`,
        text: 'A native histogram of a step of a mirror over all modules, if Prometheus stores native histograms.',
      },
      ...([50, 95, 99] as const).map((percent) => ({
        record: `registry_step:mirror_probe_rtt_seconds:p${percent}_1h`,
        expr: ofStep(percent / 100),
        text: `The ${percent}th percentile of a step of a mirror over all modules; absent without an ok sample.`,
      })),
      {
        record: 'target:mirror_probe_rtt_seconds:p95_1h',
        expr: `${ofTarget(hourText)} >= 0`,
        text: 'The 95th percentile of a target, used by MirrorSlow and by the rule `registry:mirror_probe_rtt_seconds:slow_share1h`; absent without an ok sample.',
      },
      {
        record: slowShare,
        expr: `avg ${mirrorOnly} (
  (target:mirror_probe_rtt_seconds:p95_1h > bool ${threshold})
    *
  (
    ${ofTarget(quarter).replaceAll('\n', '\n    ')}
      > bool
    ${threshold}
  )
    and
  (
    histogram_count(sum ${without()} (increase(${histogram}[${hourText}])))
      or
    sum ${without()} (increase(${histogram}_count[${hourText}]))
  ) >= ${samplesMin}
)`,
        text: `Share of a mirror's judged targets that are slow. Only canaries have a baseline, so these targets are the canary over each connection. A target is slow if its 95th percentile is above ${slowFactor} × its baseline and also above ${slowFloorSeconds} s. Both must be true for the whole hour and for its last 15 minutes. A target is judged if it has a baseline and at least ${samplesMin} ok samples in the hour. Absent if no target is judged.`,
      },
      {
        record: slowShareNow,
        expr: `avg ${mirrorOnly} (
  ${ofTarget(window(parameters, 5 * minute)).replaceAll('\n', '\n  ')}
    > bool
  ${threshold}
)`,
        text: 'Share of the targets with a baseline that are slow now: their 95th percentile over 5 minutes is too high. MirrorSlow does not begin to fire when this is 0.',
      },
    ],
  };
};
