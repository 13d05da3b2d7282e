import { becauses, phases, reasons } from '../../core/failure.ts';
import { mirrorStates } from '../../core/standing.ts';
import { type DeclaredMetric, newCounter, newEventCounter, newGauge, newHistogram, newSummary } from '../metric.ts';
import { bounds, propagationBuckets, secondsBuckets, target } from './values.ts';

export const probeMetrics = {
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
