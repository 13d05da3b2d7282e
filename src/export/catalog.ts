import { actionResults } from '../core/action.ts';
import { adviceCauses } from '../core/advice.ts';
import { alertOutcomes } from '../core/evidence.ts';
import { becauses, phases, reasons } from '../core/failure.ts';
import { mismatchCauses } from '../core/finding.ts';
import { deliveryOutcomes } from '../core/notice.ts';
import { mirrorStates } from '../core/standing.ts';
import texts from './catalog/texts.json' with { type: 'json' };
import {
  bounds,
  cacheWords,
  clientBuckets,
  mirrorFindingKinds,
  ownFindingKinds,
  propagationBuckets,
  secondsBuckets,
  target,
  throughputBuckets,
} from './catalog/values.ts';
import {
  countSeriesLines,
  type DaemonKind,
  type DeclaredMetric,
  type Metric,
  type MetricKind,
  newCounter,
  newEventCounter,
  newGauge,
  newHistogram,
  newSummary,
  type ShardKind,
} from './metric.ts';

const probeMetrics = {
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
  mirror_probe_rtt_spike_streak: newGauge(['ecosystem', 'registry'], { mirror: {} }),
  mirror_state: newGauge(['ecosystem', 'upstream', 'registry', 'state'], { mirror: { state: mirrorStates } }),
  mirror_state_since_timestamp_seconds: newGauge(['ecosystem', 'upstream', 'registry', 'state'], { mirror: {} }),
  mirror_up: newGauge(['ecosystem', 'upstream', 'registry'], { mirror: {} }),
  mirror_canary_recovered: newGauge(['ecosystem', 'upstream', 'registry'], { mirror: {} }),
  mirror_lag_seconds: newGauge(['ecosystem', 'registry', 'module', 'bound'], { module: { bound: bounds } }),
  mirror_sync_lag_seconds: newGauge(['ecosystem', 'registry', 'bound'], { mirror: { bound: bounds } }),
  mirror_lag_records: newGauge(['ecosystem', 'registry', 'module'], { module: {} }),
  mirror_sync_lag_records: newGauge(['ecosystem', 'registry'], { mirror: {} }),
  mirror_missing_versions: newGauge(['ecosystem', 'registry', 'module'], { module: {} }),
  mirror_regressions_total: newCounter(['ecosystem', 'registry'], { mirror: {} }),
  mirror_propagation_seconds: newHistogram(['ecosystem', 'registry'], { mirror: {} }, propagationBuckets),
} as const satisfies Record<string, DeclaredMetric>;

const mirrorMetrics = {
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
  mirror_advice_rank: newGauge(['ecosystem', 'upstream', 'registry'], { mirror: {} }),
  mirror_advice_issued_total: newCounter(['ecosystem', 'upstream', 'cause'], { upstream: { cause: adviceCauses } }),
  mirror_advice_regret_total: newCounter(['ecosystem', 'upstream'], { upstream: {} }),
  mirror_findings_open: newGauge(['ecosystem', 'registry', 'kind'], {
    mirror: { kind: mirrorFindingKinds },
    daemon: { kind: ownFindingKinds },
  }),
  mirror_vantage_suspect: newGauge([], { daemon: {} }),
  mirror_control_up: newGauge(['control'], { control: {} }),
} as const satisfies Record<string, DeclaredMetric>;

const daemonMetrics = {
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

/** All metrics of the daemon. The exporter, docs/metrics.md, the alerts and the dashboards use this list. */
export const catalog = { ...probeMetrics, ...mirrorMetrics, ...daemonMetrics } as const;

export type MetricName = keyof typeof catalog;
export type LabelOf<N extends MetricName> = (typeof catalog)[N]['labels'][number];
/** Labels of one series. A label that does not apply is absent, which Prometheus treats as empty. */
export type Labels = Readonly<Partial<Record<LabelOf<MetricName>, string>>>;
type NamesPer<K extends MetricKind> = {
  [N in MetricName]: K & keyof (typeof catalog)[N]['per'] extends never ? never : N;
}[MetricName];
export type ShardMetric = NamesPer<ShardKind>;
export type DaemonMetric = NamesPer<DaemonKind>;

/** The names of all metrics, in the order of the exposition. */
export const metricNames = Object.keys(catalog) as readonly MetricName[];

const metrics = new Map<MetricName, Metric>(
  metricNames.map((name) => [name, { absent: 'never', ...catalog[name], ...texts[name] }]),
);

export function metricOf(name: MetricName): Metric {
  return metrics.get(name) as Metric;
}

/** Returns the OpenMetrics unit of a metric: the last word of its name, before `_total`; `null`: it has none. */
export function unitOf(name: MetricName): string | null {
  return /_(bytes_per_second|seconds|bytes)(_total)?$/.exec(name)?.[1] ?? null;
}

interface Brought {
  readonly names: readonly MetricName[];
  /**
   * `lines`: the maximum number of sample lines of one entity (such as a mirror). `calmLines`: the same number without
   * counters that appear only at their first event.
   */
  readonly lines: number;
  readonly calmLines: number;
}

const brought = new Map<string, Brought>();

function broughtBy(kind: MetricKind, heavy: boolean): Brought {
  const key = `${kind} ${heavy}`;
  const known = brought.get(key);
  if (known !== undefined) return known;
  const names = metricNames.filter((name) => {
    const { per, only } = metricOf(name);
    return per[kind] !== undefined && (only === undefined || (only === 'heavy') === heavy);
  });
  const calm = names.filter((name) => metricOf(name).onFirst !== true);
  const found = { names, lines: linesOf(names, kind), calmLines: linesOf(calm, kind) };
  brought.set(key, found);
  return found;
}

/**
 * Lists the metrics of a kind of entity (such as a mirror or a step). `heavy` matters only for steps: some metrics
 * exist only for heavy or only for light steps.
 */
export function listMetricsFor(kind: MetricKind, heavy = false): readonly MetricName[] {
  return broughtBy(kind, heavy).names;
}

/**
 * Returns the number of sample lines of one entity (such as a mirror or a step). Gauges that may be absent count too.
 */
export function countLinesFor(kind: MetricKind, heavy = false): number {
  return broughtBy(kind, heavy).lines;
}

/**
 * Returns the number of sample lines of one entity (such as a mirror), without counters that appear only at their first
 * event.
 */
export function countCalmLinesFor(kind: MetricKind, heavy = false): number {
  return broughtBy(kind, heavy).calmLines;
}

function linesOf(names: readonly MetricName[], kind: MetricKind): number {
  let lines = 0;
  for (const name of names) {
    const metric = metricOf(name);
    const factors = Object.values(metric.per[kind] ?? {}).map((values) => values.length);
    lines += factors.reduce((product, factor) => product * factor, countSeriesLines(metric));
  }
  return lines;
}
