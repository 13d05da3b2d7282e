import type { Severity } from '../../core/finding.ts';
import { type Key, wordsOf } from '../../words/words.ts';
import type { RuleParameters } from './parameters.ts';

export interface RecordingRule {
  /** `level:metric:operations`; the levels are in `levels`. */
  readonly record: string;
  readonly expr: string;
  /** The meaning of the recorded series, for the page of rules. */
  readonly text: string;
}

/** One alert; its name selects its texts. */
export interface AlertRule {
  /** `Mirror…`: about a mirror; `Vantage…`: a place; `Mirrorwatch…`: a daemon. Alertmanager's routes match it. */
  readonly alert: AlertName;
  readonly fills?: Fills;
  /** Printed as a comment. */
  readonly why?: string;
  readonly expr: string;
  /** Seconds that the expression must hold; absent: none. */
  readonly forSeconds?: number;
  /** Seconds that the alert fires after its expression last held, so that a gap does not resolve it; absent: none. */
  readonly keepFiringSeconds?: number;
  /** Absent: a warning. */
  readonly severity?: Severity;
  /** True: the daemon takes the alert as evidence for advice. See `actionLabel`. */
  readonly isEvidence?: true;
}

export interface RuleGroup {
  readonly name: string;
  /** Seconds between two evaluations; `null`: as Prometheus is configured. */
  readonly intervalSeconds: number | null;
  /** Printed as a comment above the group. */
  readonly about: string;
  readonly recordings: readonly RecordingRule[];
  readonly alerts: readonly AlertRule[];
}

export type GroupOf = (parameters: RuleParameters) => RuleGroup;

/** The labels of each level of recording rules. `vantage` is a label of Prometheus's scrape target. */
export const levels = {
  target: ['vantage', 'ecosystem', 'registry', 'module', 'version', 'step', 'connection'],
  registry_step: ['vantage', 'ecosystem', 'registry', 'step', 'connection'],
  registry: ['vantage', 'ecosystem', 'registry'],
  everywhere: ['ecosystem', 'registry'],
  place: ['vantage', 'instance'],
} as const satisfies Record<string, readonly string[]>;

export function by(level: keyof typeof levels, ...more: readonly string[]): string {
  return `by (${[...levels[level], ...more].join(', ')})`;
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/**
 * Seconds in PromQL, in the largest unit without a remainder: `90` is `90s`, `86400` is `1d`.
 * @throws RangeError below a millisecond: the caller's defect
 */
export function formatRuleDuration(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  if (!(ms >= 1)) throw new RangeError(`not a duration: ${seconds} s`);
  for (const [unit, size] of units) if (ms % size === 0) return `${ms / size}${unit}`;
  return `${ms}ms`;
}

/** A window or waiting time of a rule, in the site's time scale. */
export function window({ timeScale }: RuleParameters, seconds: number): string {
  return formatRuleDuration(seconds * timeScale);
}

/** A threshold in seconds, multiplied by `timeScale` (1 except in tests). */
export function scaled({ timeScale }: RuleParameters, seconds: number): number {
  return Number((seconds * timeScale).toFixed(3));
}

/** Seconds between the samples that `rangeFromZero` reads. */
const firstEventSeconds = 15;

/**
 * A range of a counter whose series appear at their first event, for `increase` and `rate`: 0 while the daemon is
 * scraped and the series is yet to appear, so that the first event counts. Products drop the name, which the samples of
 * one series must share.
 * @param selector  an instant selector without `offset`
 */
export function rangeFromZero(parameters: RuleParameters, selector: string, seconds: number): string {
  const range = `${window(parameters, seconds)}:${window(parameters, firstEventSeconds)}`;
  return `(1 * ${selector} or 0 * ${selector} offset -2m and on (job, instance) mirrorwatch_build_info)[${range}]`;
}

export type AlertKey = Extract<Key, `alert.${string}`>;
type TextName = AlertKey extends infer K ? (K extends `alert.${infer Name}.summary` ? Name : never) : never;
export type AlertName = Exclude<TextName, `case.${string}`>;
type CaseName = Extract<TextName, `case.${string}`> extends `case.${infer Name}` ? Name : never;

const labels = 'registry ecosystem upstream instance job vantage module version receiver action from to cause'.split(
  ' ',
);

/**
 * Templates that Prometheus fills in when an alert fires: labels of its series, its value, the first result of a query.
 */
const templates = {
  ...Object.fromEntries(labels.map((name) => [name, `{{ $labels.${name} }}`])),
  /** The labels have no URL, so the alert names the command that prints the lines to paste. */
  command: 'mirrorwatch advice --url http://{{ $labels.instance }}',
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
  lower: '{{ . | first | value | humanizeDuration }}',
};

type Fills = Readonly<Record<string, string | number>>;

/** A text of an alert in the language of the rules; its values are templates, or from `fills`. */
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

/** Series of one of the cases of an alert, with its name as label `what`. */
export function renderCase(name: CaseName, expr: string): string {
  return `label_replace(\n  ${expr.replaceAll('\n', '\n  ')},\n  "what", "${name}", "", ""\n)`;
}

/** The texts of an alert with several cases, chosen by a label. @param cases  each with its own values */
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

/** A sentence about the result of a query in an alert; empty without a series. */
export function textFor(parameters: RuleParameters, query: string, key: AlertKey): string {
  return `{{ with ${query} | query }}${sayIn(parameters, key)}{{ end }}`;
}
