import { adviceCauses } from '../../core/advice.ts';
import { mismatchCauses } from '../../core/finding.ts';
import { type Metric, newCounter, newEventCounter, newGauge, newHistogram, newSummary } from '../metric.ts';
import { cacheWords, clientBuckets, mirrorFindingKinds, ownFindingKinds, throughputBuckets } from './values.ts';

export const mirrorMetrics = {
  mirror_not_found_seconds: newSummary(
    ['ecosystem', 'registry'],
    { mirror: {} },
    'Response time of 404 and 410 responses to scheduled probes. No probe requests missing content on purpose, so the count can stay 0.',
  ),
  mirror_cache_answers_total: newCounter(
    ['ecosystem', 'registry', 'cache'],
    { mirror: { cache: cacheWords } },
    'Responses by cache status, as their cache headers state it. The first success of a step for a version is also a miss if it takes at least ten times the median of the step.',
  ),
  mirror_integrity_verified_total: newCounter(
    ['ecosystem', 'registry', 'module', 'version'],
    { artifact: {} },
    'Responses whose hash or signature matched an authority.',
  ),
  mirror_integrity_mismatches_total: newEventCounter(
    ['ecosystem', 'registry', 'module', 'version', 'cause'],
    { artifact: { cause: mismatchCauses } },
    'Artifacts that were found wrong twice in the same way, or within an hour after another wrong artifact. Cause authority or origin: the authority or the origin has other content. Cause fork: the checksum database has two histories. Cause peers: mirrors differ. Cause retag: the mirror changed a version. With peers and retag it is not known which content is right.',
    'mirror_integrity_verified_total exists from the start',
  ),
  mirror_integrity_mismatch_active: newGauge(
    ['ecosystem', 'registry', 'module', 'version', 'cause'],
    { artifact: {} },
    '1 from a mismatch until it is acknowledged, even after a restart. The causes are explained at mirror_integrity_mismatches_total.',
    'while no mismatch is open and no content was verified. Each version has at most one line: with the cause of the open mismatch; or, if none is open, with `cause="authority"` and the value 0',
  ),
  mirror_transfer_bytes_total: newCounter(
    ['ecosystem', 'registry', 'step'],
    { step: {} },
    'Body bytes received by scheduled probes, redirects and additional requests included.',
  ),
  mirror_throughput_bytes_per_second: newHistogram(
    ['ecosystem', 'registry', 'step'],
    { step: {} },
    throughputBuckets,
    'Bytes per second of successful downloads of 512 KiB or more. The first 256 KiB do not count, because TCP is in slow start.',
    { only: 'heavy' },
  ),
  mirror_client_seconds: newHistogram(
    ['ecosystem', 'registry', 'client'],
    { client: {} },
    clientBuckets,
    'Duration of successful runs of a real client.',
  ),
  mirror_client_failures_total: newCounter(
    ['ecosystem', 'registry', 'client'],
    { client: {} },
    'Runs of a real client that failed at the mirror. A client that could not be started does not count.',
  ),
  mirror_tls_certificate_expiry_timestamp_seconds: newGauge(
    ['registry'],
    { mirror: {} },
    'Unix time at which the certificate expires that the mirror sent last, even if it was not trusted.',
    'without TLS, until the first certificate was received, and after a TLS handshake that failed before the mirror sent a certificate (reason tls_protocol)',
  ),
  mirror_tls_info: newGauge(
    ['registry', 'tls_version', 'cipher', 'issuer'],
    { mirror: {} },
    'Always 1. Labels describe the last TLS handshake, even if the certificate was not trusted.',
    'without TLS, until the first certificate was received, and after a TLS handshake that failed before the mirror sent a certificate (reason tls_protocol)',
  ),
  mirror_protocol_info: newGauge(
    ['ecosystem', 'registry', 'protocol'],
    { mirror: {} },
    'Always 1. HTTP version that the last probe used. Probes negotiate it with the same preferences as the clients of the ecosystem.',
    'until a connection was made',
  ),
  mirror_advice_active: newGauge(
    ['ecosystem', 'upstream', 'from', 'to', 'cause'],
    { upstream: {} },
    '1 while advice is proposed.',
    'while nothing is proposed',
  ),
  mirror_advice_since_timestamp_seconds: newGauge(
    ['ecosystem', 'upstream', 'from', 'to', 'cause', 'state'],
    { upstream: {} },
    'Unix time at which the advice was proposed, or accepted if label state is accepted. Label state is over while the cause of a proposal is over: clients that have not switched need not switch.',
    'while no advice is proposed or accepted',
  ),
  mirror_advice_rank: newGauge(
    ['ecosystem', 'upstream', 'registry'],
    { mirror: {} },
    'Rank of the mirror; 1 is best. Only mirrors with the gate ok or current have a rank.',
    'while its gate is neither ok (a candidate) nor current (in use)',
  ),
  mirror_advice_issued_total: newCounter(
    ['ecosystem', 'upstream', 'cause'],
    { upstream: { cause: adviceCauses } },
    'Number of times that advice was proposed. Reminders do not count.',
  ),
  mirror_advice_regret_total: newCounter(
    ['ecosystem', 'upstream'],
    { upstream: {} },
    'Accepted advice after which canary probes showed that the previous mirror performed better than the advised one.',
  ),
  mirror_findings_open: newGauge(
    ['ecosystem', 'registry', 'kind'],
    { mirror: { kind: mirrorFindingKinds }, daemon: { kind: ownFindingKinds } },
    'Open findings. Kinds vantage and self are about this daemon and have no registry.',
    'before the first verdict of the detector',
  ),
  mirror_vantage_suspect: newGauge(
    [],
    { daemon: {} },
    '1 while failures are attributed to the network of this host. Meanwhile samples count as unknown.',
    'until all canaries have been probed once',
  ),
  mirror_control_up: newGauge(
    ['control'],
    { control: {} },
    '1 if the last request to the control succeeded.',
    'until the first request to the control',
  ),
} as const satisfies Record<string, Metric>;
