import { artifactOf, sortSteps } from '../src/ecosystems/ecosystem.ts';
import { registry } from '../src/ecosystems/registry.ts';
import { type LabelOf, type MetricName, metricOf } from '../src/export/catalog.ts';
import { variable } from './frame.ts';
import { mirrorColours } from './palette.ts';

/** Variables that narrow a board down, by the label they stand for. */
export const narrowing = ['vantage', 'ecosystem', 'registry', 'module', 'version'] as const;
export type Narrowing = (typeof narrowing)[number];

/** The part of a histogram that a query reads; nothing for the other types. */
export type Part = '_bucket' | '_sum' | '_count' | '';

/** Matchers beside those of the board's variables: label → what it equals, or `=~` and a pattern. */
export type Matchers<N extends MetricName> = { readonly [L in LabelOf<N>]?: string };

/** Writes selectors that obey a board's variables, as far as a metric has their labels. `vantage` comes from the scrape. */
export type Selector = <N extends MetricName>(name: N, matchers?: Matchers<N>, part?: Part) => string;

/** The selectors of a board that has these variables. */
export function selector(variables: readonly Narrowing[]): Selector {
  return (name, matchers = {}, part = '') => {
    const labels: readonly string[] = ['vantage', ...metricOf(name).labels];
    const chosen = variables.filter((label) => labels.includes(label));
    const own = Object.entries(matchers as Record<string, string>).map(([label, value]) =>
      /^(=~|!=|!~)/.test(value) ? `${label}${value.slice(0, 2)}"${value.slice(2)}"` : `${label}="${value}"`,
    );
    return `${name}${part}{${[...chosen.map((label) => `${label}=~"$${label}"`), ...own].join(',')}}`;
  };
}

/** Steps to choose from: words that stand for one of each ecosystem, then each step by itself. The value is a pattern for `step`. */
export const stepChoices: readonly { readonly text: string; readonly value: string }[] = [
  { text: 'canary', value: registry.all.map(({ canary }) => canary).join('|') },
  { text: 'artifact', value: registry.all.flatMap((one) => artifactOf(one)?.step ?? []).join('|') },
  ...registry.all.flatMap((one) => sortSteps(one).map((step) => ({ text: `${one.id} ${step}`, value: step }))),
];

/** What a choice means as a matcher. @throws Error on a word that none has */
function stepsOf(text: string): string {
  const found = stepChoices.find((choice) => choice.text === text);
  if (found === undefined) throw new Error(`no choice of steps: ${text}`);
  return `=~${found.value}`;
}

/** The step that judges liveness, and that which moves what a fetch is for, of all ecosystems: patterns for `step`. */
export const canarySteps = stepsOf('canary');
export const artifactSteps = stepsOf('artifact');

/** What the variable `step` says, as a matcher. */
export const chosenSteps = '=~$step';

/** A part of a histogram, from the selector of the whole, which is its native form. */
function partOf(histogram: string, part: Exclude<Part, ''>): string {
  return histogram.replace('{', `${part}{`);
}

function summed(by: readonly string[], some: string): string {
  return by.length === 0 ? `sum(${some})` : `sum by (${by.join(', ')}) (${some})`;
}

/**
 * The quantile of a histogram by labels, native or classic; no line where nothing was observed (a `NaN` says less than
 * its absence).
 */
export function quantile(q: number, by: readonly string[], histogram: string, window: string): string {
  const native = summed(by, `rate(${histogram}[${window}])`);
  const classic = summed(['le', ...by], `rate(${partOf(histogram, '_bucket')}[${window}])`);
  return `(histogram_quantile(${q}, ${native}) or histogram_quantile(${q}, ${classic})) >= 0`;
}

/** How many values a histogram took over a window, native or classic, summed by labels. */
export function observations(by: readonly string[], histogram: string, window: string): string {
  const grown = (some: string) => summed(by, `increase(${some}[${window}])`);
  return `(histogram_count(${grown(histogram)}) or ${grown(partOf(histogram, '_count'))})`;
}

/** A histogram over time: one native series, or a series for each classic bucket. */
export function distribution(histogram: string, window: string): string {
  const native = `sum(increase(${histogram}[${window}]))`;
  return `${native} or on () sum by (le) (increase(${partOf(histogram, '_bucket')}[${window}]))`;
}

/** The growth of a counter over a window, summed by labels. */
export function growth(by: readonly string[], counter: string, window: string): string {
  return summed(by, `increase(${counter}[${window}])`);
}

/** The same of a counter whose series appear at their first event: 0 while the daemon is scraped and they are yet to appear. */
export function growthSinceFirst(by: readonly string[], counter: string, window: string): string {
  const zero = `0 * ${counter} offset -2m and on (job, instance) mirrorwatch_build_info`;
  return `sum by (${by.join(', ')}) (increase((1 * ${counter} or ${zero})[${window}:1m]))`;
}

/** Failed share of the judged probes, 0 to 1, by registry; no line where none was judged. */
export function errorRatio(select: Selector, window: string): string {
  const failed = growth(['registry'], select('mirror_probe_target_failures_total'), window);
  const judged = growth(['registry'], select('mirror_probe_attempts_total'), window);
  return `${failed} / (${judged} > 0)`;
}

/** Values of the coded state, worst last: where vantages differ the worst is shown. */
export const stateCodes = ['up', 'unknown', 'degraded', 'down'] as const;

/** The state as a number, the index in `stateCodes`; no line before the first verdict. */
export function stateCode(select: Selector): string {
  const coded = stateCodes.map((state, code) => `${select('mirror_state', { state })} * ${code}`);
  return `max by (registry) (${coded.join(' or ')})`;
}

/** The same series with the label `slot`, the number of the colour of the mirror: 1 to `mirrorColours.length`. */
export function slotted(some: string): string {
  const position = selector(['vantage', 'ecosystem', 'registry'])('mirror_position');
  const last = `max by (registry) (last_over_time(${position}[$__range] @ end()))`;
  const slot = `(${last} - 1) % ${mirrorColours.length} + 1`;
  return `(${some}) * on (registry) group_left (slot) count_values by (registry) ("slot", ${slot})`;
}

/** What is worth a line; where there is nothing, one line that says so, as long as `known` is there at all. */
export function orNone(some: string, known: string, label: string, text: string): string {
  return `(${some}) or on () label_replace(0 * ${known}, "${label}", "${text}", "", "")`;
}

/**
 * Whole seconds since the newest good answer, by registry; no line where there was none. A clock ahead of ours counts as 0. It
 * looks back over the time range: when the daemon is gone, its last word still has an age.
 */
export function sinceSuccess(select: Selector): string {
  const newest = `last_over_time(${select('mirror_probe_last_success_timestamp_seconds')}[$__range])`;
  return `floor(clamp_min(time() - max by (registry) (${newest}), 0))`;
}

/** The value, and `NaN` for every mirror of the time range without one: a column of a table stays when all are without. */
export function orNaN(some: string, select: Selector): string {
  const known = `max by (registry) (last_over_time(${select('mirror_state', { state: 'up' })}[$__range]))`;
  return `(${some}) or (${known} * NaN)`;
}

/**
 * Gives each series a label `order` that sorts as its `version` does: `v1.10.0` after `v1.9.0`, a pre-release before its
 * release, which comes before other spellings of it. Grafana sorts by letters alone. Numbers up to four digits; what is
 * no version (`latest`) has no such label.
 */
export function versionOrder(some: string): string {
  const replaced = (inner: string, to: string, from: string, pattern: string) =>
    `label_replace(${inner}, "order", "${to}", "${from}", "${pattern}")`;
  const wide = replaced(some, '0000$1.0000$2.0000$3$4', 'version', 'v?(\\\\d+)\\\\.(\\\\d+)\\\\.(\\\\d+)(.*)');
  const padded = replaced(
    wide,
    '$1.$2.$3$4',
    'order',
    '\\\\d*(\\\\d{4})\\\\.\\\\d*(\\\\d{4})\\\\.\\\\d*(\\\\d{4})(.*)',
  );
  return replaced(padded, `${variable('1')}z${variable('2')}`, 'order', '([\\\\d.]+)(\\\\+.*)?');
}
