import { becauses, phases, reasons } from '../../core/failure.ts';
import { mirrorStates } from '../../core/standing.ts';
import { type Metric, newCounter, newEventCounter, newGauge, newHistogram, newSummary } from '../metric.ts';
import { bounds, propagationBuckets, secondsBuckets, target } from './values.ts';

export const probeMetrics = {
  mirror_probe_rtt_seconds: newHistogram(
    [...target, 'connection'],
    { trip: {} },
    secondsBuckets,
    'Round trip of successful probes, redirects included, without cold fetches of a pull-through cache. By module and version for the canary and for artifacts; other light steps by mirror, without these labels.',
    { exemplars: true },
  ),
  mirror_probe_phase_seconds: newSummary(
    ['ecosystem', 'registry', 'step', 'connection', 'phase'],
    { path: { phase: phases } },
    'Time of ok probes by phase; the phases of a probe add up to its round trip, one that did not happen is not observed.',
  ),
  mirror_cold_fetch_seconds: newSummary(
    ['ecosystem', 'registry', 'step'],
    { step: {} },
    'Round trip of ok probes that a pull-through cache had to fetch first.',
  ),
  mirror_probe_last_rtt_seconds: newGauge(
    [...target, 'connection'],
    { series: {} },
    'Round trip of the last ok probe, cold fetches left out.',
    'until the first ok probe since start',
  ),
  mirror_probe_last_success_timestamp_seconds: newGauge(
    target,
    { target: {} },
    'When the last ok probe ended, seconds since 1970.',
    'until the first ok probe; a restart does not forget it',
  ),
  mirror_probe_attempts_total: newCounter(target, { target: {} }, 'Scheduled probes that were judged: ok and failed.'),
  mirror_probe_target_failures_total: newCounter(target, { target: {} }, 'Scheduled probes that failed, by target.'),
  mirror_probe_failures_total: newEventCounter(
    ['ecosystem', 'registry', 'step', 'reason'],
    { step: { reason: reasons } },
    'Scheduled probes that failed, by reason.',
    'mirror_probe_target_failures_total has all reasons from 0',
  ),
  mirror_probe_unknown_total: newCounter(
    ['ecosystem', 'registry', 'because'],
    { mirror: { because: becauses } },
    'Scheduled probes, and intervals without one, that say nothing about the mirror: skipped, or disturbed by this host.',
  ),
  mirror_probe_rtt_baseline_seconds: newGauge(
    [...target, 'connection'],
    { series: {} },
    'Median of the recent ok round trips that were not slow; what spikes are judged against.',
    'while warming; heavy steps have none',
    { only: 'light' },
  ),
  mirror_probe_rtt_spike_streak: newGauge(
    [...target, 'connection'],
    { series: {} },
    'Slow samples in a row now.',
    'while warming; heavy steps have none',
    { only: 'light' },
  ),
  mirror_state: newGauge(
    ['ecosystem', 'upstream', 'registry', 'state'],
    { mirror: { state: mirrorStates } },
    'State of the mirror: one of the states is 1, the others 0.',
    'before the first verdict of the detector, which may be unknown',
  ),
  mirror_state_since_timestamp_seconds: newGauge(
    ['ecosystem', 'upstream', 'registry', 'state'],
    { mirror: {} },
    'Since when the mirror has its state, seconds since 1970; one series, with that state.',
    'before the first verdict of the detector',
  ),
  mirror_up: newGauge(
    ['ecosystem', 'upstream', 'registry'],
    { mirror: {} },
    '1 while up or degraded, 0 while down.',
    'while the state is unknown: look at mirror_state',
  ),
  mirror_lag_seconds: newGauge(
    ['ecosystem', 'registry', 'module', 'bound'],
    { module: { bound: bounds } },
    'How far behind the mirror was at its last answer about a module, at least (lower) and at most (upper); 0 and less than a pace while it lacks nothing.',
    'while unknown: no answer of three paces, nobody to compare with; upper also without an origin that answers, and where what is lacked was there at the first sight; the origin has none',
  ),
  mirror_sync_lag_seconds: newGauge(
    ['ecosystem', 'registry', 'bound'],
    { mirror: { bound: bounds } },
    'The same of the mirror as a whole: by its checksum database, or the date of its last synchronisation.',
    'as mirror_lag_seconds, and where its kind has no such thing',
  ),
  mirror_lag_records: newGauge(
    ['ecosystem', 'registry', 'module'],
    { module: {} },
    'Changes of a module that the mirror lacked at its last response, at least.',
    'as mirror_lag_seconds, and where the protocol has no serial',
  ),
  mirror_sync_lag_records: newGauge(
    ['ecosystem', 'registry'],
    { mirror: {} },
    'Records of the checksum database that the mirror lacked at its last response, at least.',
    'as mirror_sync_lag_seconds, and where the protocol has no serial',
  ),
  mirror_missing_versions: newGauge(
    ['ecosystem', 'registry', 'module'],
    { module: {} },
    'Versions that the others have and the mirror lacked at its last answer, those of its gaps left out.',
    'as mirror_lag_seconds, and where answers name no versions',
  ),
  mirror_regressions_total: newCounter(
    ['ecosystem', 'registry'],
    { mirror: {} },
    'Answers in which a list, a tag or a serial had gone backwards.',
  ),
  mirror_propagation_seconds: newHistogram(
    ['ecosystem', 'registry'],
    { mirror: {} },
    propagationBuckets,
    'From the first sight of a release at the origin to its first sight at the mirror: the true time is within a pace of it.',
  ),
} as const satisfies Record<string, Metric>;
