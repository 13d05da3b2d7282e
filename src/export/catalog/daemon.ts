import { actionResults } from '../../core/action.ts';
import { alertOutcomes } from '../../core/evidence.ts';
import { deliveryOutcomes } from '../../core/notice.ts';
import { type DeclaredMetric, newCounter, newGauge, newHistogram } from '../metric.ts';
import { secondsBuckets } from './values.ts';

export const daemonMetrics = {
  mirrorwatch_schedule_delay_seconds: newHistogram([], { daemon: {} }, secondsBuckets),
  mirrorwatch_worker_loop_delay_seconds: newHistogram(['worker'], { worker: {} }, secondsBuckets),
  mirrorwatch_build_info: newGauge(['version', 'node'], { daemon: {} }),
  mirrorwatch_clock_timestamp_seconds: newGauge([], { daemon: {} }),
  mirrorwatch_config_info: newGauge(['hash'], { daemon: {} }),
  mirrorwatch_shard_info: newGauge(['index', 'count'], { daemon: {} }),
  mirrorwatch_place_info: newGauge(['group', 'network', 'page'], { daemon: {} }),
  process_start_time_seconds: newGauge([], { daemon: {} }),
  process_resident_memory_bytes: newGauge([], { daemon: {} }),
  process_virtual_memory_bytes: newGauge([], { daemon: {} }),
  process_heap_bytes: newGauge([], { daemon: {} }),
  process_cpu_user_seconds_total: newCounter([], { daemon: {} }),
  process_cpu_system_seconds_total: newCounter([], { daemon: {} }),
  process_cpu_seconds_total: newCounter([], { daemon: {} }),
  process_open_fds: newGauge([], { daemon: {} }),
  process_max_fds: newGauge([], { daemon: {} }),
  mirrorwatch_config_last_reload_success_timestamp_seconds: newGauge([], { daemon: {} }),
  mirrorwatch_config_last_reload_successful: newGauge([], { daemon: {} }),
  mirrorwatch_probes_in_flight: newGauge([], { daemon: {} }),
  mirrorwatch_exposition_lines_dropped_total: newCounter([], { daemon: {} }),
  mirrorwatch_state_writable: newGauge([], { daemon: {} }),
  mirrorwatch_state_set_aside_total: newCounter(['what'], { daemon: { what: ['file', 'row'] } }),
  mirrorwatch_webhook_queue_length: newGauge(['receiver'], { receiver: {} }),
  mirrorwatch_webhook_oldest_seconds: newGauge(['receiver'], { receiver: {} }),
  mirrorwatch_webhook_deliveries_total: newCounter(['receiver', 'outcome'], {
    receiver: { outcome: deliveryOutcomes },
  }),
  mirrorwatch_actions_total: newCounter(['action', 'result'], { action: { result: actionResults } }),
  mirrorwatch_actions_stopped: newGauge([], { daemon: {} }),
  mirrorwatch_alertmanager_notifications_total: newCounter(['outcome'], { daemon: { outcome: alertOutcomes } }),
} as const satisfies Record<string, DeclaredMetric>;
