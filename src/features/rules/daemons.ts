import { minute, type RuleParameters } from './parameters.ts';
import { type AlertKey, type AlertRule, type GroupOf, saidOf, scaled, window } from './rule.ts';

const queueSeconds = 15 * minute;
/** How long MirrorwatchStateSetAside fires, counted from the event. */
const asideSeconds = 6 * 60 * minute;
/** Must be a bound of the buckets of `mirrorwatch_schedule_delay_seconds`. */
const behindSeconds = 1.1;

/** A sentence with the value of a query about the alert's daemon; empty without a series. */
function counted(parameters: RuleParameters, query: string, key: AlertKey): string {
  return saidOf(parameters, `printf "${query}" $labels.instance`, key);
}

const vantage = (parameters: RuleParameters): readonly AlertRule[] => [
  {
    alert: 'VantageSuspect',
    fills: {
      more: counted(
        parameters,
        `sum(increase(mirror_probe_unknown_total{instance='%s',because='vantage'}[${window(parameters, 5 * minute)}]))`,
        'alert.leftUnjudged',
      ),
    },
    expr: 'mirror_vantage_suspect == 1',
    forSeconds: 2 * minute,
  },
  {
    alert: 'VantageUnknown',
    fills: {
      more: counted(parameters, "count(mirror_state{instance='%s',state='unknown'} == 1)", 'alert.stateUnknown'),
    },
    why: 'Partner of VantageSuspect.',
    expr: 'mirrorwatch_build_info unless on (job, instance) mirror_vantage_suspect',
    forSeconds: 15 * minute,
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
    },
    {
      alert: 'MirrorwatchSchedulerBehind',
      expr: `histogram_quantile(0.99, sum by (job, instance, vantage, le) (rate(mirrorwatch_schedule_delay_seconds_bucket[${five}]))) > ${behindSeconds}`,
      forSeconds: 10 * minute,
      keepFiringSeconds: 5 * minute,
    },
    {
      alert: 'MirrorwatchReloadFailed',
      fills: {
        more: counted(parameters, "count(count by (registry) (mirror_state{instance='%s'}))", 'alert.watches'),
      },
      expr: 'time() - mirrorwatch_config_last_reload_success_timestamp_seconds and on (job, instance) mirrorwatch_config_last_reload_successful == 0',
      forSeconds: minute,
    },
    {
      alert: 'MirrorwatchStateNotWritable',
      fills: {
        more:
          counted(parameters, "sum(mirror_findings_open{instance='%s'})", 'alert.openFindings') +
          counted(parameters, "sum(mirrorwatch_webhook_queue_length{instance='%s'})", 'alert.waitingNotices'),
      },
      expr: 'mirrorwatch_state_writable == 0',
      forSeconds: 2 * minute,
    },
    {
      alert: 'MirrorwatchStateSetAside',
      why: 'Also where it happened at a start, and Prometheus saw no 0 before.',
      expr: `sum without (what) (increase(mirrorwatch_state_set_aside_total{what="file"}[${window(parameters, asideSeconds)}])) > 0 or (sum without (what) (mirrorwatch_state_set_aside_total{what="file"}) > 0 and on (job, instance) time() - process_start_time_seconds < ${asideSeconds})`,
    },
    {
      alert: 'MirrorwatchWebhookStuck',
      expr: `mirrorwatch_webhook_oldest_seconds > ${scaled(parameters, queueSeconds)}`,
      forSeconds: 5 * minute,
    },
    {
      alert: 'MirrorwatchNoticesLost',
      expr: `sum without (outcome) (increase(mirrorwatch_webhook_deliveries_total{outcome=~"expired|overflow|rejected|disabled"}[${quarter}])) > 0`,
    },
    {
      alert: 'MirrorwatchActionFailed',
      expr: `sum without (result) (increase(mirrorwatch_actions_total{result="failed"}[${quarter}])) > 0`,
    },
    {
      alert: 'MirrorwatchActionsStopped',
      expr: 'mirrorwatch_actions_stopped == 1',
      forSeconds: 60 * minute,
    },
    {
      alert: 'MirrorwatchLinesDropped',
      expr: `increase(mirrorwatch_exposition_lines_dropped_total[${quarter}]) > 0`,
      forSeconds: 15 * minute,
    },
  ];
}

const doorOf = 'sum by (job, instance, ecosystem)';

function door(parameters: RuleParameters): readonly AlertRule[] {
  const counter = 'mirrorwatch_door_requests_total';
  const quarter = window(parameters, 15 * minute);
  return [
    {
      alert: 'MirrorwatchDoorFails',
      expr: `${doorOf} (increase(${counter}{outcome="failed"}[${quarter}])) / (${doorOf} (increase(${counter}{outcome=~"redirected|passed|relayed|absent|failed"}[${quarter}])) > 0) > 0.01`,
      forSeconds: 5 * minute,
    },
    {
      alert: 'MirrorwatchDoorAlone',
      expr: 'mirrorwatch_door_daemon_up == 0',
      forSeconds: 5 * minute,
    },
  ];
}

const presence: readonly AlertRule[] = [
  {
    alert: 'MirrorwatchDown',
    expr: 'up{job=~".*mirrorwatch.*"} == 0',
    forSeconds: 2 * minute,
    severity: 'critical',
  },
  {
    alert: 'MirrorwatchAbsent',
    why: 'Partner of every alert here: no daemon at all is scraped, under whatever job name.',
    expr: 'absent(mirrorwatch_build_info)',
    forSeconds: 5 * minute,
  },
];

/** Alerts about the monitoring itself: the vantage, the daemon and its absence, the front door. */
export const daemons: GroupOf = (parameters) => ({
  name: 'mirrorwatch-self',
  intervalSeconds: null,
  about: 'The place we watch from, and the daemon itself.',
  recordings: [],
  alerts: [...vantage(parameters), ...work(parameters), ...door(parameters), ...presence],
});
