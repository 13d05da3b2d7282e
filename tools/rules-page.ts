import { actionLabel } from '../src/core/evidence.ts';
import type { Severity } from '../src/core/finding.ts';
import { burnRates, defaultRuleParameters, sloPercentMax, sloPercentMin } from '../src/features/rules/parameters.ts';
import { type AlertRule, formatRuleDuration, levels, type RuleGroup, textsOf } from '../src/features/rules/rule.ts';
import { listRuleGroups } from '../src/features/rules/rules.ts';
import { firingWords, inhibitions, mutedWords } from './inhibitions.ts';
import { costOf, site, worthInUse, worths } from './rules-notes.ts';

const count = (value: number) => Math.round(value).toLocaleString('en').replaceAll(',', ' ');
const row = (...cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const time = (seconds = 0) => (seconds === 0 ? '–' : formatRuleDuration(seconds));

function costTable(groups: readonly RuleGroup[]): string {
  const rows = groups.flatMap(({ recordings, intervalSeconds }) =>
    recordings.map((rule) => {
      const { reads, writes } = costOf(rule);
      return row(`\`${rule.record}\``, time(intervalSeconds ?? 0), count(reads), count(writes), rule.text);
    }),
  );
  const head = row('rule', 'every', 'series read', 'series written', 'value');
  return [head, row('---', '---', '---:', '---:', '---'), ...rows].join('\n');
}

function alertRow(rule: AlertRule): string {
  const { alert, severity = 'warning', isEvidence, forSeconds, keepFiringSeconds } = rule;
  const says = textsOf(defaultRuleParameters, rule)
    .summary.replaceAll(/\{\{ (with .+? \| query|if [^}]+|end) \}\}/g, '')
    .replaceAll(/\{\{ \. \| first \| label "(\w+)" \}\}/g, '`$1`')
    .replaceAll(/\{\{ else[^}]* \}\}/g, '; or: ')
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
  const head = row('alert', 'severity', 'for', 'keeps firing', 'evidence for advice', 'summary');
  return [
    head,
    row('---', '---', '---', '---', '---', '---'),
    ...groups.flatMap(({ alerts }) => alerts.map(alertRow)),
  ].join('\n');
}

const tellings = { critical: 'page', warning: 'ticket', info: 'information' } as const satisfies Record<
  Severity,
  string
>;

const severityOf = ({ severity = 'warning' }: AlertRule): Severity => severity;

function worthOf(rule: AlertRule): string {
  return rule.alert === 'MirrorDown' && severityOf(rule) === 'critical' ? worthInUse : worths[rule.alert];
}

function nightTable(groups: readonly RuleGroup[]): string {
  const order = Object.keys(tellings);
  const alerts = groups.flatMap((group) => group.alerts);
  const rows = alerts
    .map((rule, index) => ({ rule, index }))
    .sort((a, b) => order.indexOf(severityOf(a.rule)) - order.indexOf(severityOf(b.rule)) || a.index - b.index)
    .map(({ rule }) => row(rule.alert, tellings[severityOf(rule)], worthOf(rule)));
  return [row('alert', 'handled as', 'why'), row('---', '---', '---'), ...rows].join('\n');
}

function burnTable(): string {
  const rows = [...burnRates.fast, ...burnRates.slow].map(({ factor, longSeconds, shortSeconds }) => {
    const spent = ((factor * longSeconds) / (30 * 86_400)) * 100;
    const limit = (factor * (100 - defaultRuleParameters.sloPercent)).toFixed(1);
    return row(String(factor), time(longSeconds), time(shortSeconds), `${spent.toFixed(0)} %`, `${limit} %`);
  });
  const head = row(
    'burn rate (× budget)',
    'longer window',
    'shorter window',
    'budget spent in the longer window',
    `failed share of probes, if --slo is ${defaultRuleParameters.sloPercent}`,
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

/** Times of rules, measured by hand on 2026-11-20. They grow with the number of targets, and of samples per hour. */
const measured = `The times in the table below were measured with Prometheus 2.42 on 2 cores that also did other work, with a histogram for each target. Prometheus had scraped 1 000
targets every 30 s for an hour. Each time is the median of three instant queries:

| expression | time | samples read |
| --- | ---: | ---: |
| \`registry_step:mirror_probe_rtt_seconds_bucket:rate1h\` | 0.22 s | 2.42 million |
| \`target:mirror_probe_rtt_seconds:p95_1h\` | 0.17 s | 2.42 million |
| \`registry:mirror_probe_rtt_seconds:slow_share1h\`, without its 95th percentile over the hour | 0.20 s | 0.74 million |
| \`registry:mirror_probe_attempts:rate5m\` | 0.01 s | 0.01 million |

At 10 000 targets with a scrape every 30 s, the four expressions of the table above take about 6 s every 2 minutes. This is 5 % of a core.
With a scrape every 15 s they take about 12 s. These two times are estimates from the table, which was measured at 1 000 targets.
The estimates assume that the time grows in proportion to the number of targets and of scrapes.
\`registry:mirror_probe_rtt_seconds:slow_share5m\` is newer and was not measured. It reads at most 0.21 million samples there, so less than a third of \`slow_share1h\`.`;

/** The text of docs/rules.md. */
export function rulesPage(): string {
  const groups = listRuleGroups(defaultRuleParameters);
  const recordings = groups.flatMap((group) => group.recordings);
  const alerts = groups.flatMap((group) => group.alerts);
  const written = recordings.reduce((sum, rule) => sum + costOf(rule).writes, 0);
  return `<!-- Generated by tools/generate-alerts.ts from src/features/rules; do not edit. -->

# Rules

\`alerts/mirrorwatch.yml\` contains ${recordings.length} recording rules and ${alerts.length} alerts for Prometheus 2.42 or newer
(because of \`keep_firing_for\`). It is the output of \`mirrorwatch rules\`. This command prints the rules with your own numbers:

\`\`\`
mirrorwatch rules --slo 99.5 --vantages 3 --runbook https://wiki.example.com/mirrorwatch > mirrorwatch.yml
\`\`\`

\`mirrorwatch rules\` has these options:
- \`--slo\`: the objective: how many per cent of a mirror's judged probes (ok or failed) must succeed over 30 days, ${sloPercentMin} to ${sloPercentMax}; default ${defaultRuleParameters.sloPercent}.
- \`--vantages\`: from how many places you monitor the mirrors; default ${defaultRuleParameters.vantages}. If Prometheus has data of more places than this number, all of these places count.
- \`--runbook\`: the start of each \`runbook_url\`: a relative path or an http(s) URL (no other scheme, because people click on it);
  default: the runbook of the version that you run, or \`${defaultRuleParameters.runbook}\` in a checkout. In the Helm chart: \`prometheusRule.runbookUrl\`.
- \`--grafana\`: the address of Grafana, before \`/d/…\` in each \`dashboard_url\`. Without it the link is a path, which Grafana itself
  follows. In the Helm chart: \`prometheusRule.grafanaUrl\`.

The [mixin](../deploy/mixin/mixin.libsonnet) has these values in \`_config\` (\`sloPercent\`, \`vantages\`, \`runbookUrl\`, \`grafanaUrl\`). Its
\`mirrorwatchSelector\` adds matchers to each series that the rules read, and \`dashboardTags\` are the tags of the boards.

Recording rules drop only labels of the metric, \`instance\` and \`pod\`. Other labels of the scrape target, such as \`job\` and \`cluster\`,
stay. The rules over all places keep none of them.
- \`--lang zh\`: summaries and descriptions in Chinese; without it they are in English, whatever the locale. Names, expressions and
  labels are the same. \`alerts/zh/mirrorwatch.yml\` is the Chinese form of \`alerts/mirrorwatch.yml\`. Load only one of the two.

If an option has an invalid value, \`mirrorwatch rules\` exits with 2. Add the file that it prints to \`rule_files\` of Prometheus, and give each scrape target of a daemon the label \`vantage\`.

## Alerts

${alertTable(groups)}

MirrorSlow has no \`for\`, because its condition contains a wait of 20 minutes ([decision 0134](decisions/0134-one-alert-for-each-operator-action.md)).

[runbook.md](runbook.md) lists for each alert what to check first, what to do, and when it is false. The name shows what an alert is about:
\`Mirror\` followed by a capital is about a mirror, \`Vantage\` about a place, \`Mirrorwatch\` about a daemon or a front door. So
\`alertname=~"Mirror[A-Z].*"\` selects all alerts about mirrors.

### Pages, tickets and information

\`critical\` alerts page a person at any hour: builds fail now, a mirror serves wrong bytes, or mirrors are not monitored. \`warning\`
alerts are tickets for working hours, and \`info\` alerts are information only. An alert pages only if it needs an action that cannot wait
until morning.

${nightTable(groups)}

MirrorDown, MirrorNoneUsable and MirrorAdvice continue to fire across a restart of the daemon. They keep firing for 3 minutes without data, and the
daemon restores their data from the state file.

### Evidence: the label ${actionLabel.name}

\`${actionLabel.name}: ${actionLabel.value}\` means that clients may need to switch to another mirror. Route alerts with
this label to \`POST /api/v1/alertmanager\` of the daemon.
Such an alert always has the label \`registry\`. If it has \`vantage\`, only the daemon of that place uses it. Without \`vantage\` every
daemon uses the alert.

A daemon that receives an alert with \`${actionLabel.name}: ${actionLabel.value}\` probes the mirror again at once. It never advises a switch because of
an alert alone. Alerts that repeat a verdict of the daemon, such as MirrorDown, do not have this label, because they are no additional evidence.

### What mutes what

The \`inhibit_rules\` in [deploy/alertmanager.yml](../deploy/alertmanager.yml) make Alertmanager mute alerts. A firing alert of the first
column mutes the alerts of the second column that have equal values of the labels in the third. If both alerts lack
such a label, it counts as equal. The table below and the file are generated from one list, \`tools/inhibitions.ts\`.

${inhibitionTable()}

While the network of a place is suspect, the daemon does not change its verdicts. So most of the alerts that VantageSuspect mutes
would not fire anyway.

Alertmanager does not send muted alerts to the daemon. If an alert with \`${actionLabel.name}: ${actionLabel.value}\` ends while it is muted,
Alertmanager does not report its end. So for the daemon, an alert has ended if it was not received for
3 × \`alertmanager.repeat\` (by default 3 × 10 minutes). Set \`alertmanager.repeat\` to the \`repeat_interval\` of the route.

### Several places

Some alerts count votes of places. A place votes 1 (bad) or 0 (good) on whether a mirror is down, is slow, or burns its error budget fast. A place whose own
network is suspect does not vote. A place also has no vote without data:
- On whether the mirror is down: while the state of the mirror is unknown, or before its first successful probe.
- On whether it is slow: while no target of the mirror has both a baseline and at least 40 ok samples in the last hour.
- On whether it burns its error budget: before its first successful probe, and while it has no recent judged probe (ok or failed).

*Most places vote 1* (bad) means that two conditions hold:
- At least two places vote 1.
- More than half of all places that monitor the mirror vote 1. Places that do not vote count among all places. If fewer places monitor the mirror than
  \`mirrorwatch rules --vantages\` states, more than half of the number in this option must vote 1.

The table below shows, for some numbers of places, how many must vote 1 (bad) so that MirrorDownMostPlaces fires. It also shows when VantageOutlier fires:

| places | votes for MirrorDownMostPlaces | when VantageOutlier fires for a place |
| --- | --- | --- |
| 1 | never; only MirrorDown can fire | never; only VantageSuspect can fire |
| 2 | 2 | at least 2 mirrors, and more than half of those compared, are bad at this place and good at the other |
| 3 | 2 | at least 2 mirrors, and more than half of those compared, are bad at this place and good at most of the others |
| 10 | 6 | at least 2 mirrors, and more than half of those compared, are bad at this place and good at most of the others |

Rules identify a mirror by its name, so give it the same \`name\` in the configuration of each place.

## The error budget

${burnTable()}

The error budget is the share of probes that may fail over 30 days: 100 % minus \`--slo\`. Each row of the table above has a longer and a
shorter window. An alert fires if all of these conditions hold for a row:
- In both windows, the failed share of probes is above a limit: the burn rate × the error budget. The last column has this limit for
  \`--slo ${defaultRuleParameters.sloPercent}\`.
- In the longer window, the failed share is above the limit even if time without data counts as successful.
- In the longer window, at least 3 probes failed.

Two kinds of failures do not count in the error budget: those with the reason \`absent\` (a missing module), and those of a mirror without any successful probe.

The 5-minute window in the first row of the table needs a probe interval of a minute or less. With longer intervals only the other rows can fire.

## Recording rules

The alerts use the recording rules. If a query of your own over all targets takes too long, use recording rules in it.
The boards query the raw metrics and work without the rules ([decision 0110](decisions/0110-fewer-series-and-boards-on-raw-metrics.md)).

The name of a recording rule is \`level:metric:operations\`. The level defines the labels:

${levelTable()}

The recording rules combine series that differ only in \`job\` and \`instance\`. So daemons with the same label \`vantage\` (the shards of a place) count as
one daemon. Daemons without the label \`vantage\` count as one place. Exception: rules whose name begins with \`place:\` keep \`instance\`, because they
are about single daemons.

The table shows the maximum cost of one evaluation at ${count(site.targets)} targets in one place: ${site.mirrors} Go mirrors, histograms of ${site.buckets} buckets, cold connections only.
It assumes a histogram for each target. The real numbers are lower, because most light steps have one histogram for all modules of a mirror
([decision 0110](decisions/0110-fewer-series-and-boards-on-raw-metrics.md)). All rules together write at most ${count(written)} series:

${costTable(groups)}

${measured}

The group \`mirrorwatch-round-trips\` reads the histograms of every target. If this group costs too much, remove it from the file. Then MirrorSlow never fires,
slowness no longer makes MirrorDegradedMostPlaces fire, and VantageOutlier judges by outages alone.

## How they are checked

These tests check the rules:
- Each alert has a file in \`test/rules\`. With this file promtool checks that the alert fires, stays silent just below its limit, and resolves.
- \`promtool check rules --lint-fatal\` reports no problem.
- Other tests check the alerts that count votes of places ([Several places](#several-places)), with 1, 2, 3 and 10 places.
- Another test checks that every metric and label that is named on this page, in the runbook or in the rules exists in \`src/export/catalog.ts\`.
`;
}
