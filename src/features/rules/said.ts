import type { Key } from '../../words/say.ts';
import { wordsOf } from '../../words/words.ts';
import type { RuleParameters } from './parameters.ts';
import type { AlertRule } from './rule.ts';

/** A text of the alerts. */
export type AlertKey = Extract<Key, `alert.${string}`>;
type AlertName = AlertKey extends infer K ? (K extends `alert.${infer Name}.summary` ? Name : never) : never;

const label = (name: string) => `{{ $labels.${name} }}`;

/** What Prometheus fills in when an alert fires: labels of its series, its value, and the first answer of a query in it. */
const templates = {
  registry: label('registry'),
  ecosystem: label('ecosystem'),
  upstream: label('upstream'),
  instance: label('instance'),
  job: label('job'),
  vantage: label('vantage'),
  version: label('version'),
  module: label('module'),
  reason: label('reason'),
  kind: label('kind'),
  receiver: label('receiver'),
  from: label('from'),
  to: label('to'),
  cause: label('cause'),
  /** No label carries a URL: the command asks the daemon for the line. */
  command: `mirrorwatch advice --url http://${label('instance')}`,
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
};

type Fills = Readonly<Record<string, string | number>>;

/** A text of an alert in the language of the rules; what it has to be filled in with is a template, or one of `fills`. */
export function sayIn({ language }: RuleParameters, key: AlertKey, fills: Fills = {}): string {
  const say = wordsOf(language) as (key: Key, values: Fills) => string;
  return say(key, { ...templates, ...fills });
}

/** The name of an alert and its annotations. */
export function said(
  parameters: RuleParameters,
  alert: AlertName,
  fills: Fills = {},
): Pick<AlertRule, 'alert' | 'summary' | 'description'> {
  return {
    alert,
    summary: sayIn(parameters, `alert.${alert}.summary`, fills),
    description: sayIn(parameters, `alert.${alert}.says`, fills),
  };
}

/** A sentence about the answer of a query in an alert; nothing where the query has no series. */
export function saidOf(parameters: RuleParameters, query: string, key: AlertKey): string {
  return `{{ with ${query} | query }}${sayIn(parameters, key)}{{ end }}`;
}
