import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Skipped } from '../src/core/due.ts';
import { limits } from '../src/core/limits.ts';
import type { Mirror } from '../src/core/mirror.ts';
import type { Ecosystem } from '../src/ecosystems/ecosystem.ts';
import { registry } from '../src/ecosystems/registry.ts';
import { type DoorOutcome, doorMetrics, doorOutcomes } from '../src/export/catalog/door.ts';
import { secondsBuckets, throughputBuckets } from '../src/export/catalog/values.ts';
import { countLinesFor, metricNames, metricOf, unitOf } from '../src/export/catalog.ts';
import { becauseOfSkip } from '../src/export/exporter.ts';
import { countSeriesLines, type Metric, type MetricKind } from '../src/export/metric.ts';
import { countCalmLinesFor } from './calm-lines.ts';
import { notAsked } from './reference/not-asked.ts';

// Writes docs/metrics.md from src/export/catalog.ts. With --check it writes nothing, and fails if the page differs.

/** The path of the page. */
export const metricsPagePath = join(import.meta.dirname, '../docs/metrics.md');

const kindText: Readonly<Record<MetricKind, string>> = {
  trip: 'canary target (one for each mirror) × connection; artifact target × connection; mirror × step × connection for all other light targets together',
  canary: 'canary × connection (`cold`, `warm`)',
  target: 'target: mirror × module × version × step, as configured',
  path: 'mirror × step × connection',
  step: 'mirror × step',
  artifact: `mirror × module × version, if one of these steps is probed: ${checkedSteps()}; for \`sumdb\`: mirror`,
  client: 'mirror × real client that `clientRuns` runs there',
  module: 'mirror × module',
  mirror: 'mirror',
  daemon: 'daemon',
  upstream: 'upstream: (ecosystem, upstream)',
  receiver: 'webhook receiver',
  control: 'control',
  worker: 'worker thread',
  action: 'action of `onAdvice`',
};
/** The text for one object of each kind, in the section of a metric. */
const objectText: Readonly<Record<MetricKind, string>> = {
  ...kindText,
  trip: 'canary or artifact target × kind of connection (cold or warm)',
  canary: 'canary × connection',
  target: 'target (mirror × module × version × step)',
  artifact: 'mirror × module × version whose responses can be verified',
  upstream: 'upstream',
};
const kinds = Object.keys(kindText) as readonly MetricKind[];

const skipText: Readonly<Record<Skipped['because'], string>> = {
  ...notAsked,
  over_budget: '`bytesPerHour` is used up; heavy steps stop first, the canary never stops',
  overrun: 'the previous probe of the same series is still running',
  local: 'the daemon dropped probes because its own delays contaminate samples, or this machine was suspended',
};

const doorOutcomeText: Readonly<Record<DoorOutcome, string>> = {
  redirected: 'the client was redirected to a mirror',
  passed: 'the door fetched an index (a list or metadata) from a mirror and sent it to the client',
  relayed: 'the door fetched an artifact from a mirror and sent it to the client',
  absent: 'no mirror has the requested file (404)',
  failed: 'no mirror sent a complete response, or the client closed its connection',
  private: 'the request names a private module (404)',
  refused:
    'the path of the request is not valid (400); a redirect of a mirror led to the door itself, or the request has passed three doors (508)',
  withdrawn: 'the origin withdrew the version, and `door.withdrawn` is `refuse` (451)',
  not_found: 'clients do not need this path for installs (404)',
  method: 'the method is neither GET nor HEAD (405)',
  unauthorized: 'the request has no valid token, or on loopback a foreign `Host`',
  limited: 'the client sent too many requests (429), or the door transfers too many responses at once (503)',
};

const servedOutcomes: ReadonlySet<DoorOutcome> = new Set(['redirected', 'passed', 'relayed', 'absent', 'failed']);

function outcomeList(isListed: (one: DoorOutcome) => boolean): string {
  return doorOutcomes
    .filter(isListed)
    .map((one) => `- \`${one}\`: ${doorOutcomeText[one]}`)
    .join('\n');
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function perText(metric: Metric): string {
  return Object.entries(metric.per)
    .map(([kind, each]) => {
      const factors = Object.entries(each).map(([label, values]) => `${values.length} values of \`${label}\``);
      return [objectText[kind as MetricKind], ...factors].join(' × ');
    })
    .join(`, and at most ${countSeriesLines(metric)} for each `);
}

/** The second object of the kind `trip`. */
function sharedTrips(lines: number): string {
  return `. All other light targets of one mirror and step together: at most ${lines} for each kind of connection`;
}

function metricSection(name: (typeof metricNames)[number]): string {
  const metric: Metric = metricOf(name);
  const unit = unitOf(name);
  const only = metric.only === undefined ? '' : `, ${metric.only} steps only`;
  const closed = Object.entries(metric.per).flatMap(([kind, each]) =>
    Object.entries(each).map(([label, values]) => {
      const lists = Object.values(metric.per).flatMap((one) => one[label]?.join(' ') ?? []);
      const of = new Set(lists).size > 1 ? ` for each ${objectText[kind as MetricKind]}` : '';
      return `- \`${label}\`${of}: \`${values.join(' ')}\``;
    }),
  );
  return [
    `### \`${name}\``,
    '',
    metric.help,
    `- ${metric.type}${unit === null ? '' : `, ${unit.replaceAll('_', ' ')}`}${metric.exemplars ? ', exemplars `probe_id` in OpenMetrics' : ''}`,
    `- labels: ${metric.labels.length === 0 ? 'none' : metric.labels.map((label) => `\`${label}\``).join(' ')}`,
    ...new Set(closed),
    `- lines of \`/metrics\`: at most ${countSeriesLines(metric)} for each ${perText(metric)}${only}${'trip' in metric.per ? sharedTrips(countSeriesLines(metric)) : ''}`,
    `- absent: ${metric.absent}`,
    '',
  ].join('\n');
}

function doorTable(): string {
  const rows = Object.entries(doorMetrics).map(([name, { type, labels, help }]) =>
    row(`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(' '), help),
  );
  return [row('metric', 'type', 'labels', 'meaning'), row('---', '---', '---', '---'), ...rows].join('\n');
}

function linesTable(): string {
  const rows = kinds.map((kind) => {
    const light = countLinesFor(kind);
    const heavy = countLinesFor(kind, true);
    const calm = countCalmLinesFor(kind);
    const events = calm === light ? '' : `; ${light - calm} of them appear at their first event`;
    const text = (kind === 'step' ? `${light} for a light step, ${heavy} for a heavy one` : String(light)) + events;
    return row(`\`${kind}\``, kindText[kind], text);
  });
  return [row('kind', 'one object for each', 'maximum lines'), row('---', '---', '---'), ...rows].join('\n');
}

/** The canaries of all ecosystems except the first, because the queries of the page name the first one's. */
function otherCanaries(): string {
  const named = registry.all.slice(1).map(({ id, canary }) => `\`${canary}\` for ${id}`);
  return `${named.slice(0, -1).join(', ')} and ${named.at(-1)}`;
}

/** The steps whose responses are verified, and that request a module. */
function checkedSteps(): string {
  const steps = registry.all.flatMap((kind) => Object.entries(kind.steps));
  return steps
    .flatMap(([step, { verifies, grain }]) => (verifies !== null && grain !== 'mirror' ? [`\`${step}\``] : []))
    .join(' ');
}

function isOfOrigin({ steps, settings, publicUpstream }: Ecosystem, step: string): boolean {
  const isAskedOf = (role: 'mirror' | 'origin'): boolean =>
    steps[step]?.isRequested?.(
      { role, upstream: publicUpstream ?? '', url: 'https://origin.example.com' } as Mirror,
      settings?.read({}),
    ) ?? true;
  return isAskedOf('origin') && !isAskedOf('mirror');
}

/**
 * The number of lines of `/metrics` for the given numbers of mirrors and modules of one ecosystem, with one version of
 * each module, cold probes, one receiver and one control.
 */
function linesOf(kind: Ecosystem, mirrors: number, modules: number): number {
  const counts = { version: modules, module: modules, mirror: 1 } as const;
  const ofStep = ([step, { weight, grain }]: (typeof steps)[number]): number => {
    const isHeavy = weight === 'heavy';
    const count = counts[grain];
    const isCanary = step === kind.canary;
    const trips = (isHeavy ? count : isCanary ? Math.min(2, count) : 1) * countLinesFor('trip');
    const canary = isCanary ? countLinesFor('canary') : 0;
    return (
      count * countLinesFor('target') + trips + canary + countLinesFor('path') + countCalmLinesFor('step', isHeavy)
    );
  };
  const steps = Object.entries(kind.steps).filter(([step]) => !isOfOrigin(kind, step));
  const grains = new Set(steps.flatMap(([, { verifies, grain }]) => (verifies === null ? [] : [grain])));
  const artifacts = [...grains].reduce((sum, grain) => sum + counts[grain], 0) * countCalmLinesFor('artifact');
  const whole = artifacts + modules * countLinesFor('module') + countLinesFor('mirror');
  const each = steps.reduce((sum, step) => sum + ofStep(step), 0) + whole;
  const own = ['daemon', 'upstream', 'receiver', 'control'] as const;
  return (
    mirrors * each + own.reduce((sum, one) => sum + countLinesFor(one), 0) + limits.workers * countLinesFor('worker')
  );
}

function example(mirrors: number, modules: number): string {
  const counted = registry.all.map((kind) => `${kind.id} ${linesOf(kind, mirrors, modules)}`);
  return `Example: a configuration has ${mirrors} mirrors and ${modules} modules of one ecosystem, one version of each module, cold probes, one receiver and one control. Before the first failure, \`/metrics\` has these numbers of lines, by ecosystem: ${counted.join(', ')}.`;
}

/** Names of counters whose series appear only at the first event. */
const lateNames = metricNames.filter((name) => metricOf(name).onFirst === true);

/** The text of the page. */
export function metricsPage(): string {
  return `<!-- Generated by tools/generate-metrics-docs.ts from src/export/catalog.ts; do not edit. -->

# Metrics

\`GET /metrics\` returns one of three formats. The header \`Accept\` of the client decides: OpenMetrics 1.0.0, the protobuf
format of Prometheus (for [native histograms](#native-histograms)), or otherwise the Prometheus text format 0.0.4.

- **Counters and histograms exist with value 0 from the start** for everything that is configured, so \`rate\` counts the first event.
  Only \`${lateNames.join('` and `')}\` appear when the first event occurs ([first events](#first-events)).
- **A gauge is absent while its value is unknown**, because 0 would mean down, expired or fresh. So for each alert on a gauge,
  a second alert fires while the gauge is absent (\`alerts/mirrorwatch.yml\`).
- A reload removes the series of a mirror, module or receiver that is no longer configured. The counters of all other mirrors, modules and receivers continue.
- Metrics of probes count only scheduled probes. Confirming rounds, repeated checks of a wrong hash and manual probes do not count.
- A label that does not apply is omitted. For example, the steps \`sumdb\` and \`v2\` have neither \`module\` nor \`version\`, and files have no \`version\`.
- The daemon does not set the label \`vantage\`. Prometheus adds it, from the labels of its scrape target.

You can find the probe behind a number. In OpenMetrics each bucket of \`mirror_probe_rtt_seconds\` has the \`probe_id\` of
its latest probe as an exemplar. \`GET /api/v1/probes/<probe_id>\` returns that probe hop by hop.

## Queries

These queries use Go's canary, \`${registry.all[0].canary}\`. For another ecosystem, use its canary instead: ${otherCanaries()}.

The 95th percentile of the round trip of artifacts, by module, version and mirror (use \`step="mod"\` for the canary):

\`\`\`promql
histogram_quantile(0.95, sum by (le, module, version, registry) (rate(mirror_probe_rtt_seconds_bucket{step="zip",connection="cold"}[1h])))
\`\`\`

The query for the 95th percentile reads classic histograms. If Prometheus stores [native
histograms](#native-histograms), omit \`_bucket\` and \`le\`.

With \`step="mod"\`, the query for the 95th percentile returns up to two lines for each mirror. One line has the labels
\`module\` and \`version\` of the mirror's canary, the target that decides whether the mirror is up. The other line has no
such labels: it covers the \`mod\` requests for all other modules together.

Availability of a mirror over a day, and its failures by reason:

\`\`\`promql
1 - sum by (registry) (increase(mirror_probe_target_failures_total{step="mod"}[1d])) / sum by (registry) (increase(mirror_probe_attempts_total{step="mod"}[1d]))
sum by (registry, reason) (increase((1 * mirror_probe_failures_total{step="mod"} or 0 * mirror_probe_failures_total{step="mod"} offset -2m and on (job, instance) mirrorwatch_build_info)[1d:1m])) > 0
\`\`\`

Mean time of each phase of a round trip, in seconds:

\`\`\`promql
sum by (registry, phase) (rate(mirror_probe_phase_seconds_sum{step="mod",connection="cold"}[1h])) / on (registry) group_left sum by (registry) (rate(mirror_probe_rtt_seconds_count{step="mod",connection="cold"}[1h]))
\`\`\`

Always select or group by \`step\` and \`connection\`, because a mean over artifacts and metadata, or over warm and cold
connections, has no meaning. Use a range of at least 40 probe intervals of the step (20 min if it is probed every 30 s).
With a shorter range a quantile has too few samples.

## First events

\`rate\` and \`increase\` do not count the first event of a series that did not exist before. So the rules and dashboards of
mirrorwatch add the value 0 for the two minutes before this event. They add no value for times before the first scrape
of the daemon:

\`\`\`promql
sum by (registry) (increase((1 * mirror_probe_failures_total{reason="masked_upstream"} or 0 * mirror_probe_failures_total{reason="masked_upstream"} offset -2m and on (job, instance) mirrorwatch_build_info)[15m:15s]))
\`\`\`

To count failures of all reasons together, use \`mirror_probe_target_failures_total\` with plain \`increase\`. It exists
with value 0 from the start.

## Renamed, reshaped

Use this section only if your dashboards and rules were written for a version before 1.0.0. Metrics that are not listed
here have not changed.

| before | now | use instead |
| --- | --- | --- |
| buckets of \`mirror_probe_phase_seconds\` | gone; \`_sum\` and \`_count\` stay | the mean: \`rate(mirror_probe_phase_seconds_sum[1h]) / rate(mirror_probe_phase_seconds_count[1h])\` |
| buckets of \`mirror_cold_fetch_seconds\` | gone; \`_sum\` and \`_count\` stay | the mean: the rate of \`_sum\` divided by the rate of \`_count\` |
| buckets of \`mirror_not_found_seconds\` | gone; \`_sum\` and \`_count\` stay | the mean: the rate of \`_sum\` divided by the rate of \`_count\` |
| \`mirror_cache_answers_total\` by \`step\` | by mirror | the same metric: it is the sum over steps |
| \`mirror_probe_failures_total\`, all reasons from 0 | a reason appears at its first failure | one reason: [first events](#first-events); all of them: \`mirror_probe_target_failures_total\` |
| \`mirror_integrity_mismatches_total\`, all causes from 0 | a cause appears at its first mismatch | one cause: [first events](#first-events); whether a mismatch is open: \`mirror_integrity_mismatch_active\` |
| \`mirror_probe_rtt_seconds\` by module and version, all steps | by module and version only for the canary of a mirror and for artifacts; one series for all other targets of a light step | every target: \`GET /api/v1/targets\` |
| \`mirror_probe_last_rtt_seconds\` by module and version, all steps | as \`mirror_probe_rtt_seconds\` | every target: \`GET /api/v1/targets\` |
| \`mirror_probe_rtt_baseline_seconds\` of all light steps | of canaries only | every target: \`GET /api/v1/targets\` |
| \`mirror_probe_rtt_spike_streak\` by target | by mirror, the longest | every target: \`GET /api/v1/targets\` |
| \`mirror_probe_last_success_timestamp_seconds\` by target | by mirror and \`step\` | every target: \`GET /api/v1/targets\` |
| \`mirror_probe_unknown_total\` by \`step\` | by mirror | the same metric: it is the sum over steps |
| \`mirror_lag_records\` without \`module\` | \`mirror_sync_lag_records\` | \`mirror_sync_lag_records\` |
| \`mirrorwatch_resident_memory_bytes\` | \`process_resident_memory_bytes\` | \`process_resident_memory_bytes\`, the standard name in Prometheus client libraries |
| – | \`process_cpu_user_seconds_total\`, \`process_cpu_system_seconds_total\`, \`process_cpu_seconds_total\`, \`process_virtual_memory_bytes\`, \`process_heap_bytes\` | these new metrics, with the standard names of Prometheus client libraries |
| \`mirrorwatch_exposition_lines\` | gone | \`scrape_samples_scraped\`, which Prometheus writes for each scrape |
| \`mirrorwatch_state_rows_set_aside_total\` | \`mirrorwatch_state_set_aside_total{what="row"}\` | \`what="row"\` counts rows, \`what="file"\` counts files |

[Decision 0110](decisions/0110-fewer-series-and-boards-on-raw-metrics.md) explains why metrics were renamed or have fewer labels.

This table shows how many lines \`/metrics\` has for three Go mirrors with one module (\`npm run bench -- --only lines\`):

| metric | lines before 1.0.0 | lines now |
| --- | --- | --- |
| \`mirror_probe_phase_seconds\` | 1 980 | 180 |
| \`mirror_probe_rtt_seconds\` | 396 (10 modules: 3 366) | 396 (10 modules: 1 056) |
| \`mirror_probe_failures_total\` | 522 | 0, one more for each reason that occurs |
| \`mirror_probe_unknown_total\` | 162 | 27 |
| \`mirror_cold_fetch_seconds\` | 396 | 36 |
| \`mirror_not_found_seconds\` | 66 | 6 |
| \`mirror_cache_answers_total\` | 54 | 9 |
| \`mirror_integrity_mismatches_total\` | 30 | 0, one more for each cause that occurs |

## How many lines

Each line of \`/metrics\` belongs to an object, such as a mirror or a target. The table lists the kinds of objects.

To get the maximum number of lines of \`/metrics\`, multiply the number of objects of each kind by the lines of one
object. Then add the results. A gauge whose value is unknown has no line.

${linesTable()}

${[example(3, 10), example(10, 200)].join('\n\n')}

\`limits.lines\` limits the lines of \`/metrics\`. If \`/metrics\` needs more lines, whole targets are omitted, the last
configured ones first. \`mirrorwatch_exposition_lines_dropped_total\` counts the omitted lines. The lines of mirrors and
of the daemon itself are never omitted.

## Buckets

The bounds of buckets are fixed. No bound is a whole number, because OpenMetrics and the Prometheus text format write
whole numbers differently in the label \`le\`.
- Bounds in seconds: \`${secondsBuckets.join(' ')}\`
- Bounds in bytes per second: \`${throughputBuckets.join(' ')}\`

## Native histograms

A scraper that accepts Prometheus' protobuf format gets native histograms. Each is one series. Each of its buckets is
4.4 % wider than the previous one. Other scrapers get a text format with classic histograms. Metrics that are not
histograms have the same names and labels in each format.

- Prometheus 2.40 or later requests native histograms with \`--enable-feature=native-histograms\`, Prometheus 3.8 or later
  with \`scrape_native_histograms: true\`.
- With \`listen.histograms: classic\` the daemon offers no protobuf.
- With \`listen.histograms: both\` a response in protobuf also has classic buckets. A scraper that requests protobuf but
  stores no native histograms needs them.
- \`listen.histogramBuckets\` (160 by default) limits the number of buckets of a series. If a series needs more buckets,
  adjacent buckets are merged.
- Native histograms start at 0 at the first scrape that gets them. Before that they use no memory.
- With \`convert_classic_histograms_to_nhcb: true\` Prometheus 3 stores classic histograms as native histograms with the
  same bounds.

The rules and dashboards of mirrorwatch read the native histogram if it exists, else the classic one. For example:

\`\`\`promql
histogram_quantile(0.95, sum by (module, version, registry) (rate(mirror_probe_rtt_seconds{step="zip",connection="cold"}[1h]))) or histogram_quantile(0.95, sum by (le, module, version, registry) (rate(mirror_probe_rtt_seconds_bucket{step="zip",connection="cold"}[1h])))
\`\`\`

A native histogram has no \`_count\` and \`_sum\` series. Use \`histogram_count(rate(mirror_probe_rtt_seconds[1h]))\` and
\`histogram_sum(…)\` instead. Metrics of the type summary still have \`_count\` and \`_sum\`.

In a test, Prometheus 3.8.0 stored 4.6 MB a day with classic histograms (1 673 series), indexes included. With native
histograms (626 series) it stored 2.8 MB a day. The test had three Go mirrors with ten modules, and a scrape every 30 s
(\`node bench/histogram-storage.ts --hours 24\`).

[Decision 0115](decisions/0115-native-histograms-by-default.md) explains the design of native histograms, with figures.

## Slots without a probe

\`mirror_probe_unknown_total\` also counts planned probes that were not sent. The label \`because\` has one of these values:

${[row('what happened', 'because'), row('---', '---'), ...(Object.keys(skipText) as Skipped['because'][]).map((skip) => row(`${skip}: ${skipText[skip]}`, `\`${becauseOfSkip[skip]}\``))].join('\n')}

## Reference

Each metric has a section. The entry \`absent\` of a section states when the metric has no series. [How many lines](#how-many-lines) explains the entry with the number of lines.

${metricNames.map(metricSection).join('\n')}
## Of the front door

\`mirrorwatch door\` is a separate process. Its own \`/metrics\` has the text format 0.0.4 ([door.md](door.md)).

${doorTable()}

The label \`outcome\` has one of these values if the door served the request or tried to:
${outcomeList((one) => servedOutcomes.has(one))}

The label \`outcome\` has one of these values if the door rejected the request:
${outcomeList((one) => !servedOutcomes.has(one))}
`;
}

if (import.meta.main) {
  const page = metricsPage();
  if (process.argv.includes('--check')) {
    if (readFileSync(metricsPagePath, 'utf8') !== page) {
      console.error('docs/metrics.md is not what src/export/catalog.ts says: run tools/generate-metrics-docs.ts');
      process.exitCode = 1;
    }
  } else writeFileSync(metricsPagePath, page);
}
