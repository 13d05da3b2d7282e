import { formatCommand } from '../../core/command-line.ts';
import { actionLabel } from '../../core/evidence.ts';
import { mirrors } from './mirrors.ts';
import { day, defaultRuleParameters, minute, type RuleParameters } from './parameters.ts';
import { places } from './places.ts';
import { quantileQueryOf, roundTrips } from './round-trips.ts';
import {
  type AlertKey,
  type AlertRule,
  budget,
  casesOf,
  formatRuleDuration,
  type GroupOf,
  muteForOwnNetwork,
  type RecordingRule,
  type RuleGroup,
  renderCases,
  scaled,
  textFor,
  textsOf,
  window,
} from './rule.ts';

const queueSeconds = 15 * minute;
/** For how long an alert reports a corrupt state file after it was found. */
const asideSeconds = 6 * 60 * minute;
/**
 * The delay of probes above which an alert fires, seconds. It must be a bucket bound of
 * `mirrorwatch_schedule_delay_seconds`.
 */
const behindSeconds = 1.1;
/** If a daemon has not judged its own network by this time after its start, an alert fires. */
const firstPassSeconds = 15 * minute;
/** If actions are stopped for longer than this, an alert fires, because an operator may have forgotten them. */
const stoppedSeconds = 60 * minute;

/**
 * Returns a sentence with the value of a query about the alert's daemon. If the query has no result, the sentence is
 * omitted.
 */
function counted(parameters: RuleParameters, query: string, key: AlertKey): string {
  return textFor(parameters, `printf "${query}" $labels.instance`, key);
}

function vantage(parameters: RuleParameters): AlertRule {
  const unjudged = `sum(increase(mirror_probe_unknown_total{instance='%s',because='vantage'}[${window(parameters, 5 * minute)}]))`;
  const unknown = "count(mirror_state{instance='%s',state='unknown'} == 1)";
  return {
    alert: 'VantageSuspect',
    fills: casesOf(parameters, {
      suspect: { more: counted(parameters, unjudged, 'alert.leftUnjudged') },
      unjudged: { more: counted(parameters, unknown, 'alert.stateUnknown') },
      network: {},
    }),
    why: 'Also its own partner on absence: 15 minutes after the start not all canaries have been probed, so the network is not judged.',
    expr: renderCases({
      suspect: 'mirror_vantage_suspect == 1',
      network: 'max without (kind) (mirror_findings_open{kind="vantage"}) > 0',
      unjudged: `max without (version, node) (mirrorwatch_build_info)
  and on (job, instance)
time() - process_start_time_seconds > ${scaled(parameters, firstPassSeconds)}
  unless on (job, instance)
mirror_vantage_suspect`,
    }),
    forSeconds: 2 * minute,
  };
}

function measuring(parameters: RuleParameters): AlertRule {
  const delay = quantileQueryOf(
    0.99,
    'mirrorwatch_schedule_delay_seconds',
    'without ()',
    window(parameters, 5 * minute),
  );
  // A finding about a slow network of the place needs 10 minutes, and then explains the delay. So wait 5 minutes longer.
  const lateRange = `${window(parameters, 5 * minute)}:${window(parameters, minute)}`;
  return {
    alert: 'MirrorwatchUnfit',
    fills: casesOf(parameters, { self: {}, late: {} }),
    why: 'Late: for 15 minutes, and silent if a finding says that the network of the place is the problem. Probes then wait for slow downloads.',
    expr: renderCases({
      self: 'max without (kind) (mirror_findings_open{kind="self"}) > 0',
      late: `min_over_time(${delay}[${lateRange}]) > ${behindSeconds}\n${muteForOwnNetwork(parameters)}`,
    }),
    forSeconds: 10 * minute,
    keepFiringSeconds: 5 * minute,
  };
}

function configuration(parameters: RuleParameters): AlertRule {
  const mirrors = "count(count by (registry) (mirror_state{instance='%s'}))";
  return {
    alert: 'MirrorwatchConfigurationIgnored',
    fills: casesOf(parameters, { reload: { more: counted(parameters, mirrors, 'alert.watches') }, lines: {} }),
    expr: renderCases({
      reload: `time() - mirrorwatch_config_last_reload_success_timestamp_seconds
  and on (job, instance)
mirrorwatch_config_last_reload_successful == 0`,
      lines: `increase(mirrorwatch_exposition_lines_dropped_total[${window(parameters, 15 * minute)}]) > 0`,
    }),
    forSeconds: minute,
  };
}

function state(parameters: RuleParameters): AlertRule {
  const aside = 'mirrorwatch_state_set_aside_total{what="file"}';
  const findings = counted(parameters, "sum(mirror_findings_open{instance='%s'})", 'alert.openFindings');
  const notices = counted(parameters, "sum(mirrorwatch_webhook_queue_length{instance='%s'})", 'alert.waitingNotices');
  return {
    alert: 'MirrorwatchStateAtRisk',
    fills: casesOf(parameters, { unwritten: { more: findings + notices }, corrupt: {} }),
    why: 'Corrupt: also if the file was found at a start, before Prometheus saw a 0.',
    expr: renderCases({
      unwritten: 'mirrorwatch_state_writable == 0',
      corrupt: `increase(${aside}[${window(parameters, asideSeconds)}]) > 0
  or
${aside} > 0
  and on (job, instance)
time() - process_start_time_seconds < ${asideSeconds}`,
    }),
    forSeconds: 2 * minute,
  };
}

function results(parameters: RuleParameters): readonly AlertRule[] {
  const quarter = window(parameters, 15 * minute);
  const dropped = 'mirrorwatch_webhook_deliveries_total{outcome=~"expired|overflow|rejected|disabled"}';
  return [
    {
      alert: 'MirrorwatchNoticesLost',
      fills: casesOf(parameters, { dropped: {}, delayed: {} }),
      expr: renderCases({
        dropped: `sum without (outcome) (increase(${dropped}[${quarter}])) > 0`,
        delayed: `time() - mirrorwatch_webhook_oldest_timestamp_seconds > ${scaled(parameters, queueSeconds)}`,
      }),
      forSeconds: 5 * minute,
    },
    {
      alert: 'MirrorwatchActionFailed',
      fills: casesOf(parameters, { failed: {}, stopped: {} }),
      expr: renderCases({
        failed: `sum without (result) (increase(mirrorwatch_actions_total{result="failed"}[${quarter}])) > 0`,
        stopped: `mirrorwatch_actions_stopped == 1\n  and\nmirrorwatch_actions_stopped offset ${window(parameters, stoppedSeconds)} == 1`,
      }),
    },
  ];
}

const doorOf = 'sum without (registry, outcome)';

function door(parameters: RuleParameters): AlertRule {
  const counter = 'mirrorwatch_door_requests_total';
  const quarter = window(parameters, 15 * minute);
  return {
    alert: 'MirrorwatchDoorFails',
    fills: casesOf(parameters, { requests: {}, alone: {} }),
    expr: renderCases({
      requests: `${doorOf} (increase(${counter}{outcome="failed"}[${quarter}]))
  /
(${doorOf} (increase(${counter}{outcome=~"redirected|passed|relayed|absent|failed"}[${quarter}])) > 0) > 0.01`,
      alone: 'mirrorwatch_door_daemon_up == 0',
    }),
    forSeconds: 5 * minute,
  };
}

function presence(parameters: RuleParameters): readonly AlertRule[] {
  return [
    {
      alert: 'MirrorwatchDown',
      expr: 'up{job=~".*mirrorwatch.*"} == 0',
      forSeconds: 2 * minute,
      severity: 'critical',
    },
    {
      alert: 'MirrorwatchAbsent',
      fills: casesOf(parameters, { daemons: {}, vantages: { vantages: parameters.vantages } }),
      why: 'Partner of every alert here: no daemon is scraped, under any job name. Or fewer places report than `--vantages` says,\nor than reported within a day.',
      expr: renderCases({
        daemons: 'absent(mirrorwatch_build_info)',
        vantages: `count(count by (vantage) (mirrorwatch_build_info))
  <
clamp_min(count(count by (vantage) (max_over_time(mirrorwatch_build_info[${window(parameters, day)}]))), ${parameters.vantages})`,
      }),
      forSeconds: 10 * minute,
    },
  ];
}

/** Alerts about the monitoring itself: the network of the vantage, the daemon, and the front door. */
const daemons: GroupOf = (parameters) => ({
  name: 'mirrorwatch-self',
  intervalSeconds: null,
  about: 'The network of the place, and the daemon itself.',
  recordings: [],
  alerts: [
    vantage(parameters),
    measuring(parameters),
    configuration(parameters),
    state(parameters),
    ...results(parameters),
    door(parameters),
    ...presence(parameters),
  ],
});

/** Lists all groups in the order of the file. Recording rules come before the rules that use them. */
export function listRuleGroups(parameters: RuleParameters): readonly RuleGroup[] {
  return [roundTrips, mirrors, budget, places, daemons].map((group) => group(parameters));
}

/** Formats a text as a YAML scalar, in single quotes if double quotes would need escapes. */
function quoted(text: string): string {
  return /["\\]/.test(text) ? `'${text.replaceAll("'", "''")}'` : `"${text}"`;
}

function block(text: string, indent: string): string {
  return text.includes('\n') ? `|-\n${text.replace(/^/gm, indent)}` : quoted(text);
}

function comment(text: string, indent: string): string[] {
  return text.split('\n').map((line) => `${indent}# ${line}`);
}

function recordingLines({ record, expr }: RecordingRule): string[] {
  return [`      - record: ${record}`, `        expr: ${block(expr, '          ')}`];
}

/** The boards of alerts: the beginning of their names, the board, and the labels that are its variables. */
const boardsOfAlerts: readonly (readonly [start: RegExp, board: string, variables: readonly string[]])[] = [
  [/^Mirror\w+MostPlaces$/, 'places', ['ecosystem', 'registry']],
  [/^VantageOutlier$/, 'places', ['vantage']],
  [/^MirrorwatchAbsent$/, 'self', []],
  [/^Mirrorwatch|^Vantage/, 'self', ['vantage']],
  [/^MirrorNoneUsable$/, 'overview', ['vantage', 'ecosystem']],
  [/^Mirror/, 'mirror', ['vantage', 'registry']],
];

function dashboardOf({ alert }: AlertRule, { grafana }: RuleParameters): string {
  const [, board = 'overview', variables = []] = boardsOfAlerts.find(([start]) => start.test(alert)) ?? [];
  const query = variables.map((name) => `var-${name}={{ $labels.${name} | urlquery }}`);
  return `${grafana}/d/mirrorwatch-${board}${query.length === 0 ? '' : `?${query.join('&')}`}`;
}

function alertLines(rule: AlertRule, parameters: RuleParameters): string[] {
  const { runbook, timeScale } = parameters;
  const { summary, description } = textsOf(parameters, rule);
  const time = (key: string, seconds: number | undefined) =>
    seconds === undefined ? [] : [`        ${key}: ${formatRuleDuration(seconds * timeScale)}`];
  return [
    `      - alert: ${rule.alert}`,
    ...(rule.why === undefined ? [] : comment(rule.why, '        ')),
    `        expr: ${block(rule.expr, '          ')}`,
    ...time('for', rule.forSeconds),
    ...time('keep_firing_for', rule.keepFiringSeconds),
    '        labels:',
    `          severity: ${rule.severity ?? 'warning'}`,
    ...(rule.isEvidence ? [`          ${actionLabel.name}: ${actionLabel.value}`] : []),
    '        annotations:',
    `          summary: ${quoted(summary)}`,
    `          description: ${quoted(description)}`,
    `          runbook_url: ${runbook}#${rule.alert.toLowerCase()}`,
    `          dashboard_url: ${quoted(dashboardOf(rule, parameters))}`,
  ];
}

function groupLines(group: RuleGroup, parameters: RuleParameters): string[] {
  const { intervalSeconds: interval } = group;
  const rules = [...group.recordings.map(recordingLines), ...group.alerts.map((rule) => alertLines(rule, parameters))];
  return [
    ...comment(group.about, '  '),
    `  - name: ${group.name}`,
    ...(interval === null ? [] : [`    interval: ${formatRuleDuration(interval * parameters.timeScale)}`]),
    '    rules:',
    ...rules.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines])),
  ];
}

/**
 * Returns the text of a rule file for Prometheus 2.42 or newer, which has `keep_firing_for`.
 * @param parameters  accepted by `checkRuleParameters`
 */
export function renderRules(parameters: RuleParameters): string {
  const { sloPercent, vantages, runbook, grafana, language } = parameters;
  const link = runbook === defaultRuleParameters.runbook ? [] : ['--runbook', runbook];
  const boards = grafana === defaultRuleParameters.grafana ? [] : ['--grafana', grafana];
  const lang = language === defaultRuleParameters.language ? [] : ['--lang', language];
  const head = [
    '# Rules for mirrorwatch, for Prometheus 2.42 or newer. What to do for each alert: docs/runbook.md; cost: docs/rules.md.',
    `# Made by \`${formatCommand`mirrorwatch rules --slo ${sloPercent} --vantages ${[String(vantages), ...link, ...boards, ...lang]}`}\`; do not edit, print your own.`,
    '#',
    '# An alert on a gauge that can be absent (mirror_up, last success, certificate, lag, vantage) has a partner on its absence:',
    '# "could not tell" must not look like "fine". Prometheus sets job, instance and vantage as labels of the scrape target.',
    `# ${actionLabel.name}: ${actionLabel.value} marks alerts that the daemon takes as evidence (POST /api/v1/alertmanager).`,
    'groups:',
  ];
  const groups = listRuleGroups(parameters).map((group) => groupLines(group, parameters));
  return `${[...head, ...groups.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]))].join('\n')}\n`;
}
