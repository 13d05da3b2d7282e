import { scaled, window } from './duration.ts';
import type { RuleParameters } from './parameters.ts';
import type { AlertRule, GroupOf } from './rule.ts';

const minute = 60;
const queueSeconds = 15 * minute;
/** Told for so long that whoever looks once a day's shift sees it. */
const asideSeconds = 6 * 60 * minute;
/** A bucket bound; a probe that starts so late is measured at another time than planned, with others at once. */
const behindSeconds = 1.1;

/** A sentence with the value of a query about the daemon of the alert in place of `#`; nothing where the query has no series. */
function counted(query: string, sentence: string): string {
  const value = '{{ . | first | value | printf "%.0f" }}';
  return `{{ with printf "${query}" $labels.instance | query }} ${sentence.replace('#', value)}{{ end }}`;
}

const vantage = (parameters: RuleParameters): readonly AlertRule[] => [
  {
    alert: 'VantageSuspect',
    expr: 'mirror_vantage_suspect == 1',
    forSeconds: 2 * minute,
    keepFiringSeconds: 0,
    severity: 'warning',
    worth: 'our line; where nothing works any more, MirrorNoneUsable pages',
    summary: 'The network of {{ $labels.instance }} is suspect',
    description: `Mirrors that do not depend on each other fail together as seen from {{ $labels.instance }}: verdicts stand still until it is over.${counted(
      `sum(increase(mirror_probe_unknown_total{instance='%s',because='vantage'}[${window(parameters, 5 * minute)}]))`,
      'About # probes within 5 minutes were left unjudged for it.',
    )}`,
  },
  {
    alert: 'VantageUnknown',
    why: 'Partner of VantageSuspect.',
    expr: 'mirrorwatch_build_info unless on (job, instance) mirror_vantage_suspect',
    forSeconds: 15 * minute,
    keepFiringSeconds: 0,
    severity: 'warning',
    worth: 'a partner on absence',
    summary: '{{ $labels.instance }} cannot judge its own network',
    description: `{{ $labels.instance }} ({{ $labels.version }}) has not finished a first pass over its canaries for over 15 minutes.${counted(
      "count(mirror_state{instance='%s',state='unknown'} == 1)",
      'Of its mirrors, # have an unknown state.',
    )}`,
  },
];

function work(parameters: RuleParameters): readonly AlertRule[] {
  const five = window(parameters, 5 * minute);
  const quarter = window(parameters, 15 * minute);
  return [
    {
      alert: 'MirrorwatchUnfit',
      expr: 'mirror_findings_open{kind=~"self|vantage"} > 0',
      forSeconds: minute,
      keepFiringSeconds: 0,
      severity: 'warning',
      worth: 'it says so itself and judges nothing wrong meanwhile',
      summary: '{{ $labels.instance }} has a finding about itself ({{ $labels.kind }})',
      description:
        '{{ $value }} open finding of kind {{ $labels.kind }}: {{ $labels.instance }} spoils its own samples, sees something else than real clients, or its place is cut off.',
    },
    {
      alert: 'MirrorwatchSchedulerBehind',
      expr: `histogram_quantile(0.99, sum by (job, instance, vantage, le) (rate(mirrorwatch_schedule_delay_seconds_bucket[${five}]))) > ${behindSeconds}`,
      forSeconds: 10 * minute,
      keepFiringSeconds: 5 * minute,
      severity: 'warning',
      worth: 'measurements are late, not wrong',
      summary: '{{ $labels.instance }} is behind its schedule',
      description:
        'One probe in a hundred of {{ $labels.instance }} starts {{ $value | humanizeDuration }} late or more: paces are not kept, and probes crowd.',
    },
    {
      alert: 'MirrorwatchReloadFailed',
      expr: 'time() - mirrorwatch_config_last_reload_success_timestamp_seconds and on (job, instance) mirrorwatch_config_last_reload_successful == 0',
      forSeconds: minute,
      keepFiringSeconds: 0,
      severity: 'warning',
      worth: 'the old configuration goes on; who changed it is at work',
      summary: '{{ $labels.instance }} refused its new configuration',
      description: `{{ $labels.instance }} goes on with the configuration of {{ $value | humanizeDuration }} ago; the new one has mistakes, which are in its log.${counted(
        "count(count by (registry) (mirror_state{instance='%s'}))",
        'It watches # mirrors.',
      )}`,
    },
    {
      alert: 'MirrorwatchStateNotWritable',
      expr: 'mirrorwatch_state_writable == 0',
      forSeconds: 2 * minute,
      keepFiringSeconds: 0,
      severity: 'warning',
      worth: 'it goes on from memory; only a restart would lose something',
      summary: '{{ $labels.instance }} cannot write its state',
      description: `The state file of {{ $labels.instance }} takes no writes: it goes on watching, but a restart would forget findings, advice and undelivered notices.${counted(
        "sum(mirror_findings_open{instance='%s'})",
        'Open findings: #.',
      )}${counted("sum(mirrorwatch_webhook_queue_length{instance='%s'})", 'Waiting notices: #.')}`,
    },
    {
      alert: 'MirrorwatchStateSetAside',
      why: 'Also where it happened at a start, and Prometheus saw no 0 before.',
      expr: `increase(mirrorwatch_state_set_aside_total[${window(parameters, asideSeconds)}]) > 0 or (mirrorwatch_state_set_aside_total > 0 and on (job, instance) time() - process_start_time_seconds < ${asideSeconds})`,
      forSeconds: 0,
      keepFiringSeconds: 0,
      severity: 'warning',
      worth: 'it began anew by itself; what it forgot is in the file beside it',
      summary: '{{ $labels.instance }} began anew: its state file was corrupt',
      description:
        'The state file of {{ $labels.instance }} was corrupt and was set aside within the last six hours: baselines, findings, advice and undelivered notices of before are gone, pauses and acknowledgements too.',
    },
    {
      alert: 'MirrorwatchWebhookStuck',
      expr: `mirrorwatch_webhook_oldest_seconds > ${scaled(parameters, queueSeconds)}`,
      forSeconds: 5 * minute,
      keepFiringSeconds: 0,
      severity: 'warning',
      worth: 'notices are kept for a day',
      summary: 'Notices to {{ $labels.receiver }} are stuck',
      description: 'The oldest notice to {{ $labels.receiver }} has waited {{ $value | humanizeDuration }}.',
    },
    {
      alert: 'MirrorwatchNoticesLost',
      expr: `sum without (outcome) (increase(mirrorwatch_webhook_deliveries_total{outcome=~"expired|overflow|rejected|disabled"}[${quarter}])) > 0`,
      forSeconds: 0,
      keepFiringSeconds: 0,
      severity: 'warning',
      worth: 'somebody was not told; what is urgent pages by itself',
      summary: 'Notices to {{ $labels.receiver }} were given up',
      description:
        'About {{ $value | humanize }} notices to {{ $labels.receiver }} were given up within 15 minutes: rejected, too old, or no room.',
    },
    {
      alert: 'MirrorwatchLinesDropped',
      expr: `increase(mirrorwatch_exposition_lines_dropped_total[${quarter}]) > 0`,
      forSeconds: 15 * minute,
      keepFiringSeconds: 0,
      severity: 'warning',
      worth: 'a number to raise',
      summary: '{{ $labels.instance }} leaves targets out of /metrics',
      description:
        'The configuration of {{ $labels.instance }} has more lines than limits.lines allows: the last configured targets are probed but not shown.',
    },
  ];
}

const presence: readonly AlertRule[] = [
  {
    alert: 'MirrorwatchDown',
    expr: 'up{job=~".*mirrorwatch.*"} == 0',
    forSeconds: 2 * minute,
    keepFiringSeconds: 0,
    severity: 'critical',
    worth: 'nothing watches from there, and every other alert falls silent',
    summary: 'mirrorwatch at {{ $labels.instance }} is down',
    description:
      'Prometheus cannot scrape mirrorwatch at {{ $labels.instance }} (job {{ $labels.job }}): nothing watches the mirrors from there.',
  },
  {
    alert: 'MirrorwatchAbsent',
    why: 'Partner of every alert here: no daemon at all is scraped, under whatever job name.',
    expr: 'absent(mirrorwatch_build_info)',
    forSeconds: 5 * minute,
    keepFiringSeconds: 0,
    severity: 'warning',
    worth: 'a daemon that dies is MirrorwatchDown; this is a scrape job that is gone, which somebody took out',
    summary: 'No mirrorwatch is scraped',
    description: 'Prometheus has no series of any mirrorwatch: every other alert here is silent, not satisfied.',
  },
];

/** Whether what is seen can be trusted: the place, the daemon, and whether there is one. */
export const daemons: GroupOf = (parameters) => ({
  name: 'mirrorwatch-self',
  intervalSeconds: null,
  about: 'The place we watch from, and the daemon itself.',
  recordings: [],
  alerts: [...vantage(parameters), ...work(parameters), ...presence],
});
