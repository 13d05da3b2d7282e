import { actionResults } from '../../core/action.ts';
import { adviceCauses } from '../../core/advice.ts';
import { alertOutcomes } from '../../core/evidence.ts';
import { becauses, phases, reasons } from '../../core/failure.ts';
import { mismatchCauses } from '../../core/finding.ts';
import { deliveryOutcomes } from '../../core/notice.ts';
import { mirrorStates } from '../../core/standing.ts';
import { type DeclaredMetric, newCounter, newEventCounter, newGauge, newHistogram, newSummary } from '../metric.ts';
import { mirrorFindingKinds, ownFindingKinds, secondsBuckets, throughputBuckets } from './values.ts';

/** Bounds of the buckets for the duration of a real client's run, seconds. */
const clientBuckets = [1.1, 2.5, 5.5, 10.5, 30.5, 60.5, 120.5, 300.5, 600.5] as const;
/** Bounds of the buckets for the time from a release at the origin to its arrival at a mirror, seconds. */
const propagationBuckets = [
  60.5, 300.5, 900.5, 1800.5, 3600.5, 7200.5, 14400.5, 28800.5, 86400.5, 172800.5, 604800.5,
] as const;
const bounds = ['lower', 'upper'] as const;
const cacheWords = ['hit', 'miss', 'unknown'] as const;
const target = ['ecosystem', 'registry', 'module', 'version', 'step'] as const;

/** All metrics of the daemon, in the order of the exposition. */
export const declaredMetrics = {
  mirror_probe_rtt_seconds: newHistogram([...target, 'connection'], { trip: {} }, secondsBuckets, { exemplars: true }),
  mirror_probe_phase_seconds: newSummary(['ecosystem', 'registry', 'step', 'connection', 'phase'], {
    path: { phase: phases },
  }),
  mirror_cold_fetch_seconds: newSummary(['ecosystem', 'registry', 'step'], { step: {} }),
  mirror_probe_last_rtt_seconds: newGauge([...target, 'connection'], { trip: {} }),
  mirror_probe_last_success_timestamp_seconds: newGauge(['ecosystem', 'registry', 'step'], { step: {} }),
  mirror_probe_attempts_total: newCounter(target, { target: {} }),
  mirror_probe_target_failures_total: newCounter(target, { target: {} }),
  mirror_probe_failures_total: newEventCounter(['ecosystem', 'registry', 'step', 'reason'], {
    step: { reason: reasons },
  }),
  mirror_probe_unknown_total: newCounter(['ecosystem', 'registry', 'because'], { mirror: { because: becauses } }),
  mirror_probe_rtt_baseline_seconds: newGauge([...target, 'connection'], { canary: {} }),
  mirror_probe_rtt_threshold_seconds: newGauge([...target, 'connection'], { canary: {} }),
  mirror_probe_rtt_spike_streak: newGauge(['ecosystem', 'registry'], { mirror: {} }),
  mirror_position: newGauge(['ecosystem', 'upstream', 'registry'], { mirror: {} }),
  mirror_state: newGauge(['ecosystem', 'upstream', 'registry', 'state'], { mirror: { state: mirrorStates } }),
  mirror_state_since_timestamp_seconds: newGauge(['ecosystem', 'upstream', 'registry', 'state'], { mirror: {} }),
  mirror_up: newGauge(['ecosystem', 'upstream', 'registry'], { mirror: {} }),
  mirror_capability: { ...newGauge(['ecosystem', 'registry', 'capability'], { mirror: {} }), seriesMax: 8 },
  mirror_canary_recovered: newGauge(['ecosystem', 'upstream', 'registry'], { mirror: {} }),
  mirror_lag_seconds: newGauge(['ecosystem', 'registry', 'module', 'bound'], { module: { bound: bounds } }),
  mirror_sync_lag_seconds: newGauge(['ecosystem', 'registry', 'bound'], { mirror: { bound: bounds } }),
  mirror_lag_records: newGauge(['ecosystem', 'registry', 'module'], { module: {} }),
  mirror_sync_lag_records: newGauge(['ecosystem', 'registry'], { mirror: {} }),
  mirror_missing_versions: newGauge(['ecosystem', 'registry', 'module'], { module: {} }),
  mirror_regressions_total: newCounter(['ecosystem', 'registry'], { mirror: {} }),
  mirror_propagation_seconds: newHistogram(['ecosystem', 'registry'], { mirror: {} }, propagationBuckets),
  mirror_withdrawal_seconds: newHistogram(['ecosystem', 'registry'], { mirror: {} }, propagationBuckets),
  mirror_withdrawn_versions: newGauge(['ecosystem', 'registry'], { mirror: {} }),
  mirror_not_found_seconds: newSummary(['ecosystem', 'registry'], { mirror: {} }),
  mirror_cache_answers_total: newCounter(['ecosystem', 'registry', 'cache'], { mirror: { cache: cacheWords } }),
  mirror_integrity_verified_total: newCounter(['ecosystem', 'registry', 'module', 'version'], { artifact: {} }),
  mirror_integrity_mismatches_total: newEventCounter(['ecosystem', 'registry', 'module', 'version', 'cause'], {
    artifact: { cause: mismatchCauses },
  }),
  mirror_integrity_mismatch_active: newGauge(['ecosystem', 'registry', 'module', 'version', 'cause'], { artifact: {} }),
  mirror_transfer_bytes_total: newCounter(['ecosystem', 'registry', 'step'], { step: {} }),
  mirror_throughput_bytes_per_second: newHistogram(['ecosystem', 'registry', 'step'], { step: {} }, throughputBuckets, {
    only: 'heavy',
  }),
  mirror_client_seconds: newHistogram(['ecosystem', 'registry', 'client'], { client: {} }, clientBuckets),
  mirror_client_failures_total: newCounter(['ecosystem', 'registry', 'client'], { client: {} }),
  mirror_tls_certificate_expiry_timestamp_seconds: newGauge(['registry'], { mirror: {} }),
  mirror_tls_info: newGauge(['registry', 'tls_version', 'cipher', 'issuer'], { mirror: {} }),
  mirror_protocol_info: newGauge(['ecosystem', 'registry', 'protocol'], { mirror: {} }),
  mirror_advice_active: newGauge(['ecosystem', 'upstream', 'from', 'to', 'cause'], { upstream: {} }),
  mirror_advice_since_timestamp_seconds: newGauge(['ecosystem', 'upstream', 'from', 'to', 'cause', 'state'], {
    upstream: {},
  }),
  mirror_advice_line_info: newGauge(['ecosystem', 'upstream', 'line'], { upstream: {} }),
  mirror_advice_rank: newGauge(['ecosystem', 'upstream', 'registry'], { mirror: {} }),
  mirror_advice_issued_total: newCounter(['ecosystem', 'upstream', 'cause'], { upstream: { cause: adviceCauses } }),
  mirror_advice_regret_total: newCounter(['ecosystem', 'upstream'], { upstream: {} }),
  mirror_findings_open: newGauge(['ecosystem', 'registry', 'kind'], {
    mirror: { kind: mirrorFindingKinds },
    daemon: { kind: ownFindingKinds },
  }),
  mirror_quota_remaining_ratio: newGauge(['ecosystem', 'registry'], { mirror: {} }),
  mirror_withheld_items: newGauge(['ecosystem', 'registry'], { mirror: {} }),
  mirror_vantage_suspect: newGauge([], { daemon: {} }),
  mirror_control_up: newGauge(['control'], { control: {} }),
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
  mirrorwatch_webhook_oldest_timestamp_seconds: newGauge(['receiver'], { receiver: {} }),
  mirrorwatch_webhook_oldest_seconds: newGauge(['receiver'], { receiver: {} }),
  mirrorwatch_webhook_deliveries_total: newCounter(['receiver', 'outcome'], {
    receiver: { outcome: deliveryOutcomes },
  }),
  mirrorwatch_actions_total: newCounter(['action', 'result'], { action: { result: actionResults } }),
  mirrorwatch_actions_stopped: newGauge([], { daemon: {} }),
  mirrorwatch_alertmanager_notifications_total: newCounter(['outcome'], { daemon: { outcome: alertOutcomes } }),
} as const satisfies Record<string, DeclaredMetric>;
