import { adviceCauses } from '../../core/advice.ts';
import { mismatchCauses } from '../../core/finding.ts';
import { type DeclaredMetric, newCounter, newEventCounter, newGauge, newHistogram, newSummary } from '../metric.ts';
import { cacheWords, clientBuckets, mirrorFindingKinds, ownFindingKinds, throughputBuckets } from './values.ts';

export const mirrorMetrics = {
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
