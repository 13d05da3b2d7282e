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
    'Start of a probe minus its planned start.',
  ),
  mirrorwatch_worker_loop_delay_seconds: newHistogram(
    ['worker'],
    { worker: {} },
    secondsBuckets,
    'Event-loop delay of a worker thread; what contaminates samples.',
  ),
  mirrorwatch_build_info: newGauge(['version', 'node'], { daemon: {} }, 'Always 1.', 'never'),
  mirrorwatch_clock_timestamp_seconds: newGauge(
    [],
    { daemon: {} },
    'The clock of this machine when this answer was rendered, seconds since 1970.',
    'while starting',
  ),
  mirrorwatch_config_info: newGauge(
    ['hash'],
    { daemon: {} },
    'Always 1; the hash is equal where places monitor the same mirrors and modules by the same rules.',
    'never',
  ),
  mirrorwatch_shard_info: newGauge(
    ['index', 'count'],
    { daemon: {} },
    'Always 1; which of how many daemons of its place this one is, from 0.',
    'where one daemon has all targets',
  ),
  mirrorwatch_place_info: newGauge(
    ['group', 'network', 'page'],
    { daemon: {} },
    'Always 1; what labels in the configuration says of this place.',
    'where the configuration has no labels',
  ),
  process_start_time_seconds: newGauge([], { daemon: {} }, 'Unix time at which the daemon started.', 'while starting'),
  process_resident_memory_bytes: newGauge(
    [],
    { daemon: {} },
    'Memory of the daemon that is in RAM, threads included.',
    'while starting, and where the system has no /proc',
  ),
  process_open_fds: newGauge([], { daemon: {} }, 'File descriptors in use.', 'where the system has no /proc'),
  process_max_fds: newGauge(
    [],
    { daemon: {} },
    'The limit of file descriptors. Connections of clients and probes at once are bounded by it.',
    'where the system has no /proc, and where there is no limit',
  ),
  mirrorwatch_config_last_reload_success_timestamp_seconds: newGauge(
    [],
    { daemon: {} },
    'Unix time at which the configuration in force was read: at the start, or by the last reload that was taken.',
    'while starting',
  ),
  mirrorwatch_config_last_reload_successful: newGauge(
    [],
    { daemon: {} },
    '0 while a newer configuration was refused and the old one goes on.',
    'while starting',
  ),
  mirrorwatch_probes_in_flight: newGauge([], { daemon: {} }, 'Probes under way.', 'while starting'),
  mirrorwatch_exposition_lines_dropped_total: newCounter(
    [],
    { daemon: {} },
    'Lines left out of answers by the cap limits.lines, summed over answers rendered.',
  ),
  mirrorwatch_state_writable: newGauge([], { daemon: {} }, '1 while the state file takes writes.', 'while starting'),
  mirrorwatch_state_set_aside_total: newCounter(
    ['what'],
    { daemon: { what: ['file', 'row'] } },
    'Corrupt state files, and rows of the state file that could not be read, that were set aside since the daemon started, at its start included.',
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
    'What became of notices and attempts.',
  ),
  mirrorwatch_actions_total: newCounter(
    ['action', 'result'],
    { action: { result: actionResults } },
    'Actions on advice, by what became of them.',
  ),
  mirrorwatch_actions_stopped: newGauge(
    [],
    { daemon: {} },
    '1 while the brake holds: no action runs.',
    'where no action is configured',
  ),
  mirrorwatch_alertmanager_notifications_total: newCounter(
    ['outcome'],
    { daemon: { outcome: alertOutcomes } },
    'Alerts that Alertmanager posted, by what became of them; a post answered 503 counts once more, as unavailable.',
  ),
} as const satisfies Record<string, Metric>;
