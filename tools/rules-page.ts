import { actionLabel } from '../src/core/evidence.ts';
import type { Severity } from '../src/core/finding.ts';
import { burnRates, defaultRuleParameters, sloPercentMax, sloPercentMin } from '../src/features/rules/parameters.ts';
import { type AlertRule, formatRuleDuration, levels, type RuleGroup, textsOf } from '../src/features/rules/rule.ts';
import { listRuleGroups } from '../src/features/rules/rules.ts';
import { firingWords, inhibitions, mutedWords } from './inhibitions.ts';
import { costOf, site, worths } from './rules-notes.ts';

const count = (value: number) => value.toLocaleString('en').replaceAll(',', ' ');
const row = (...cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const time = (seconds = 0) => (seconds === 0 ? '–' : formatRuleDuration(seconds));

function costTable(groups: readonly RuleGroup[]): string {
  const rows = groups.flatMap(({ recordings, intervalSeconds }) =>
    recordings.map((rule) => {
      const { reads, writes } = costOf(rule);
      return row(`\`${rule.record}\``, time(intervalSeconds ?? 0), count(reads), count(writes), rule.says);
    }),
  );
  const head = row('rule', 'every', 'series read', 'series written', 'what it says');
  return [head, row('---', '---', '---:', '---:', '---'), ...rows].join('\n');
}

function alertRow(rule: AlertRule): string {
  const { alert, severity = 'warning', isEvidence, forSeconds, keepFiringSeconds } = rule;
  const says = textsOf(defaultRuleParameters, rule)
    .summary.replaceAll(/\{\{ (if [^}]+|end) \}\}/g, '')
    .replaceAll(/\{\{ else[^}]* \}\}/g, ' or ')
    .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, '`$1`')
    .replaceAll('{{ $value }}', '*n*');
  return row(
    `[${alert}](runbook.md#${alert.toLowerCase()})`,
    severity,
    time(forSeconds),
    time(keepFiringSeconds),
    isEvidence ? 'yes' : '–',
    says,
  );
}

function alertTable(groups: readonly RuleGroup[]): string {
  const head = row('alert', 'severity', 'for', 'keeps firing', 'evidence', 'summary');
  return [
    head,
    row('---', '---', '---', '---', '---', '---'),
    ...groups.flatMap(({ alerts }) => alerts.map(alertRow)),
  ].join('\n');
}

const tellings = { critical: 'page', warning: 'ticket', info: 'known' } as const satisfies Record<Severity, string>;

const severityOf = ({ severity = 'warning' }: AlertRule): Severity => severity;

function nightTable(groups: readonly RuleGroup[]): string {
  const order = Object.keys(tellings);
  const alerts = groups.flatMap((group) => group.alerts);
  const rows = alerts
    .map((rule, index) => ({ rule, index }))
    .sort((a, b) => order.indexOf(severityOf(a.rule)) - order.indexOf(severityOf(b.rule)) || a.index - b.index)
    .map(({ rule }) => row(rule.alert, tellings[severityOf(rule)], worths[rule.alert]));
  return [row('alert', 'is a', 'because'), row('---', '---', '---'), ...rows].join('\n');
}

function burnTable(): string {
  const rows = [...burnRates.fast, ...burnRates.slow].map(({ factor, longSeconds, shortSeconds }) => {
    const spent = ((factor * longSeconds) / (30 * 86_400)) * 100;
    const limit = (factor * (100 - defaultRuleParameters.sloPercent)).toFixed(1);
    return row(String(factor), time(longSeconds), time(shortSeconds), `${spent.toFixed(0)} %`, `${limit} %`);
  });
  const head = row(
    'times the budget',
    'over',
    'and over',
    'of 30 days spent',
    `failed share at ${defaultRuleParameters.sloPercent} %`,
  );
  return [head, row('---:', '---', '---', '---:', '---:'), ...rows].join('\n');
}

function inhibitionTable(): string {
  const rows = inhibitions.map((one) =>
    row(firingWords(one), mutedWords(one), one.equal.map((label) => `\`${label}\``).join(' ')),
  );
  return [row('firing', 'mutes', 'equal'), row('---', '---', '---'), ...rows].join('\n');
}

function levelTable(): string {
  const rows = Object.entries(levels).map(([level, labels]) =>
    row(`\`${level}\``, labels.map((one) => `\`${one}\``).join(' ')),
  );
  return [row('level', 'labels'), row('---', '---'), ...rows].join('\n');
}

/** Measured by hand on 2026-11-20; the numbers grow with targets and with samples in an hour. */
const measured = `Measured with Prometheus 2.42 on a machine of 2 cores, busy with other work, at 1 000 targets scraped every 30 s for an hour,
as instant queries, the middle of three:

| expression | time | samples read |
| --- | ---: | ---: |
| \`registry_step:mirror_probe_rtt_seconds_bucket:rate1h\` | 0.22 s | 2.42 million |
| \`target:mirror_probe_rtt_seconds:p95_1h\` | 0.17 s | 2.42 million |
| \`registry:mirror_probe_rtt_seconds:slow_share1h\`, without the percentile of the hour in it | 0.20 s | 0.74 million |
| \`registry:mirror_probe_attempts:rate5m\` | 0.01 s | 0.01 million |

They read series by series, so their time should go with the targets and with the scrapes in an hour. Computed from that, not
measured: 6 s every 2 minutes at 10 000 targets, a twentieth of a core, and twice that when scraped every 15 s. The most
samples held at once were 61 000, of the 50 million at which Prometheus refuses a query.`;

/** The whole page. */
export function rulesPage(): string {
  const groups = listRuleGroups(defaultRuleParameters);
  const recordings = groups.flatMap((group) => group.recordings);
  const alerts = groups.flatMap((group) => group.alerts);
  const written = recordings.reduce((sum, rule) => sum + costOf(rule).writes, 0);
  return `<!-- Generated by tools/generate-alerts.ts from src/features/rules; do not edit. -->

# Rules

\`alerts/mirrorwatch.yml\` holds ${recordings.length} recording rules and ${alerts.length} alerts for Prometheus 2.42 or newer (\`keep_firing_for\`). It is the
output of \`mirrorwatch rules\`; print your own with other numbers:

\`\`\`
mirrorwatch rules --slo 99.5 --vantages 3 --runbook https://wiki.example.com/mirrorwatch > mirrorwatch.yml
\`\`\`

- \`--slo\`: per cent of a mirror's judged probes that should not fail over 30 days, ${sloPercentMin} to ${sloPercentMax}; default ${defaultRuleParameters.sloPercent}.
- \`--vantages\`: how many places you watch from; default ${defaultRuleParameters.vantages}. Places that are seen beyond it count too.
- \`--runbook\`: what \`runbook_url\` begins with, a relative path or an http(s) URL (people click on it: no other scheme is taken);
  default \`${defaultRuleParameters.runbook}\`. In the Helm chart: \`prometheusRule.runbookUrl\`.
- \`--lang zh\`: summaries and descriptions in Chinese; without it they are English, whatever the locale. Names, expressions and
  labels are the same. \`alerts/zh/mirrorwatch.yml\` is the file above in Chinese: load one of the two, not both.

Wrong numbers end with 2. Put the file under \`rule_files\` and give each scrape target of a daemon the label \`vantage\`.

## Alerts

${alertTable(groups)}

What to check first, what to do first, and when each is false: [runbook.md](runbook.md). Names beginning with \`Mirror\` and a capital are
about a mirror, \`Vantage\` about a place, \`Mirrorwatch\` about a daemon: \`alertname=~"Mirror[A-Z].*"\` is every alert on mirrors.

### Who is woken

\`critical\` is a page, at any hour: builds fail now, wrong bytes are served, or nobody watches. \`warning\` is a ticket for working hours,
\`info\` is only to be known. The measure: would somebody who is woken by it do something that cannot wait until morning?

${nightTable(groups)}

Over a restart of the daemon MirrorDown and MirrorNoneUsable go on firing: what they rest on comes back from the state file.

### Evidence: the label ${actionLabel.name}

\`${actionLabel.name}: ${actionLabel.value}\` says that moving clients may be the answer. Route what carries it to \`POST /api/v1/alertmanager\`. It always
has \`registry\`. It has \`vantage\` where it is about one place, for the daemon of that place; with no \`vantage\` it is for
every daemon (one place without the label, or most places). The daemon takes it as reason to look again, at once, through
the same gates as its own findings; it never moves anybody on an alert alone. No other alert carries the label: outages,
spikes and refusals the daemon has seen itself, long before.

### What mutes what

Alertmanager's \`inhibit_rules\` in [deploy/alertmanager.yml](../deploy/alertmanager.yml): each firing alert on the left mutes
those on the right with equal labels. Table and file are made from one list, \`tools/inhibitions.ts\`.

${inhibitionTable()}

A label that both lack is equal. While the place is suspect the daemon's verdicts stand still, so most of what is muted
would not fire anyway.

What is muted is not told to the daemon either: an alert with \`${actionLabel.name}: ${actionLabel.value}\` that was sent as firing and ends while it is
muted gets no resolved notification. The daemon does not wait for one: evidence that has not been repeated for three times
\`alertmanager.repeat\` (the \`repeat_interval\` of its route, 10m) has ended, and so has what its own measure says is over.

### Several places

A place votes 1 (bad), 0 (well), or not at all: unknown, warming, never answered, or its own network suspect. *Most* is more
than half of the places that watch the mirror, whether or not they can tell, of \`--vantages\` at least, and no fewer than two:

| places | down from most places | this place is bad (VantageOutlier) |
| --- | --- | --- |
| 1 | never: one place cannot say it; MirrorDown speaks alone | never; VantageSuspect is all there is |
| 2 | both | 2 mirrors or more, and over half of those compared, bad here and well there |
| 3 | 2 | the same, well at most of the others that can tell |
| 10 | 6 | the same |

Registries are told apart by name: give a mirror the same \`name\` in each place's configuration.

## The error budget

${burnTable()}

A pair fires when both windows are above their share, the failures would be above it over the whole longer window too (what was
not watched counts as well: the first minutes of a fresh Prometheus are no three days), and at least 3 probes failed in it.
\`absent\` does not count (a module that is not there is a mistake in the list, or the finding \`refusal\`), nor does a mirror
that has never answered. The short window of the first pair wants a pace of a minute or less; with slower paces
the other pairs speak.

## Recording rules

They serve the alerts, and installations so large that a query over every target takes too long: the boards ask for the raw
metrics and work without them ([decision 0008](decisions/0008-boards-on-raw-metrics.md)). Names are \`level:metric:operations\`. Levels:

${levelTable()}

\`job\` and \`instance\` are left out: shards and restarts of one place add up. Without \`vantage\` all daemons are one place.

Cost at ${count(site.targets)} targets in one place (${site.mirrors} Go mirrors, ${site.buckets} buckets, each target cold), for each evaluation; ${count(written)} series written in all:

${costTable(groups)}

${measured}

The group \`mirrorwatch-round-trips\` reads the histograms of every target, native or classic: where Prometheus has one form, the queries of the other
find no series. If that costs too much, leave the group out: MirrorSlow and slowness in MirrorDegradedMostPlaces then do not fire, and
VantageOutlier judges by outages alone.

## How they are checked

Each alert has a file in \`test/rules\` in which promtool sees it fire, stay quiet just below, and resolve; the votes have a table
with 1, 2, 3 and 10 places. \`promtool check rules --lint-fatal\` is clean. A test finds every metric and label named here, in the
runbook and in the rules in \`src/export/catalog.ts\`. Stories with histograms are told in three forms: classic, native, and
classic that Prometheus converts (\`convert_classic_histograms_to_nhcb\`).
`;
}
