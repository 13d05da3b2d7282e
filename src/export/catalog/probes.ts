import { becauses, phases, reasons } from '../../core/failure.ts';
import { mirrorStates } from '../../core/standing.ts';
import { type Metric, newCounter, newEventCounter, newGauge, newHistogram, newSummary } from '../metric.ts';
import { bounds, propagationBuckets, secondsBuckets, target } from './values.ts';

export const probeMetrics = {
  mirror_probe_rtt_seconds: newHistogram(
    [...target, 'connection'],
    { trip: {} },
    secondsBuckets,
    'Round trip of successful probes, redirects included. Cold fetches count in mirror_cold_fetch_seconds instead. The canary of a mirror and each artifact have series of their own. All other targets of a light step share one series without labels module and version.',
    { exemplars: true },
  ),
  mirror_probe_phase_seconds: newSummary(
    ['ecosystem', 'registry', 'step', 'connection', 'phase'],
    { path: { phase: phases } },
    'Time of successful probes by phase. The phases of a probe add up to its round trip. A phase that did not happen is not counted.',
  ),
  mirror_cold_fetch_seconds: newSummary(
    ['ecosystem', 'registry', 'step'],
    { step: {} },
    'Round trip of cold fetches: successful probes for which a pull-through cache had to fetch the content first.',
  ),
  mirror_probe_last_rtt_seconds: newGauge(
    [...target, 'connection'],
    { trip: {} },
    'Round trip of the last successful probe that was no cold fetch. Labels are those of mirror_probe_rtt_seconds.',
    'until the first successful probe since the start',
  ),
  mirror_probe_last_success_timestamp_seconds: newGauge(
    ['ecosystem', 'registry', 'step'],
    { step: {} },
    'Unix time at which the last successful probe of the step ended, over all modules.',
    'until the first successful probe; it is restored after a restart',
  ),
  mirror_probe_attempts_total: newCounter(target, { target: {} }, 'Scheduled probes with a verdict: ok or failed.'),
  mirror_probe_target_failures_total: newCounter(target, { target: {} }, 'Scheduled probes that failed, by target.'),
  mirror_probe_failures_total: newEventCounter(
    ['ecosystem', 'registry', 'step', 'reason'],
    { step: { reason: reasons } },
    'Scheduled probes that failed, by reason.',
    'mirror_probe_target_failures_total counts all reasons together and exists from the start',
  ),
  mirror_probe_unknown_total: newCounter(
    ['ecosystem', 'registry', 'because'],
    { mirror: { because: becauses } },
    'Scheduled probes that say nothing about the mirror, because they were skipped, or disturbed by this host or its network.',
  ),
  mirror_probe_rtt_baseline_seconds: newGauge(
    [...target, 'connection'],
    { canary: {} },
    'Median of recent successful round trips of a canary that were not slow. The spike rule compares new round trips with it.',
    'while the canary has too few samples (warming)',
  ),
  mirror_probe_rtt_spike_streak: newGauge(
    ['ecosystem', 'registry'],
    { mirror: {} },
    'Number of consecutive slow samples up to now. If light targets of the mirror differ, the largest number is shown.',
    'while the baselines of all light targets have too few samples (warming)',
  ),
  mirror_state: newGauge(
    ['ecosystem', 'upstream', 'registry', 'state'],
    { mirror: { state: mirrorStates } },
    'State of the mirror. The current state is 1, the others are 0.',
    'before the first verdict of the detector',
  ),
  mirror_state_since_timestamp_seconds: newGauge(
    ['ecosystem', 'upstream', 'registry', 'state'],
    { mirror: {} },
    'Unix time since when the mirror has its current state. A mirror has one series, with the current state as label.',
    'before the first verdict of the detector',
  ),
  mirror_up: newGauge(
    ['ecosystem', 'upstream', 'registry'],
    { mirror: {} },
    '1 if the mirror is up or degraded, 0 if it is down.',
    'while the state is unknown: see mirror_state',
  ),
  mirror_canary_recovered: newGauge(
    ['ecosystem', 'upstream', 'registry'],
    { mirror: {} },
    '1 while the mirror is down although its canary probes succeed again. After repeated outages, an outage ends later.',
    'while the mirror is not down, or its canary fails',
  ),
  mirror_lag_seconds: newGauge(
    ['ecosystem', 'registry', 'module', 'bound'],
    { module: { bound: bounds } },
    'How far the mirror is behind the origin for a module, as a lower and an upper bound. Without an origin, the other mirrors are used. If the mirror lacks nothing, the lower bound is 0 and the upper bound is below one probe interval.',
    'while unknown: no response in three intervals, no mirror to compare with, or the missing releases are newer than all others and their age is not known. The upper bound also needs an origin that responds. The origin itself has no lag',
  ),
  mirror_sync_lag_seconds: newGauge(
    ['ecosystem', 'registry', 'bound'],
    { mirror: { bound: bounds } },
    'Lag of the whole mirror, computed from the checksum database that it relays or from the time of its last synchronisation.',
    'while the lag is unknown (see mirror_lag_seconds), and if the mirror has neither a checksum database nor a synchronisation time',
  ),
  mirror_lag_records: newGauge(
    ['ecosystem', 'registry', 'module'],
    { module: {} },
    'How much smaller the serial number of a module is at the mirror than at the origin. Without an origin, the other mirrors are used. The serial number of PyPI counts the changes of all projects, so the value can exceed the number of missing changes.',
    'while the lag is unknown (see mirror_lag_seconds), and if the protocol has no serial number',
  ),
  mirror_sync_lag_records: newGauge(
    ['ecosystem', 'registry'],
    { mirror: {} },
    'The mirror lacked at least this number of records of the checksum database at its last response.',
    'while the lag is unknown (see mirror_sync_lag_seconds), and if the protocol has no serial number',
  ),
  mirror_missing_versions: newGauge(
    ['ecosystem', 'registry', 'module'],
    { module: {} },
    'Versions that other mirrors have and this mirror lacked at its last response. Versions that the mirror omits by design (key gaps) do not count.',
    'while the lag is unknown (see mirror_lag_seconds), and if responses list no versions',
  ),
  mirror_regressions_total: newCounter(
    ['ecosystem', 'registry'],
    { mirror: {} },
    'Responses in which a list, a tag or a serial went backwards.',
  ),
  mirror_propagation_seconds: newHistogram(
    ['ecosystem', 'registry'],
    { mirror: {} },
    propagationBuckets,
    'Time from the first observation of a release at the origin to its first observation at the mirror. The error is below one probe interval.',
  ),
} as const satisfies Record<string, Metric>;
