import { adviceCauses } from '../core/advice.ts';
import { alertOutcomes } from '../core/evidence.ts';
import { becauses, phases, reasons } from '../core/failure.ts';
import { findingKinds, mismatchCauses } from '../core/finding.ts';
import { deliveryOutcomes } from '../core/notice.ts';
import { mirrorStates } from '../core/standing.ts';
import { type DaemonKind, type Kind, linesPerSeries, type Metric, type ShardKind } from './metric.ts';

/**
 * Seconds, for every histogram of time (design.md section 4.2). 0.8 is the floor of the spike rule; timeouts end at
 * 120 s. No whole numbers: their text form differs between the formats, and with it the label `le`.
 */
export const secondsBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.8, 1.1, 1.6, 2.5, 5.5, 10.5, 30.5, 60.5, 120.5,
] as const;

/** Bytes per second: powers of two from 16 KiB/s to 256 MiB/s, half a byte above so that none is a whole number. */
export const throughputBuckets = [
  16384.5, 65536.5, 131072.5, 262144.5, 524288.5, 1048576.5, 2097152.5, 4194304.5, 8388608.5, 16777216.5, 67108864.5,
  268435456.5,
] as const;

/** Seconds of a real client's run: those of design.md section 4.2, each moved off its whole number as those above are. */
const clientBuckets = [1.1, 2.5, 5.5, 10.5, 30.5, 60.5, 120.5, 300.5, 600.5] as const;

/** Seconds from a release at the origin to its arrival at a mirror: minutes to a week (design.md section 4.2), half a second above. */
const propagationBuckets = [
  60.5, 300.5, 900.5, 1800.5, 3600.5, 7200.5, 14400.5, 28800.5, 86400.5, 172800.5, 604800.5,
] as const;

/** What bounds of a lag are called. */
const bounds = ['lower', 'upper'] as const;
/** What is known of whether a cache had an answer. */
const cacheWords = ['hit', 'miss', 'unknown'] as const;

/** The kinds a mirror can have. */
export const mirrorFindingKinds = findingKinds.filter((kind) => kind !== 'vantage' && kind !== 'self');
/** The kinds whose subject is this daemon and its place. */
export const ownFindingKinds = ['vantage', 'self'] as const;

const target = ['ecosystem', 'registry', 'module', 'version', 'step'] as const;
const never = 'never: 0 from the start';

/**
 * Every metric, named once: the exporter, docs/metrics.md, alerts and dashboards are held to it.
 * @see design.md section 4.2
 */
export const catalog = {
  mirror_probe_rtt_seconds: {
    type: 'histogram',
    help: 'Round trip of ok probes, redirects included; cold fetches of a pull-through cache are left out.',
    labels: [...target, 'connection'],
    per: { series: {} },
    unit: 'seconds',
    absent: never,
    buckets: secondsBuckets,
    exemplars: true,
  },
  mirror_probe_phase_seconds: {
    type: 'histogram',
    help: 'Time of ok probes by phase; the phases of a probe add up to its round trip, one that did not happen is not observed.',
    labels: ['ecosystem', 'registry', 'step', 'connection', 'phase'],
    per: { path: { phase: phases } },
    unit: 'seconds',
    absent: never,
    buckets: secondsBuckets,
  },
  mirror_cold_fetch_seconds: {
    type: 'histogram',
    help: 'Round trip of ok probes that a pull-through cache had to fetch first.',
    labels: ['ecosystem', 'registry', 'step'],
    per: { step: {} },
    unit: 'seconds',
    absent: never,
    buckets: secondsBuckets,
  },
  mirror_probe_last_rtt_seconds: {
    type: 'gauge',
    help: 'Round trip of the last ok probe, cold fetches left out.',
    labels: [...target, 'connection'],
    per: { series: {} },
    unit: 'seconds',
    absent: 'until the first ok probe since start',
  },
  mirror_probe_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When the last ok probe ended, seconds since 1970.',
    labels: target,
    per: { target: {} },
    unit: 'seconds',
    absent: 'until the first ok probe; a restart does not forget it',
  },
  mirror_probe_attempts_total: {
    type: 'counter',
    help: 'Scheduled probes that were judged: ok and failed.',
    labels: target,
    per: { target: {} },
    unit: null,
    absent: never,
  },
  mirror_probe_target_failures_total: {
    type: 'counter',
    help: 'Scheduled probes that failed, by target.',
    labels: target,
    per: { target: {} },
    unit: null,
    absent: never,
  },
  mirror_probe_failures_total: {
    type: 'counter',
    help: 'Scheduled probes that failed, by reason.',
    labels: ['ecosystem', 'registry', 'step', 'reason'],
    per: { step: { reason: reasons } },
    unit: null,
    absent: never,
  },
  mirror_probe_unknown_total: {
    type: 'counter',
    help: 'Scheduled probes and slots that say nothing about the mirror: skipped, or spoiled on our side.',
    labels: ['ecosystem', 'registry', 'step', 'because'],
    per: { step: { because: becauses } },
    unit: null,
    absent: never,
  },
  mirror_probe_rtt_baseline_seconds: {
    type: 'gauge',
    help: 'Median of the recent ok round trips that were not slow; what spikes are judged against.',
    labels: [...target, 'connection'],
    per: { series: {} },
    unit: 'seconds',
    absent: 'while warming; heavy steps have none',
    only: 'light',
  },
  mirror_probe_rtt_spike_streak: {
    type: 'gauge',
    help: 'Slow samples in a row now.',
    labels: [...target, 'connection'],
    per: { series: {} },
    unit: null,
    absent: 'while warming; heavy steps have none',
    only: 'light',
  },
  mirror_state: {
    type: 'gauge',
    help: 'State of the mirror: one of the states is 1, the others 0.',
    labels: ['ecosystem', 'upstream', 'registry', 'state'],
    per: { mirror: { state: mirrorStates } },
    unit: null,
    absent: 'before the first verdict of the detector, which may be unknown',
  },
  mirror_up: {
    type: 'gauge',
    help: '1 while up or degraded, 0 while down.',
    labels: ['ecosystem', 'upstream', 'registry'],
    per: { mirror: {} },
    unit: null,
    absent: 'while the state is unknown: look at mirror_state',
  },
  mirror_lag_seconds: {
    type: 'gauge',
    help: 'How far behind the mirror was at its last answer about a module, at least (lower) and at most (upper); 0 and less than a pace while it lacks nothing.',
    labels: ['ecosystem', 'registry', 'module', 'bound'],
    per: { module: { bound: bounds } },
    unit: 'seconds',
    absent:
      'while unknown: no answer of three paces, nobody to compare with; upper also without an origin that answers, and where what is lacked was there at the first sight; the origin has none',
  },
  mirror_sync_lag_seconds: {
    type: 'gauge',
    help: 'The same of the mirror as a whole: by its checksum database, or the date of its last synchronisation.',
    labels: ['ecosystem', 'registry', 'bound'],
    per: { mirror: { bound: bounds } },
    unit: 'seconds',
    absent: 'as mirror_lag_seconds, and where its kind has no such thing',
  },
  mirror_lag_records: {
    type: 'gauge',
    help: 'Records that the mirror lacked at its last answer, at least: of a checksum database (no module), or changes of a module.',
    labels: ['ecosystem', 'registry', 'module'],
    per: { module: {}, mirror: {} },
    unit: null,
    absent: 'as mirror_lag_seconds, and where the protocol has no serial',
  },
  mirror_missing_versions: {
    type: 'gauge',
    help: 'Versions that the others have and the mirror lacked at its last answer, those of its gaps left out.',
    labels: ['ecosystem', 'registry', 'module'],
    per: { module: {} },
    unit: null,
    absent: 'as mirror_lag_seconds, and where answers name no versions',
  },
  mirror_regressions_total: {
    type: 'counter',
    help: 'Answers in which a list, a tag or a serial had gone backwards.',
    labels: ['ecosystem', 'registry'],
    per: { mirror: {} },
    unit: null,
    absent: never,
  },
  mirror_propagation_seconds: {
    type: 'histogram',
    help: 'From the first sight of a release at the origin to its first sight at the mirror: the true time is within a pace of it.',
    labels: ['ecosystem', 'registry'],
    per: { mirror: {} },
    unit: 'seconds',
    absent: never,
    buckets: propagationBuckets,
  },
  mirror_not_found_seconds: {
    type: 'histogram',
    help: 'Round trip of answers 404 and 410, which a chain passes; only those that came unasked for: nothing is asked for its absence.',
    labels: ['ecosystem', 'registry'],
    per: { mirror: {} },
    unit: 'seconds',
    absent: never,
    buckets: secondsBuckets,
  },
  mirror_cache_answers_total: {
    type: 'counter',
    help: 'Answers by whether a cache had them: by its headers, else a first answer that took ten times the usual is a miss.',
    labels: ['ecosystem', 'registry', 'step', 'cache'],
    per: { step: { cache: cacheWords } },
    unit: null,
    absent: never,
  },
  mirror_integrity_verified_total: {
    type: 'counter',
    help: 'Answers whose hash or signature was checked against an authority and was right.',
    labels: ['ecosystem', 'registry', 'module', 'version'],
    per: { artifact: {} },
    unit: null,
    absent: never,
  },
  mirror_integrity_mismatches_total: {
    type: 'counter',
    help: 'Wrong contents declared: a second full answer over a fresh connection was wrong in the same way. By cause: what an authority or the origin calls wrong, a fork of what vouches for hashes; under peers and retag mirrors differ and it is not known which is right.',
    labels: ['ecosystem', 'registry', 'module', 'version', 'cause'],
    per: { artifact: { cause: mismatchCauses } },
    unit: null,
    absent: never,
  },
  mirror_integrity_mismatch_active: {
    type: 'gauge',
    help: '1 from a declared mismatch until it is acknowledged, also over restarts; causes as in mirror_integrity_mismatches_total.',
    labels: ['ecosystem', 'registry', 'module', 'version', 'cause'],
    per: { artifact: {} },
    unit: null,
    absent: 'until declared, then 1 under its cause; 0 under cause authority where verified and none is declared',
  },
  mirror_transfer_bytes_total: {
    type: 'counter',
    help: 'Body bytes received by scheduled probes, what they asked beside included.',
    labels: ['ecosystem', 'registry', 'step'],
    per: { step: {} },
    unit: 'bytes',
    absent: never,
  },
  mirror_throughput_bytes_per_second: {
    type: 'histogram',
    help: 'Body bytes a second after the first 256 KiB, which leaves slow start out, of ok probes of heavy steps whose body has 512 KiB or more; smaller ones tell delay and are not observed.',
    labels: ['ecosystem', 'registry', 'step'],
    per: { step: {} },
    unit: 'bytes_per_second',
    absent: never,
    buckets: throughputBuckets,
    only: 'heavy',
  },
  mirror_client_seconds: {
    type: 'histogram',
    help: 'Time of a real client from its start to its end, of runs that fetched what they were to fetch.',
    labels: ['ecosystem', 'registry', 'client'],
    per: { client: {} },
    unit: 'seconds',
    absent: never,
    buckets: clientBuckets,
  },
  mirror_client_failures_total: {
    type: 'counter',
    help: 'Runs of a real client that failed at the mirror; what it could not be run for does not count.',
    labels: ['ecosystem', 'registry', 'client'],
    per: { client: {} },
    unit: null,
    absent: never,
  },
  mirror_tls_certificate_expiry_timestamp_seconds: {
    type: 'gauge',
    help: 'When the certificate last seen ends, seconds since 1970; also when verification failed.',
    labels: ['registry'],
    per: { mirror: {} },
    unit: 'seconds',
    absent: 'until a certificate was seen, without TLS, and after a handshake that showed none',
  },
  mirror_tls_info: {
    type: 'gauge',
    help: 'Always 1; the last handshake seen, also when verification failed.',
    labels: ['registry', 'tls_version', 'cipher', 'issuer'],
    per: { mirror: {} },
    unit: null,
    absent: 'until a certificate was seen, without TLS, and after a handshake that showed none',
  },
  mirror_protocol_info: {
    type: 'gauge',
    help: 'Always 1; the HTTP version of the last probe that could choose, as the clients of the ecosystem choose.',
    labels: ['ecosystem', 'registry', 'protocol'],
    per: { mirror: {} },
    unit: null,
    absent: 'until a connection was made',
  },
  mirror_advice_active: {
    type: 'gauge',
    help: '1 while an advice is proposed.',
    labels: ['ecosystem', 'upstream', 'from', 'to', 'cause'],
    per: { upstream: {} },
    unit: null,
    absent: 'while nothing is proposed',
  },
  mirror_advice_rank: {
    type: 'gauge',
    help: 'Place of the mirror among those that may be used, 1 is best.',
    labels: ['ecosystem', 'upstream', 'registry'],
    per: { mirror: {} },
    unit: null,
    absent: 'while its gate is neither ok nor current',
  },
  mirror_advice_issued_total: {
    type: 'counter',
    help: 'Advice proposed; reminders do not count.',
    labels: ['ecosystem', 'upstream', 'cause'],
    per: { upstream: { cause: adviceCauses } },
    unit: null,
    absent: never,
  },
  mirror_advice_regret_total: {
    type: 'counter',
    help: 'Accepted advice after which the mirror left did better than the advised one, by our own canaries.',
    labels: ['ecosystem', 'upstream'],
    per: { upstream: {} },
    unit: null,
    absent: never,
  },
  mirror_findings_open: {
    type: 'gauge',
    help: 'Findings open now; vantage and self are about this daemon and have no registry.',
    labels: ['ecosystem', 'registry', 'kind'],
    per: { mirror: { kind: mirrorFindingKinds }, daemon: { kind: ownFindingKinds } },
    unit: null,
    absent: 'before the first verdict of the detector',
  },
  mirror_vantage_suspect: {
    type: 'gauge',
    help: '1 while failures are held to be our own network, which stops verdicts.',
    labels: [],
    per: { daemon: {} },
    unit: null,
    absent: 'until the first pass over the canaries has ended',
  },
  mirror_control_up: {
    type: 'gauge',
    help: '1 when the control answered the last time it was asked.',
    labels: ['control'],
    per: { control: {} },
    unit: null,
    absent: 'until it was asked',
  },
  mirrorwatch_schedule_delay_seconds: {
    type: 'histogram',
    help: 'Start of a probe minus its planned start.',
    labels: [],
    per: { daemon: {} },
    unit: 'seconds',
    absent: never,
    buckets: secondsBuckets,
  },
  mirrorwatch_worker_loop_delay_seconds: {
    type: 'histogram',
    help: 'Event-loop delay of a worker thread; what contaminates samples.',
    labels: ['worker'],
    per: { worker: {} },
    unit: 'seconds',
    absent: never,
    buckets: secondsBuckets,
  },
  mirrorwatch_build_info: {
    type: 'gauge',
    help: 'Always 1.',
    labels: ['version', 'node'],
    per: { daemon: {} },
    unit: null,
    absent: 'never',
  },
  process_start_time_seconds: {
    type: 'gauge',
    help: 'Unix time at which the daemon started.',
    labels: [],
    per: { daemon: {} },
    unit: 'seconds',
    absent: 'while starting',
  },
  mirrorwatch_config_last_reload_success_timestamp_seconds: {
    type: 'gauge',
    help: 'Unix time at which the configuration in force was read: at the start, or by the last reload that was taken.',
    labels: [],
    per: { daemon: {} },
    unit: 'seconds',
    absent: 'while starting',
  },
  mirrorwatch_config_last_reload_successful: {
    type: 'gauge',
    help: '0 while a newer configuration was refused and the old one goes on.',
    labels: [],
    per: { daemon: {} },
    unit: null,
    absent: 'while starting',
  },
  mirrorwatch_probes_in_flight: {
    type: 'gauge',
    help: 'Probes under way.',
    labels: [],
    per: { daemon: {} },
    unit: null,
    absent: 'while starting',
  },
  mirrorwatch_resident_memory_bytes: {
    type: 'gauge',
    help: 'Memory of the daemon that is in RAM, threads included.',
    labels: [],
    per: { daemon: {} },
    unit: 'bytes',
    absent: 'while starting',
  },
  mirrorwatch_exposition_lines_dropped_total: {
    type: 'counter',
    help: 'Lines left out of answers by the cap limits.lines, summed over answers rendered.',
    labels: [],
    per: { daemon: {} },
    unit: null,
    absent: never,
  },
  mirrorwatch_state_writable: {
    type: 'gauge',
    help: '1 while the state file takes writes.',
    labels: [],
    per: { daemon: {} },
    unit: null,
    absent: 'while starting',
  },
  mirrorwatch_state_set_aside_total: {
    type: 'counter',
    help: 'State files that were corrupt and set aside since the daemon started, at its start included.',
    labels: [],
    per: { daemon: {} },
    unit: null,
    absent: never,
  },
  mirrorwatch_state_rows_set_aside_total: {
    type: 'counter',
    help: 'Rows of the state file that could not be read and were moved to its table aside since the daemon started.',
    labels: [],
    per: { daemon: {} },
    unit: null,
    absent: never,
  },
  mirrorwatch_webhook_queue_length: {
    type: 'gauge',
    help: 'Notices not yet delivered.',
    labels: ['receiver'],
    per: { receiver: {} },
    unit: null,
    absent: 'while starting',
  },
  mirrorwatch_webhook_oldest_seconds: {
    type: 'gauge',
    help: 'Age of the oldest notice not yet delivered.',
    labels: ['receiver'],
    per: { receiver: {} },
    unit: 'seconds',
    absent: 'while the queue is empty',
  },
  mirrorwatch_webhook_deliveries_total: {
    type: 'counter',
    help: 'What became of notices and attempts.',
    labels: ['receiver', 'outcome'],
    per: { receiver: { outcome: deliveryOutcomes } },
    unit: null,
    absent: never,
  },
  mirrorwatch_alertmanager_notifications_total: {
    type: 'counter',
    help: 'Alerts that Alertmanager posted, by what became of them; a post answered 503 counts once more, as unavailable.',
    labels: ['outcome'],
    per: { daemon: { outcome: alertOutcomes } },
    unit: null,
    absent: never,
  },
  // The last: it counts what is rendered before it.
  mirrorwatch_exposition_lines: {
    type: 'gauge',
    help: 'Sample lines of this answer.',
    labels: [],
    per: { daemon: {} },
    unit: null,
    absent: 'never',
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof catalog;
/** The labels of one metric. */
export type LabelOf<N extends MetricName> = (typeof catalog)[N]['labels'][number];
type NamesPer<K extends Kind> = {
  [N in MetricName]: K & keyof (typeof catalog)[N]['per'] extends never ? never : N;
}[MetricName];
/** Metrics of targets and mirrors, spread over registries. */
export type ShardMetric = NamesPer<ShardKind>;
/** Metrics of the daemon's own registry. */
export type DaemonMetric = NamesPer<DaemonKind>;

/** Every name, in the order of the page and of the exposition. */
export const metricNames = Object.keys(catalog) as readonly MetricName[];

/** One metric without its literal types, for code that walks over all of them. */
export function metricOf(name: MetricName): Metric {
  return catalog[name];
}

/** What each kind and weight of thing brings: the catalogue does not change, and a page has thousands of things. */
const brought = new Map<string, { readonly names: readonly MetricName[]; readonly lines: number }>();

function broughtBy(kind: Kind, heavy: boolean) {
  const key = `${kind} ${heavy}`;
  const known = brought.get(key);
  if (known !== undefined) return known;
  const names = metricNames.filter((name) => {
    const { per, only } = metricOf(name);
    return per[kind] !== undefined && (only === undefined || (only === 'heavy') === heavy);
  });
  const found = { names, lines: linesOf(names, kind) };
  brought.set(key, found);
  return found;
}

/** The metrics that exist for each thing of a kind, those of the other weight of step left out; `heavy` matters for steps and series. */
export function metricsPer(kind: Kind, heavy = false): readonly MetricName[] {
  return broughtBy(kind, heavy).names;
}

/** Lines at most of one thing of a kind, gauges that may be absent included. */
export function linesPer(kind: Kind, heavy = false): number {
  return broughtBy(kind, heavy).lines;
}

function linesOf(names: readonly MetricName[], kind: Kind): number {
  let lines = 0;
  for (const name of names) {
    const metric = metricOf(name);
    const factors = Object.values(metric.per[kind] ?? {}).map((values) => values.length);
    lines += factors.reduce((product, factor) => product * factor, linesPerSeries(metric));
  }
  return lines;
}
