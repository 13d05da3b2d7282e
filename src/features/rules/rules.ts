import { formatCommand } from '../../core/command-line.ts';
import { actionLabel } from '../../core/evidence.ts';
import { budget } from './budget.ts';
import { daemons } from './daemons.ts';
import { mirrors } from './mirrors.ts';
import { defaultRuleParameters, type RuleParameters } from './parameters.ts';
import { places } from './places.ts';
import { roundTrips } from './round-trips.ts';
import { type AlertRule, formatRuleDuration, type RecordingRule, type RuleGroup, textsOf } from './rule.ts';

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
  const { sloPercent, vantages, runbook, language } = parameters;
  const link = runbook === defaultRuleParameters.runbook ? [] : ['--runbook', runbook];
  const lang = language === defaultRuleParameters.language ? [] : ['--lang', language];
  const head = [
    '# Rules for mirrorwatch, for Prometheus 2.42 or newer. What to do for each alert: docs/runbook.md; cost: docs/rules.md.',
    `# Made by \`${formatCommand`mirrorwatch rules --slo ${sloPercent} --vantages ${[String(vantages), ...link, ...lang]}`}\`; do not edit, print your own.`,
    '#',
    '# An alert on a gauge that can be absent (mirror_up, last success, certificate, lag, vantage) has a partner on its absence:',
    '# "could not tell" must not look like "fine". Prometheus sets job, instance and vantage as labels of the scrape target.',
    `# ${actionLabel.name}: ${actionLabel.value} marks alerts that the daemon takes as evidence (POST /api/v1/alertmanager).`,
    'groups:',
  ];
  const groups = listRuleGroups(parameters).map((group) => groupLines(group, parameters));
  return `${[...head, ...groups.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]))].join('\n')}\n`;
}
