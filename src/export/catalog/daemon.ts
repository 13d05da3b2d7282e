import { actionResults } from '../../core/action.ts';
import { alertOutcomes } from '../../core/evidence.ts';
import { deliveryOutcomes } from '../../core/notice.ts';
import { type Metric, newCounter, newGauge, newHistogram } from '../metric.ts';
import { secondsBuckets } from './values.ts';

export const daemonMetrics = {
  mirrorwatch_schedule_delay_seconds: newHistogram(
    [],
    { daemon: {} },
    secondsBuckets,
    'Actual start of a probe minus its planned start.',
  ),
  mirrorwatch_worker_loop_delay_seconds: newHistogram(
    ['worker'],
    { worker: {} },
    secondsBuckets,
    'Event loop delay of a worker thread. Long delays make samples unknown (contaminated).',
  ),
  mirrorwatch_build_info: newGauge(
    ['version', 'node'],
    { daemon: {} },
    'Always 1. Versions of the daemon and of Node.js.',
    'never',
  ),
  mirrorwatch_clock_timestamp_seconds: newGauge(
    [],
    { daemon: {} },
    'Unix time of this host when this page was rendered.',
    'while starting',
  ),
  mirrorwatch_config_info: newGauge(
    ['hash'],
    { daemon: {} },
    'Always 1. Places (locations with a daemon) that monitor the same mirrors and modules by the same rules have the same hash.',
    'never',
  ),
  mirrorwatch_shard_info: newGauge(
    ['index', 'count'],
    { daemon: {} },
    'Always 1. Shards are daemons that share the targets of one place. Label index is the number of this shard, from 0. Label count is the number of shards.',
    'if one daemon probes all targets of the place',
  ),
  mirrorwatch_place_info: newGauge(
    ['group', 'network', 'page'],
    { daemon: {} },
    'Always 1. Its labels describe this place. They are the values of the keys labels.group, labels.network and labels.page of the configuration.',
    'if the configuration does not contain the key `labels`',
  ),
  process_start_time_seconds: newGauge([], { daemon: {} }, 'Unix time at which the daemon started.', 'while starting'),
  process_resident_memory_bytes: newGauge(
    [],
    { daemon: {} },
    'Resident memory of the daemon, all threads included.',
    'while starting, and where the system has no /proc',
  ),
  process_virtual_memory_bytes: newGauge(
    [],
    { daemon: {} },
    'Virtual memory of the daemon.',
    'while starting, and where the system has no /proc',
  ),
  process_heap_bytes: newGauge(
    [],
    { daemon: {} },
    'Size of the data segments of the daemon.',
    'while starting, and where the system has no /proc',
  ),
  process_cpu_user_seconds_total: newCounter([], { daemon: {} }, 'CPU time in user mode, all threads included.'),
  process_cpu_system_seconds_total: newCounter([], { daemon: {} }, 'CPU time in system mode, all threads included.'),
  process_cpu_seconds_total: newCounter([], { daemon: {} }, 'CPU time in user and system mode, all threads included.'),
  process_open_fds: newGauge([], { daemon: {} }, 'File descriptors in use.', 'where the system has no /proc'),
  process_max_fds: newGauge(
    [],
    { daemon: {} },
    'Limit of file descriptors. It bounds client connections and concurrent probes.',
    'where the system has no /proc, and where there is no limit',
  ),
  mirrorwatch_config_last_reload_success_timestamp_seconds: newGauge(
    [],
    { daemon: {} },
    'Unix time at which the active configuration was loaded: at start, or by the last successful reload.',
    'while starting',
  ),
  mirrorwatch_config_last_reload_successful: newGauge(
    [],
    { daemon: {} },
    '0 if the last reload failed and the previous configuration stays active.',
    'while starting',
  ),
  mirrorwatch_probes_in_flight: newGauge([], { daemon: {} }, 'Number of probes that are running.', 'while starting'),
  mirrorwatch_exposition_lines_dropped_total: newCounter(
    [],
    { daemon: {} },
    'Lines that were omitted from /metrics because of limits.lines, summed over all responses of /metrics.',
  ),
  mirrorwatch_state_writable: newGauge([], { daemon: {} }, '1 while the state file can be written.', 'while starting'),
  mirrorwatch_state_set_aside_total: newCounter(
    ['what'],
    { daemon: { what: ['file', 'row'] } },
    'Corrupt state files (file) and unreadable rows (row) that were set aside since the daemon started, at its start included.',
  ),
  mirrorwatch_webhook_queue_length: newGauge(
    ['receiver'],
    { receiver: {} },
    'Notices not yet delivered.',
    'while starting',
  ),
  mirrorwatch_webhook_oldest_seconds: newGauge(
    ['receiver'],
    { receiver: {} },
    'Age of the oldest notice not yet delivered.',
    'while the queue is empty',
  ),
  mirrorwatch_webhook_deliveries_total: newCounter(
    ['receiver', 'outcome'],
    { receiver: { outcome: deliveryOutcomes } },
    'Webhook notices and delivery attempts by outcome. retried: the attempt failed and is repeated. replaced: a newer notice took its place. expired: the notice was older than 24 h. overflow: too many notices were queued. rejected: the receiver refused the notice. disabled: the receiver had responded 410.',
  ),
  mirrorwatch_actions_total: newCounter(
    ['action', 'result'],
    { action: { result: actionResults } },
    'Actions on advice by result. held: the action waits or did not run.',
  ),
  mirrorwatch_actions_stopped: newGauge(
    [],
    { daemon: {} },
    '1 while an operator has stopped all actions.',
    'if no action is configured',
  ),
  mirrorwatch_alertmanager_notifications_total: newCounter(
    ['outcome'],
    { daemon: { outcome: alertOutcomes } },
    'Alerts that Alertmanager sent, by outcome (docs/loop.md). unavailable counts requests with response 503.',
  ),
} as const satisfies Record<string, Metric>;
