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
      return row(`\`${rule.record}\``, time(intervalSeconds ?? 0), count(reads), count(writes), rule.text);
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
const measured = `Measured with Prometheus 2.42 on a machine of 2 cores, busy with other work. It had scraped 1 000 targets every 30 s for an hour. The
times are of instant queries, the median of three:

| expression | time | samples read |
| --- | ---: | ---: |
| \`registry_step:mirror_probe_rtt_seconds_bucket:rate1h\` | 0.22 s | 2.42 million |
| \`target:mirror_probe_rtt_seconds:p95_1h\` | 0.17 s | 2.42 million |
| \`registry:mirror_probe_rtt_seconds:slow_share1h\`, without the percentile of the hour in it | 0.20 s | 0.74 million |
| \`registry:mirror_probe_attempts:rate5m\` | 0.01 s | 0.01 million |

They read series by series, so their time should grow with the targets and with the scrapes in an hour. Computed from that, not
measured: 6 s every 2 minutes at 10 000 targets, a twentieth of a core. With a scrape every 15 s it is twice that. A query held
at most 61 000 samples in memory; Prometheus refuses a query at 50 million.`;

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

### Pages, tickets and information

\`critical\` is a page, at any hour: builds fail now, a mirror serves wrong bytes, or mirrors are not monitored. \`warning\` is a ticket for
working hours, and \`info\` is information only. An alert is a page only if it needs an action that cannot wait until morning.

${nightTable(groups)}

Over a restart of the daemon MirrorDown and MirrorNoneUsable continue to fire: the daemon restores their data from the state file.

### Evidence: the label ${actionLabel.name}

\`${actionLabel.name}: ${actionLabel.value}\` says that a switch of the clients may help. Route alerts with this label to \`POST /api/v1/alertmanager\`. Such
an alert always has \`registry\`. If it has \`vantage\`, it is about one place, and for the daemon of that place. With no \`vantage\` it is for
every daemon (one place without the label, or most places). The daemon then probes the mirror again at once, and applies the same gates as to
its own findings. It never switches clients because of an alert alone. No other alert carries the label: the daemon
detects outages, spikes and refusals itself, long before the alert.

### What mutes what

Alertmanager's \`inhibit_rules\` in [deploy/alertmanager.yml](../deploy/alertmanager.yml): each firing alert on the left mutes
those on the right with equal labels. Table and file are made from one list, \`tools/inhibitions.ts\`.

${inhibitionTable()}

A label that both lack is equal. While the place is suspect, the daemon does not change its verdicts, so most muted alerts
would not fire anyway.

The daemon does not receive muted alerts either. If an alert with \`${actionLabel.name}: ${actionLabel.value}\` ends while it is muted, Alertmanager sends
no resolved notification. The daemon does not wait for one. Evidence counts as ended if it is not repeated for three times
\`alertmanager.repeat\` (the \`repeat_interval\` of its route, 10m). It also ends if the daemon's own measurement says so.

### Several places

A place votes 1 (bad) or 0 (good). It has no vote on a mirror that is unknown or warming, or of which no probe ever
succeeded. It has no vote at all while its own network is suspect. *Most* is at least two places, and more than half
of those that monitor the mirror, whether or not there is a verdict. If fewer than \`--vantages\` places monitor it,
*most* is more than half of \`--vantages\`:

| places | down from most places | this place is bad (VantageOutlier) |
| --- | --- | --- |
| 1 | never: only MirrorDown fires | never: only VantageSuspect fires |
| 2 | both | 2 mirrors or more, and over half of those compared, bad here and good there |
| 3 | 2 | the same, good at most of the other places with a vote |
| 10 | 6 | the same |

A registry is identified by its name: give a mirror the same \`name\` in each place's configuration.

## The error budget

${burnTable()}

A pair fires under three conditions. Both windows are above their share. The failures are above the share of the whole longer window,
in which time without data counts as good: the first minutes of a new Prometheus are not three days. At least 3 probes failed in the longer window.

Failures with the reason \`absent\` do not count: a missing module is a mistake in the list, or the finding \`refusal\`. A mirror without any
successful probe does not count either. The short window of the first pair needs a probe interval of a minute or less. With longer intervals
the other pairs fire.

## Recording rules

The alerts use them. So can installations that are so large that a query over every target takes too long. The boards query the raw
metrics and work without the rules ([decision 0008](decisions/0008-boards-on-raw-metrics.md)). Names are \`level:metric:operations\`. Levels:

${levelTable()}

\`job\` and \`instance\` are left out: shards and restarts of one place add up. Without \`vantage\` all daemons are one place.

Cost at ${count(site.targets)} targets in one place (${site.mirrors} Go mirrors, ${site.buckets} buckets, each target cold), for each evaluation; ${count(written)} series written in all:

${costTable(groups)}

${measured}

The group \`mirrorwatch-round-trips\` reads the histograms of every target, native or classic: where Prometheus has one form, the queries of the other
find no series. If that costs too much, leave the group out: MirrorSlow and slowness in MirrorDegradedMostPlaces then do not fire, and
VantageOutlier judges by outages alone.

## How they are checked

Each alert has a file in \`test/rules\` in which promtool checks that it fires, stays silent just below the limit, and resolves. The votes have a table
with 1, 2, 3 and 10 places. \`promtool check rules --lint-fatal\` is clean. A test checks that every metric and label named here, in the
runbook and in the rules exists in \`src/export/catalog.ts\`. Tests with histograms run in three forms: classic, native, and
classic that Prometheus converts (\`convert_classic_histograms_to_nhcb\`).
`;
}
