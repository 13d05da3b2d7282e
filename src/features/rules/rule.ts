import type { Severity } from '../../core/finding.ts';
import { formatDuration } from '../../core/units.ts';
import { type Key, wordsOf } from '../../words/words.ts';
import { type BurnRate, budgetShareOf, burnRates, minute, type RuleParameters } from './parameters.ts';

export interface RecordingRule {
  /** The name of the recorded series, `level:metric:operations`. The levels are those of `levels`. */
  readonly record: string;
  readonly expr: string;
  /** The meaning of the recorded series, for the documentation of the rules. */
  readonly text: string;
}

/** One alert. Its name is also the key of its texts. */
export interface AlertRule {
  /**
   * The name of the alert. A name that begins with `Mirror` is about a mirror, with `Vantage` about a place (where
   * daemons run), with `Mirrorwatch` about a daemon. Alertmanager's routes match these prefixes.
   */
  readonly alert: AlertName;
  readonly fills?: Fills;
  /** The reason for the alert. It is printed as a comment above the rule. */
  readonly why?: string;
  readonly expr: string;
  /** The time for which the condition must be true before the alert fires, seconds; absent: 0. */
  readonly forSeconds?: number;
  /**
   * The time for which the alert keeps firing after its condition was last true, so that a gap in the data does not
   * resolve it. Seconds; absent: 0.
   */
  readonly keepFiringSeconds?: number;
  /** The severity; absent: a warning. */
  readonly severity?: Severity;
  /** True: the daemon uses the alert as evidence for its advice. See `actionLabel`. */
  readonly isEvidence?: true;
}

export interface RuleGroup {
  readonly name: string;
  /** The time between two evaluations, seconds; `null`: Prometheus's own setting. */
  readonly intervalSeconds: number | null;
  /** What the group is about. It is printed as a comment above the group. */
  readonly about: string;
  readonly recordings: readonly RecordingRule[];
  readonly alerts: readonly AlertRule[];
}

export type GroupOf = (parameters: RuleParameters) => RuleGroup;

/**
 * The labels by which the series on each level of recording rules differ. `vantage` is a label of the scrape target in
 * Prometheus. Except on the level `everywhere`, series also keep the other labels of the target, such as `job` and
 * `cluster`.
 */
export const levels = {
  target: ['vantage', 'ecosystem', 'registry', 'module', 'version', 'step', 'connection'],
  registry_step: ['vantage', 'ecosystem', 'registry', 'step', 'connection'],
  registry: ['vantage', 'ecosystem', 'registry'],
  everywhere: ['ecosystem', 'registry'],
  place: ['vantage', 'instance'],
} as const satisfies Record<string, readonly string[]>;

/** The level `everywhere`: one series over all places, so it keeps no label of a place. */
export const everywhere = `by (${levels.everywhere.join(', ')})`;

/**
 * Drops labels of a metric, and those that change with each process. What other labels a site has, such as `job` and
 * `cluster`, stay.
 */
export function without(...labels: readonly string[]): string {
  return `without (${[...labels, 'instance', 'pod'].join(', ')})`;
}

/**
 * Formats seconds as a PromQL duration, in the largest unit without a remainder: `90` is `90s`, `86400` is `1d`.
 * @throws RangeError below a millisecond, which is a defect of the caller
 */
export function formatRuleDuration(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  if (!(ms >= 1)) throw new RangeError(`not a duration: ${seconds} s`);
  return formatDuration(ms);
}

/** Formats a window or waiting time of a rule, multiplied by `timeScale` (1 except in tests). */
export function window({ timeScale }: RuleParameters, seconds: number): string {
  return formatRuleDuration(seconds * timeScale);
}

/** Returns a threshold in seconds, multiplied by `timeScale` (1 except in tests). */
export function scaled({ timeScale }: RuleParameters, seconds: number): number {
  return Number((seconds * timeScale).toFixed(3));
}

/** The time between the samples that `rangeFromZero` reads, seconds. */
const firstEventSeconds = 15;

/**
 * Returns a range of a counter for `increase` and `rate`. Its series may appear only at their first event, which
 * `increase` would miss. So the value is 0 in the two minutes before a series appears, if the daemon was scraped then.
 * Without this condition, an old counter would look new after a gap in the scrapes, and its whole value would count.
 * All samples of one series must have the same name. `0 *` drops the metric's name, so `1 *` drops it too.
 * @param selector  an instant selector without `offset`
 */
export function rangeFromZero(parameters: RuleParameters, selector: string, seconds: number): string {
  const range = `${window(parameters, seconds)}:${window(parameters, firstEventSeconds)}`;
  return `(1 * ${selector} or 0 * ${selector} offset -2m and on (job, instance) mirrorwatch_build_info)[${range}]`;
}

/**
 * Returns the end of a condition that excludes places whose own network is slow or fails. It also excludes them for a
 * quarter of an hour afterwards, because conditions look back as far.
 */
export function muteForOwnNetwork(parameters: RuleParameters): string {
  return `  unless on (vantage)
max by (vantage) (max_over_time(mirror_findings_open{kind="vantage"}[${window(parameters, 15 * minute)}])) > 0`;
}

export type AlertKey = Extract<Key, `alert.${string}`>;
type TextName = AlertKey extends infer K ? (K extends `alert.${infer Name}.summary` ? Name : never) : never;
export type AlertName = Exclude<TextName, `case.${string}`>;
type CaseName = Extract<TextName, `case.${string}`> extends `case.${infer Name}` ? Name : never;

const labels = 'registry ecosystem upstream instance job vantage module version receiver action from to cause'.split(
  ' ',
);

/**
 * Templates that Prometheus replaces when an alert fires: by labels of the series, by the value, or by the first result
 * of a query.
 */
const templates = {
  ...Object.fromEntries(labels.map((name) => [name, `{{ $labels.${name} }}`])),
  /** No label contains the URL of the advice, so the alert shows the command that prints the lines to paste, and the page. */
  command: 'mirrorwatch advice --url http://{{ $labels.instance }}',
  page: 'http://{{ $labels.instance }}',
  value: '{{ $value }}',
  about: '{{ $value | humanize }}',
  seconds: '{{ printf "%.1f" $value }}',
  percent: '{{ printf "%.2g" $value | humanizePercentage }}',
  span: '{{ $value | humanizeDuration }}',
  past: '{{ $value | humanizeDuration | reReplaceAll "^-" "" }}',
  until: '{{ $value | humanizeTimestamp }}',
  ago: '{{ . | first | value | humanizeDuration }}',
  count: '{{ . | first | value | printf "%.0f" }}',
  often: '{{ . | first | label "reason" }}',
  other: '{{ . | first | label "to" }}',
  lower: '{{ . | first | value | humanizeDuration }}',
};

type Fills = Readonly<Record<string, string | number>>;

/**
 * Returns a text of an alert in the language of the rules. Its placeholders are filled from `fills`, else with
 * templates.
 */
export function sayIn({ language }: RuleParameters, key: AlertKey, fills: Fills = {}): string {
  const say = wordsOf(language) as (key: Key, values: Fills) => string;
  return say(key, { ...templates, ...fills });
}

export function textsOf(
  parameters: RuleParameters,
  { alert, fills }: AlertRule,
): Record<'summary' | 'description', string> {
  return {
    summary: sayIn(parameters, `alert.${alert}.summary`, fills),
    description: sayIn(parameters, `alert.${alert}.says`, fills),
  };
}

/** Returns a query for the series of all cases of an alert. The name of the case becomes the label `what`. */
export function renderCases(cases: Readonly<Partial<Record<CaseName, string>>>): string {
  return Object.entries(cases)
    .map(([name, expr]) => `label_replace(\n  ${expr.replaceAll('\n', '\n  ')},\n  "what", "${name}", "", ""\n)`)
    .join('\n  or\n');
}

/**
 * Returns the texts of an alert that has several cases. A label selects the case.
 * @param cases  by case: the values of the placeholders in its texts
 */
export function casesOf(
  parameters: RuleParameters,
  cases: Readonly<Partial<Record<CaseName, Fills>>>,
  label: 'what' | 'kind' = 'what',
): Fills {
  const rows = Object.entries(cases) as [CaseName, Fills][];
  const chosen = (part: 'summary' | 'says') =>
    rows
      .map(([name, fills], index) => {
        const test = index === rows.length - 1 ? '' : `if eq $labels.${label} "${name}" `;
        return `{{ ${index === 0 ? '' : 'else '}${test}}}${sayIn(parameters, `alert.case.${name}.${part}`, fills)}`;
      })
      .join('');
  return { summary: `${chosen('summary')}{{ end }}`, says: `${chosen('says')}{{ end }}` };
}

/** Returns a sentence about the result of a query in an alert. If the query has no result, the sentence is omitted. */
export function textFor(parameters: RuleParameters, query: string, key: AlertKey): string {
  return `{{ with ${query} | query }}${sayIn(parameters, key)}{{ end }}`;
}

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
const ifResponded = `and max ${without('step')} (mirror_probe_last_success_timestamp_seconds)`;

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
        expr: `sum ${without('module', 'version', 'step')} (rate(mirror_probe_attempts_total[${five}]))
  ${ifResponded}`,
        text: 'Judged probes of a mirror per second. Absent until a probe succeeds, so an origin that this place cannot reach burns no budget.',
      },
      {
        record: 'registry:mirror_probe_failures:rate5m',
        expr: `sum ${without('step', 'reason')} (rate(${failures}))
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
