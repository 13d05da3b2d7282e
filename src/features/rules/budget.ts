import { type BurnRate, budgetShareOf, burnRates, minute, type RuleParameters } from './parameters.ts';
import {
  by,
  formatRuleDuration,
  type GroupOf,
  levels,
  type RecordingRule,
  rangeFromZero,
  scaled,
  window,
} from './rule.ts';

/** The windows of the burn-rate alerts, in seconds, except 5 minutes, which has a recording rule of its own. */
const windows = [
  ...new Set(
    [...burnRates.fast, ...burnRates.slow].flatMap(({ longSeconds, shortSeconds }) => [longSeconds, shortSeconds]),
  ),
]
  .filter((seconds) => seconds > 5 * minute)
  .sort((a, b) => a - b);
/**
 * The time between two evaluations of the rules. The sum of a recorded rate over a window, multiplied by this time, is
 * the number of events.
 */
const evaluationSeconds = minute;
/**
 * One or two failures say little about a rate, so an alert needs at least 3 failures in a window. The value is below 3,
 * because `rate` extrapolates.
 */
const failuresMin = 2.5;

/**
 * Excludes mirrors that never had an ok response. For example, probes of an origin that cannot be reached from here
 * always fail.
 */
const ifResponded = `and max ${by('registry')} (mirror_probe_last_success_timestamp_seconds)`;

/** Returns the name of the rule that records the share of failed probes over a window. */
export function ratioNameOf(seconds: number): string {
  return `registry:mirror_probe_failures:ratio_rate${formatRuleDuration(seconds)}`;
}

function longWindow(parameters: RuleParameters, seconds: number): RecordingRule {
  const text = window(parameters, seconds);
  return {
    record: ratioNameOf(seconds),
    expr: `sum_over_time(registry:mirror_probe_failures:rate5m[${text}])
  /
(sum_over_time(registry:mirror_probe_attempts:rate5m[${text}]) > 0)`,
    text: `Failed share of judged probes over ${formatRuleDuration(seconds)}, 0 to 1, computed from the recorded 5-minute rates. A 5-minute period with more probes counts more.`,
  };
}

/**
 * Returns a query for the failed fraction of the probes that a whole window has at its mean rate. Time without
 * monitoring counts as ok. Otherwise one failed minute of a new Prometheus would count as a failed hour.
 */
export function spentShareOf(parameters: RuleParameters, seconds: number): string {
  const text = window(parameters, seconds);
  return `sum_over_time(registry:mirror_probe_failures:rate5m[${text}]) / (${seconds / evaluationSeconds} * avg_over_time(registry:mirror_probe_attempts:rate5m[${text}]))`;
}

/** Excludes mirrors for which MirrorDown fired within a window: those failures are told, and may be over. */
function excludeDown(parameters: RuleParameters, seconds: number): string {
  return `
    unless on (${levels.registry.join(', ')})
  max_over_time(ALERTS{alertname="MirrorDown",alertstate="firing"}[${window(parameters, seconds)}])`;
}

function burning(parameters: RuleParameters, pace: keyof typeof burnRates, rate: BurnRate): string {
  const { factor, longSeconds, shortSeconds } = rate;
  const limit = `${factor} * ${budgetShareOf(parameters)}`;
  const count = `sum_over_time(registry:mirror_probe_failures:rate5m[${window(parameters, longSeconds)}]) * ${scaled(parameters, evaluationSeconds)}`;
  return `(
  ${ratioNameOf(longSeconds)} > ${limit}
    and
  ${ratioNameOf(shortSeconds)} > ${limit}
    and
  ${spentShareOf(parameters, longSeconds)} > ${limit}
    and
  ${count} > ${failuresMin}${pace === 'fast' ? excludeDown(parameters, shortSeconds) : ''}
)`;
}

/**
 * Returns the condition of a burn-rate alert: for at least one pair of windows, the failed share is too high in both
 * windows, and the long one has enough failures. The value is the failed share over the long window.
 */
function burnExpr(parameters: RuleParameters, pace: keyof typeof burnRates): string {
  return burnRates[pace].map((rate) => burning(parameters, pace, rate)).join('\n  or\n');
}

/** The rules about the error budget of each mirror: the failed share of judged probes, and the burn rate. */
export const budget: GroupOf = (parameters) => {
  const { sloPercent } = parameters;
  const five = window(parameters, 5 * minute);
  const failures = rangeFromZero(parameters, 'mirror_probe_failures_total{reason!="absent"}', 5 * minute);
  return {
    name: 'mirrorwatch-budget',
    intervalSeconds: evaluationSeconds,
    about: `The error budget: ${sloPercent} % of a mirror's judged probes should not fail over 30 days. \`absent\` does not count: a module\nthat is not there is a mistake in the list, or the finding \`refusal\`.`,
    recordings: [
      {
        record: 'registry:mirror_probe_attempts:rate5m',
        expr: `sum ${by('registry')} (rate(mirror_probe_attempts_total[${five}]))
  ${ifResponded}`,
        text: 'Judged probes of a mirror per second. Absent until a probe succeeds, so an origin that this place cannot reach burns no budget.',
      },
      {
        record: 'registry:mirror_probe_failures:rate5m',
        expr: `sum ${by('registry')} (rate(${failures}))
  ${ifResponded}
  or
0 * registry:mirror_probe_attempts:rate5m`,
        text: 'Failed probes of a mirror per second, without those with the reason `absent`.',
      },
      {
        record: 'registry:mirror_probe_failures:ratio_rate5m',
        expr: `registry:mirror_probe_failures:rate5m
  /
(registry:mirror_probe_attempts:rate5m > 0)`,
        text: 'Failed share of judged probes over 5m, 0 to 1; absent if no probe was judged.',
      },
      ...windows.map((seconds) => longWindow(parameters, seconds)),
    ],
    alerts: [
      {
        alert: 'MirrorErrorBudgetFast',
        fills: { slo: sloPercent },
        why: 'Two pairs of windows: the long one shows that much budget is used, the short one that failures continue. Time without\nmonitoring counts as ok. Silent while MirrorDown fires, and until the short window has no such time: the failures may be over.',
        expr: burnExpr(parameters, 'fast'),
        forSeconds: 2 * minute,
        keepFiringSeconds: 10 * minute,
        isEvidence: true,
      },
      {
        alert: 'MirrorErrorBudgetSlow',
        fills: { slo: sloPercent },
        expr: burnExpr(parameters, 'slow'),
        forSeconds: 15 * minute,
        keepFiringSeconds: 30 * minute,
        severity: 'info',
        isEvidence: true,
      },
    ],
  };
};
